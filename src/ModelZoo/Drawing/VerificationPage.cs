using ModelZoo.Verification;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Drawing;

/// <summary>A verification report as one HTML page that needs nothing else: no script, no network. It is well-formed XML, too.</summary>
public static class VerificationPage
{
    /// <summary>Writes the page.</summary>
    public static string Write(PageFacts facts, VerificationReport report)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(report);
        var outcomes = new LayerOutcomes(report);
        return PageFrame.Write($"{facts.Model}: {(Passed(facts, report) ? "verified" : "FAILS")}",
            $"""
            <header>
            <h1>{Escape(facts.Model)}</h1>
            {Headline(facts, report)}
            </header>
            <main>
            {Failures(report)}<section aria-labelledby="h-network"><h2 id="h-network">The network</h2>
            <p class="legend"><span class="ok">✓ verified</span> <span class="open">? not verified</span> <span class="bad">✗ fails</span>
            Number in the corner: order of execution. A box leads to its row in the table.</p>
            {NetworkDrawing.Html(outcomes)}</section>
            <section aria-labelledby="h-chart"><h2 id="h-chart">Error / bound</h2>
            {StripChart.Html(outcomes)}</section>
            <section aria-labelledby="h-checks"><h2 id="h-checks">Checks, worst first</h2>
            {CheckTable.Html(outcomes)}</section>
            <section aria-labelledby="h-run"><h2 id="h-run">How this page was made</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Command"><pre>{Escape(facts.Command)}</pre></div>
            <p>Seed {facts.Seed}. {Escape(string.Join(", ", facts.Versions.Select(v => $"{v.Name} {v.Version}")))}.</p>
            <p>Each layer’s real input went through a reference that computes in double with plain loops. Its output, and the gradients of a
            random weighting of it, are held against a rounding-error bound of each single element; of big arrays a seeded sample is compared.
            Error and bound are those of the element where error/bound is largest.</p></section>
            </main>
            """);
    }

    /// <summary>Whether nothing is wrong.</summary>
    public static bool Passed(PageFacts facts, VerificationReport report)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(report);
        return report.Passed && facts.Problems.Count == 0;
    }

    private static string Headline(PageFacts facts, VerificationReport report)
    {
        bool passed = Passed(facts, report);
        LayerCheck? worst = report.Checks.Where(c => c.CheckedCount > 0).MaxBy(c => c.WorstRatio);
        (string Term, string Text)[] terms =
        [
            ("Source", facts.Source),
            ("Checks",
                $"{Count(report.Checks.Count)} of {Count(report.Graph.Nodes.Count)} layers, {Count(report.Checks.Sum(c => c.CheckedCount))} numbers compared; "
                + $"{Count(report.Failures.Count())} failed"),
            ("Worst error/bound", worst is null ? "nothing was compared" : $"{Number(worst.WorstRatio)} in {worst.Name} ({worst.Quantity})"),
            ("Time", FormattableString.Invariant($"{report.Elapsed.TotalSeconds:f1} s")),
        ];
        return $"<p class=\"headline {(passed ? "ok" : "bad")}\">{(passed ? "✓ Verified: it computes what it says, forward and backward." : "✗ FAILS")}</p>\n"
            + string.Concat(facts.Problems.Select(problem => $"<p class=\"bad\">✗ {Escape(problem)}</p>\n"))
            + $"<dl>{string.Concat(terms.Select(t => $"<dt>{t.Term}</dt><dd>{Escape(t.Text)}</dd>"))}</dl>";
    }

    private static string Failures(VerificationReport report)
    {
        if (report.FirstFailure is not { } first)
        {
            return "";
        }

        int others = report.Failures.Select(c => c.Name).Distinct().Count(name => name != first.Name);
        return $"""
            <section class="failure" aria-labelledby="h-failure"><h2 id="h-failure">Where to look</h2>
            <p class="bad">✗ First in the order of execution: <b>{Escape(first.Name)}</b> ({Escape(first.Op)}, {Escape(first.Quantity)}).
            {Escape(CheckTable.Reason(first))}</p>
            {(others == 0 ? "" : $"<p>{others} more layer{(others == 1 ? "" : "s")} failed after it.</p>")}</section>

            """;
    }
}

/// <summary>What a verification page says about the run besides the report.</summary>
/// <param name="Model">The model as it was named ("lenet5:mnist").</param>
/// <param name="Source">Where the weights come from, and what ran through the layers.</param>
/// <param name="Command">The command that makes this page again.</param>
/// <param name="Seed">Of everything that was drawn at random.</param>
/// <param name="Versions">Of the programs that computed ("ModelZoo", "0.1.0").</param>
public sealed record PageFacts(string Model, string Source, string Command, long Seed, IReadOnlyList<(string Name, string Version)> Versions)
{
    /// <summary>What is wrong besides the report's failures; anything here makes the verdict "failed".</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>The names by which parts of a page point at each other.</summary>
internal static class PageNames
{
    public static string Node(int index) => $"n{index + 1}";

    public static string Row(int index) => $"r{index + 1}";

    public static string Section(int index) => $"s{index + 1}";
}
