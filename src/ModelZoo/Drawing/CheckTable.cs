using ModelZoo.Verification;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Drawing;

/// <summary>Every check as a table row, worst first.</summary>
internal static class CheckTable
{
    private const int OpenRows = 40;

    public static string Html(LayerOutcomes outcomes)
    {
        LayerCheck[] checks = [.. outcomes.Report.WorstFirst];
        HashSet<int> named = [];
        string[] rows = [.. checks.Select(check => Row(check, outcomes, named))];
        int open = Math.Max(OpenRows, outcomes.Report.Failures.Count());
        return rows.Length <= open + 10
            ? Table(rows)
            : Table(rows.Take(open)) + $"<details><summary><b>The other {Count(rows.Length - open)} checks</b></summary>\n{Table(rows.Skip(open))}</details>\n";
    }

    private static string Table(IEnumerable<string> rows) =>
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Checks, worst first\"><table><thead><tr><th class=\"r\" scope=\"col\">#</th><th "
            + "scope=\"col\">layer</th><th scope=\"col\">op</th><th scope=\"col\">quantity</th>"
        + "<th scope=\"col\">shape</th><th class=\"r\" scope=\"col\">checked of total</th><th class=\"r\" scope=\"col\">error</th><th class=\"r\" "
            + "scope=\"col\">bound</th><th class=\"r\" scope=\"col\">error/bound</th><th scope=\"col\">verdict</th></tr></thead>\n<tbody>\n"
        + string.Concat(rows) + "</tbody></table></div>\n";

    /// <summary>A layer's first row, which is its worst, carries the name that the drawing points at.</summary>
    private static string Row(LayerCheck c, LayerOutcomes outcomes, HashSet<int> named)
    {
        bool drawn = outcomes.Position.TryGetValue(c.Name, out int index);
        string id = drawn && named.Add(index) ? $" id=\"{PageNames.Row(index)}\"" : "";
        string name = drawn ? $"<a href=\"#{PageNames.Node(index)}\">{Escape(c.Name)}</a>" : Escape(c.Name);
        string numbers = c.CheckedCount == 0
            ? "<td class=\"r\"></td><td class=\"r\"></td>"
            : $"<td class=\"r\">{Number(c.MaxError)}</td><td class=\"r\">{Number(c.BoundThere)}</td>";
        string ratio = c.CheckedCount == 0 && c.Verdict != Verdict.Failed ? "" : Number(c.WorstRatio);
        return $"<tr{id} class=\"{LayerOutcomes.Style(c.Verdict)}\"><td "
            + $"class=\"r\">{(drawn ? index + 1 : "")}</td><td>{name}</td><td>{Escape(c.Op)}</td><td>{Escape(c.Quantity)}</td>"
            + $"<td>{(c.Shape.Count == 0 ? "" : Shape(c.Shape))}</td>"
            + $"<td class=\"r\">{(c.TotalCount == 0 ? "" : $"{Count(c.CheckedCount)} of {Count(c.TotalCount)}")}</td>{numbers}<td class=\"r\">{ratio}</td><td "
                + $"class=\"verdict\">{VerdictOf(c, outcomes.Report)}</td></tr>\n";
    }

    private static string VerdictOf(LayerCheck c, VerificationReport report)
    {
        string text = $"{LayerOutcomes.Mark(c.Verdict)} "
            + $"{(c.Passed ? "ok" : LayerOutcomes.Words(c.Verdict))}{(c.Verdict == Verdict.Unverified ? report.Fails(c) ? ", which fails" : ", allowed" : "")}";
        return c.Passed ? text : $"<b>{text}</b> {Escape(Reason(c))}";
    }

    /// <summary>Why a check did not pass, as far as it is known.</summary>
    public static string Reason(LayerCheck c) => string.Join(". ", new[]
    {
        c.LikelyCause is null ? null : $"Likely cause: {c.LikelyCause}",
        c.Note,
        c.CheckedCount == 0 ? null : FormattableString.Invariant($"At [{string.Join(",", c.WorstIndex)}] it is {c.Actual:r}, but should be {c.Expected:r}"),
    }.Where(text => text is not null));
}

/// <summary>A report by layer.</summary>
internal sealed class LayerOutcomes
{
    private readonly ILookup<string, LayerCheck> checks;

    public LayerOutcomes(VerificationReport report)
    {
        Report = report;
        checks = report.Checks.ToLookup(c => c.Name);
        Position = report.Graph.Nodes.Select((node, index) => (node.Name, Index: index)).DistinctBy(n => n.Name).ToDictionary(n => n.Name, n => n.Index);
    }

    public VerificationReport Report { get; }

    /// <summary>Each layer's place in the order of execution.</summary>
    public IReadOnlyDictionary<string, int> Position { get; }

    public IEnumerable<LayerCheck> Of(string name) => checks[name];

    /// <summary>Failed where anything failed; unverified where something, or everything, was not compared.</summary>
    public Verdict Of(IEnumerable<string> names)
    {
        Verdict verdict = Verdict.Passed;
        foreach (string name in names)
        {
            Verdict one = !checks.Contains(name) ? Verdict.Unverified
                : checks[name].Any(c => c.Verdict == Verdict.Failed) ? Verdict.Failed
                : checks[name].Any(c => c.Verdict == Verdict.Unverified) ? Verdict.Unverified : Verdict.Passed;
            verdict = one == Verdict.Failed || verdict == Verdict.Failed ? Verdict.Failed : one == Verdict.Unverified ? one : verdict;
        }

        return verdict;
    }

    /// <summary>The class of the style sheet that colors a verdict.</summary>
    public static string Style(Verdict verdict) => verdict switch { Verdict.Passed => "ok", Verdict.Failed => "bad", _ => "open" };

    /// <summary>The sign that says a verdict without color.</summary>
    public static string Mark(Verdict verdict) => verdict switch { Verdict.Passed => "✓", Verdict.Failed => "✗", _ => "?" };

    /// <summary>A verdict in words.</summary>
    public static string Words(Verdict verdict) => verdict switch { Verdict.Passed => "verified", Verdict.Failed => "FAILS", _ => "not verified" };
}
