using ModelZoo.Verification;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Drawing;

/// <summary>One row of an index: a model's page and what it says.</summary>
/// <param name="File">The page's file name, beside the index.</param>
/// <param name="Facts">As on the page.</param>
/// <param name="Report">As on the page.</param>
public sealed record IndexEntry(string File, PageFacts Facts, VerificationReport Report);

/// <summary>The page that leads to the pages of several models.</summary>
public static class VerificationIndex
{
    /// <summary>Writes the page: what fails first, then in the order given.</summary>
    public static string Write(IReadOnlyList<IndexEntry> entries, string command)
    {
        ArgumentNullException.ThrowIfNull(entries);
        IndexEntry[] failed = [.. entries.Where(e => !Passed(e))];
        string verdict = failed.Length == 0 ? $"✓ All {entries.Count} verified" : $"✗ {failed.Length} of {entries.Count} FAIL";
        string seconds = FormattableString.Invariant($"{entries.Sum(e => e.Report.Elapsed.TotalSeconds):f1}");
        return PageFrame.Write($"Verification: {verdict}",
            $"""
            <header>
            <h1>Verification</h1>
            <p class="headline {(failed.Length == 0 ? "ok" : "bad")}">{verdict}, in {seconds} s</p>
            </header>
            <main>
            <div class="scroll" tabindex="0" role="region" aria-label="Models"><table><thead><tr><th scope="col">model</th>
            <th scope="col">verdict</th><th class="r" scope="col">layers</th><th class="r" scope="col">checks</th>
            <th class="r" scope="col">numbers compared</th>
            <th class="r" scope="col">worst error/bound</th><th scope="col">in</th><th class="r" scope="col">seconds</th></tr></thead>
            <tbody>
            {string.Concat(entries.OrderBy(Passed).Select(Row))}</tbody></table></div>
            <section aria-labelledby="h-run"><h2 id="h-run">How these pages were made</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Command"><pre>{Escape(command)}</pre></div></section>
            </main>
            """);
    }

    private static bool Passed(IndexEntry entry) => VerificationPage.Passed(entry.Facts, entry.Report);

    private static string Row(IndexEntry e)
    {
        bool passed = Passed(e);
        LayerCheck? worst = e.Report.Checks.Where(c => c.CheckedCount > 0).MaxBy(c => c.WorstRatio), failure = e.Report.FirstFailure;
        string reason = failure is null ? string.Join(". ", e.Facts.Problems) : $"first in {failure.Name} ({failure.Quantity}). {CheckTable.Reason(failure)}";
        return $"<tr class=\"{(passed ? "ok" : "bad")}\"><td><a href=\"{Escape(Uri.EscapeDataString(e.File))}\">{Escape(e.Facts.Model)}</a></td><td "
            + $"class=\"verdict\">{(passed ? "✓ verified" : $"<b>✗ FAILS</b> {Escape(reason)}")}</td>"
            + $"<td class=\"r\">{Count(e.Report.Graph.Nodes.Count)}</td><td class=\"r\">{Count(e.Report.Checks.Count)}</td><td "
                + $"class=\"r\">{Count(e.Report.Checks.Sum(c => c.CheckedCount))}</td>"
            + $"<td class=\"r\">{(worst is null ? "" : Number(worst.WorstRatio))}</td>"
            + $"<td>{(worst is null ? "" : Escape($"{worst.Name} ({worst.Quantity})"))}</td>"
            + $"<td class=\"r\">{FormattableString.Invariant($"{e.Report.Elapsed.TotalSeconds:f1}")}</td></tr>\n";
    }
}
