using System.Globalization;
using System.Text;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Plots;
using ModelZoo.Statistics;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Suites;

/// <summary>A suite's results as a page in Markdown and its curves: nothing on it is typed.</summary>
public static class SuitePage
{
    private const int MostLines = 7;

    /// <summary>Writes them.</summary>
    /// <param name="suite">Which.</param>
    /// <param name="result">What it came to.</param>
    /// <param name="folder">The name of the results' folder, beside the page.</param>
    /// <returns>Files by their path from the page's folder, and what they hold.</returns>
    public static IReadOnlyList<(string File, string Text)> Write(Suite suite, SuiteResult result, string folder)
    {
        ArgumentNullException.ThrowIfNull(suite);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(folder);
        LinePlot[] curves = [.. Curves(result)];
        var text = new StringBuilder();
        foreach (string part in new[] { $"# Results on {suite.Title}", How(suite, result), Table(result), Reading(result), Forms(suite), Searches(result),
            curves.Length == 0 ? "" : $"## Curves\n\n![accuracy by processor time]({folder}/curves.svg)\n\nOn the first {Count(result.Settings.CurveImages)} "
                + "test pictures, mean over the seeds, bands from the least to the greatest." })
        {
            text.Append(part).Append(part.Length > 0 ? "\n\n" : "");
        }

        return [($"{folder}.md", text.ToString().TrimEnd('\n') + "\n"),
            .. curves.Length == 0 ? Array.Empty<(string, string)>() : [($"{folder}/curves.svg", FigureWriter.SvgFile($"{suite.Title}: accuracy by "
                + $"time", curves))]];
    }

    /// <summary>The mean accuracy over the seeds and its interval: "61.32 % (59.0 – 63.6 %)".</summary>
    public static string Accuracy(SuiteResult result, SuiteRow row)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(row);
        return row.Accuracies.Length == 0 ? row.Runs.Count == 0 ? "" : "diverged"
            : string.Create(CultureInfo.InvariantCulture, $"{row.Accuracies.Average():F2} %")
                + (result.IntervalOf(row) is { } i ? $" ({new Interval(i.Low / 100, i.High / 100).Percent()})" : "");
    }

    /// <summary>How many pictures a training learned from, each as often as it was seen.</summary>
    public static string Seen(SuiteRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Runs.Count == 0 ? "" : Count(row.Runs[0].Pictures);
    }

    private static string How(Suite suite, SuiteResult result)
    {
        SuiteSettings s = result.Settings;
        int[] seeds = [.. result.Rows.Select(r => r.Runs.Count)];
        string many = seeds.Length == 0 ? "0" : seeds.Min() == seeds.Max() ? $"{seeds[0]}" : $"{seeds.Min()} or {seeds.Max()}";
        return $"Written by `zoo compare --suite {suite.Name} --data <{suite.Title}> --budget {Number(s.BudgetSeconds)}s --threads {s.Threads}` from the files "
            + $"beside it. {suite.Networks.Count} networks, all at {suite.Preprocessing.Height}×{suite.Preprocessing.Width}, all by one recipe "
            + $"(SGD with Nesterov's momentum 0.9, weight decay 5e-4, batches of {s.Batch}, one cycle of the rate over the whole budget, shifts by up "
            + $"to 4 pixels and flips), float32, {s.Threads} thread{(s.Threads == 1 ? "" : "s")}:\n\n"
            + $"- **budget**: {Number(s.BudgetSeconds)} s of the processor's time for each training (its steps are counted beforehand; tests do not count), "
            + $"{many} seed{(many == "1" ? "" : "s")} a network;\n"
            + $"- **search**: the same for all: {s.Rates.Count} rates ({string.Join(", ", s.Rates.Select(Number))}), {Number(s.SearchSeconds)} s each, "
            + $"chosen by {Count(s.ChoiceImages)} training pictures that are never learned;\n"
            + $"- **data**: {s.Data}, {Count(s.TrainImages)} pictures to learn, {Count(s.TestImages)} to be measured on;\n"
            + $"- **machine**: {result.Machine}.\n\n"
            + Unfinished(suite, result)
            + "So little time says what learns fast on a processor, not what is best in the end: small networks see every picture many times, large "
            + "ones a part of them once. The papers' errors are those of 160 epochs and more.";
    }

    // Of a suite that was interrupted.
    private static string Unfinished(Suite suite, SuiteResult result)
    {
        int all = suite.Networks.Count, untrained = all - result.Rows.Count(r => r.Runs.Count > 0);
        int unsearched = all - result.Rows.Count(r => r.Search is not null);
        return untrained == 0 ? ""
            : $"**Not finished**: {untrained} of the {all} networks have not been trained yet, and the rate of {unsearched} has not "
                + "been searched; the same command goes on where it was.\n\n";
    }

    private static string Table(SuiteResult result) => "| network | parameters | MACs | one picture | a training step's picture | pictures seen | "
        + "accuracy | seeds |\n"
        + "|---|---|---|---|---|---|---|---|\n"
        + string.Join('\n', result.Rows.Select(r => $"| {r.Network.Title} (`{r.Network.Model}`) | {Count(r.Cost.Parameters)} | "
            + $"{ComparisonTables.Macs(r.Cost.Macs)} | {Number(r.Cost.PictureMilliseconds)} ms | "
            + $"{Number(1000 * r.Cost.StepSeconds / result.Settings.Batch)} ms | {Seen(r)} | {Accuracy(result, r)} | "
            + $"{string.Join(", ", r.Runs.Select(Each))} |"));

    private static string Each(SuiteRun run) => run.Problem is null ? (100 * run.Accuracy).ToString("F2", CultureInfo.InvariantCulture) : "diverged";

    private static string Reading(SuiteResult result)
    {
        (double deviation, int freedom) = result.Spread();
        return "MACs: convolutions and linear layers, a picture. *One picture*: the compiled network, one picture by itself. *A training step's "
            + "picture*: time of the processor for a step, divided by its pictures. "
            + (freedom == 0
                ? "One seed each: no spread is known."
                : $"Accuracies are means over the seeds with 95 % confidence, by Student's distribution and the deviation over seeds that the networks "
                    + $"have in common "
                    + $"({Number(deviation)} percentage points, {freedom} degrees of freedom), the test pictures being given. Two whose intervals "
                    + "overlap are not told apart.");
    }

    private static string Forms(Suite suite) => "## What they are at this size\n\n"
        + string.Join('\n', suite.Networks.Select(n => $"- **{n.Title}**, `{n.Model}`: {n.Form}."));

    private static string Searches(SuiteResult result)
    {
        SuiteRow[] searched = [.. result.Rows.Where(r => r.Search is not null)];
        return searched.Length == 0 ? "" : $"## The search\n\nAccuracy on the pictures kept for the choice, in %, after "
            + $"{Number(result.Settings.SearchSeconds)} s:\n\n"
            + $"| network | {string.Join(" | ", result.Settings.Rates.Select(Number))} |\n|---|{string.Concat(result.Settings.Rates.Select(_ => "---|"))}\n"
            + string.Join('\n', searched.Select(r => $"| {r.Network.Title} | {string.Join(" | ", r.Search!.Tried.Select(t => Cell(t, r.Search.Best)))} |"));

        static string Cell(SuiteTrial trial, double best)
        {
            string text = trial.Accuracy == 0 ? "diverged" : (100 * trial.Accuracy).ToString("F1", CultureInfo.InvariantCulture);
            return trial.Rate == best ? $"**{text}**" : text;
        }
    }

    private static IEnumerable<LinePlot> Curves(SuiteResult result)
    {
        SuiteRow[] learned = [.. result.Rows.Where(r => r.Runs.Any(run => run.Problem is null && run.Curve.Count > 0))];
        foreach (SuiteRow[] some in learned.Chunk(MostLines))
        {
            yield return new LinePlot("Accuracy by time of the processor", new("training", "s"), new("accuracy", "%"), [.. some.Select(Curve)]);
        }
    }

    private static Series Curve(SuiteRow row)
    {
        IReadOnlyList<SuitePoint>[] runs = [.. row.Runs.Where(r => r.Problem is null && r.Curve.Count > 0).Select(r => r.Curve)];
        int points = runs.Min(r => r.Count);
        return Series.OfRuns(row.Network.Title, [.. Enumerable.Range(0, points).Select(i => runs.Average(r => r[i].Seconds))],
            [.. runs.Select(r => (IReadOnlyList<double>)[.. r.Take(points).Select(p => 100 * p.Accuracy)])]);
    }
}
