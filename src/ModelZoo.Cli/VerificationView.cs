using ModelZoo.Analysis;
using ModelZoo.Verification;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>A verification report as a table, a row per layer with the quantity that came out worst, worst first; then what fails, and why.</summary>
internal static class VerificationView
{
    private const int MostFailures = 10;

    internal static void Show(IAnsiConsole console, string spec, VerificationReport report, IReadOnlyList<string> cardDifferences, bool brief)
    {
        if (!brief || !report.Passed)
        {
            console.Write(Table(report));
        }

        foreach (string difference in cardDifferences)
        {
            console.WriteLine($"{spec}: the card is not true: {difference}");
        }

        LayerCheck[] failures = [.. report.Failures.DistinctBy(c => c.Name)];
        foreach (LayerCheck failure in failures.Take(MostFailures))
        {
            console.WriteLine($"  {failure.Name} ({failure.Op}), {failure.Quantity}: {Reason(failure)}");
        }

        if (failures.Length > MostFailures)
        {
            console.WriteLine($"  … and {failures.Length - MostFailures} more layers");
        }

        console.WriteLine(Verdict(spec, report));
    }

    internal static string Verdict(string spec, VerificationReport report)
    {
        LayerCheck worst = report.Checks.MaxBy(c => c.WorstRatio)!;
        return report.FirstFailure is { } failure
            ? $"{spec}: FAILS, first in '{failure.Name}' ({failure.Op}, "
                + $"{failure.Quantity}){(failure.LikelyCause is { } cause ? $"; likely cause: {cause}" : "")}"
            : $"{spec}: verified, {report.Checks.Count} checks of {Tables.Count(report.Checks.Sum(c => c.CheckedCount))} numbers in "
                + $"{Tables.Seconds(report.Elapsed.TotalSeconds)}; worst error/bound {Tables.Number(worst.WorstRatio)} in '{worst.Name}' ({worst.Quantity})";
    }

    private static TextTable Table(VerificationReport report)
    {
        Dictionary<string, GraphNode> nodes = report.Graph.Nodes.DistinctBy(node => node.Name).ToDictionary(node => node.Name);
        var table = Tables.New("layer", "op", "shape", "worst in", "?>error", "?>bound", ">error/bound", "verdict");
        foreach (LayerCheck c in report.WorstFirst.DistinctBy(c => c.Name))
        {
            GraphNode? node = nodes.GetValueOrDefault(c.Name);
            bool compared = c.CheckedCount > 0;
            table.Row(
                c.Name,
                $"{c.Op} {node?.Settings}".TrimEnd(),
                Tables.Shape(node?.OutputShape ?? c.Shape),
                c.Quantity,
                compared ? Tables.Number(c.MaxError) : "",
                compared ? Tables.Number(c.BoundThere) : "",
                compared ? Tables.Number(c.WorstRatio) : "",
                report.Fails(c) ? c.Verdict == Verification.Verdict.Failed ? "FAILS" : "NOT VERIFIED" : c.Passed ? "ok" : "not verified");
        }

        return table;
    }

    private static string Reason(LayerCheck check) => string.Join("; ", new[]
    {
        check.LikelyCause is null ? null : $"likely cause: {check.LikelyCause}",
        check.Note,
        check.CheckedCount == 0
            ? null
            : $"error {Tables.Number(check.MaxError)} against a bound of {Tables.Number(check.BoundThere)} at [{string.Join(",", check.WorstIndex)}]",
    }.Where(text => text is not null));
}

/// <summary>Shows on standard error how far a verification has come: a bar over the models on a terminal, a line for each in a pipe.</summary>
internal static class VerifyProgress
{
    internal static IReadOnlyList<VerifyResult> Over(Session session, IReadOnlyList<string> specs, Func<string, VerifyResult> verify)
    {
        var results = new List<VerifyResult>();
        if (Console.IsErrorRedirected || specs.Count == 1)
        {
            foreach (string spec in specs)
            {
                session.Cancel.ThrowIfCancellationRequested();
                session.Say($"verifying {spec} …");
                results.Add(verify(spec));
                if (specs.Count > 1)
                {
                    session.Say($"{results.Count}/{specs.Count} {Line(results[^1])}");
                }
            }

            return results;
        }

        session.Log.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("verifying", maxValue: specs.Count);
                foreach (string spec in specs)
                {
                    session.Cancel.ThrowIfCancellationRequested();
                    task.Description = Markup.Escape($"verifying {spec}");
                    results.Add(verify(spec));
                    task.Increment(1);
                    if (!results[^1].Passed)
                    {
                        session.Say(Line(results[^1]));
                    }
                }
            });
        return results;
    }

    private static string Line(VerifyResult result) => VerificationView.Verdict(result.Spec, result.Report);
}
