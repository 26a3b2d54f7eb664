using System.Globalization;
using System.Text;
using ModelZoo.Data;
using ModelZoo.Drawing;
using ModelZoo.Imaging;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Audit;

/// <summary>An audit as one HTML page that needs nothing else: no script, no network. It is well-formed XML, too.</summary>
public static class AuditPage
{
    private const int Most = 48; // findings of a kind that are shown

    private const string Style = """
        .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 0.8rem; align-items: start; }
        .cards.pairs { grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); }
        figure { margin: 0; padding: 0.5rem; border: 1px solid var(--rule); border-radius: 6px; background: var(--panel); min-width: 0; }
        figure .two { display: grid; grid-template-columns: 1fr 1fr; gap: 0.4rem; align-items: end; }
        figcaption { font-size: 0.82rem; line-height: 1.35; margin-top: 0.4rem; overflow-wrap: anywhere; }
        figcaption b { font-weight: 600; } figcaption small { display: block; }
        .label { display: inline-block; padding: 0 0.4em; border-radius: 4px; border: 1px solid var(--rule); background: var(--back); }
        .label.now { color: var(--ok); border-color: currentColor; } .label.was { text-decoration: line-through; color: var(--bad); }
        .none { display: grid; place-items: center; aspect-ratio: 4 / 3; color: var(--bad); border: 1px dashed currentColor; border-radius: 4px; }
        img.picture { max-height: 14rem; object-fit: contain; }
        td.diagonal { background: var(--ok-back); } td.off { background: var(--bad-back); }
        """;

    /// <summary>Writes the page. Pictures are decoded again, those that are shown.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="command">The command that makes this page again.</param>
    /// <param name="cancel">Stops between two pictures.</param>
    public static string Write(AuditReport report, string command, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        var body = new StringBuilder($"<header><h1>Audit of {Escape(report.Data.Name)}</h1>\n{Headline(report)}</header>\n<main>\n{Summary(report)}");
        foreach (AuditProblem problem in Order.Where(p => report.Of(p).Any()))
        {
            body.Append(Section(report, problem, cancel));
        }

        body.Append(Classes(report)).Append(CultureInfo.InvariantCulture, $"""
            <section aria-labelledby="h-made"><h2 id="h-made">How this page was made</h2>
            <div class="scroll" tabindex="0" role="region" aria-label="Command"><pre>{Escape(command)}</pre></div>
            <p>Features of {Escape(report.Model)} ({Escape(report.Features)}), {report.Elapsed.TotalSeconds:F1} s.</p>
            {string.Concat(report.Notes.Select(note => $"<p>{Escape(note)}.</p>\n"))}</section>
            </main>

            """);
        return PageFrame.Write($"Audit of {report.Data.Name}", body.ToString(), $"{PagePicture.Style}\n{Style}", images: true);
    }

    private static readonly AuditProblem[] Order =
    [
        AuditProblem.WrongLabel, AuditProblem.Duplicate, AuditProblem.NearDuplicate, AuditProblem.OddOneOut, AuditProblem.Unreadable, AuditProblem.Empty,
        AuditProblem.Dark, AuditProblem.Bright, AuditProblem.Blurred, AuditProblem.Tiny, AuditProblem.StrangeShape,
    ];

    private static string Title(AuditProblem problem) => problem switch
    {
        AuditProblem.WrongLabel => "Labels that are probably wrong",
        AuditProblem.Duplicate => "Duplicates",
        AuditProblem.NearDuplicate => "Near duplicates",
        AuditProblem.OddOneOut => "Unlike all others",
        AuditProblem.Unreadable => "Unreadable",
        AuditProblem.Empty => "Nothing to see",
        AuditProblem.StrangeShape => "Of strange shape",
        _ => problem.ToString(),
    };

    private static string Headline(AuditReport report)
    {
        int leaks = report.Findings.Count(f => f.Leak);
        string parts = string.Join(", ", report.Data.Parts.Select(p =>
            $"{Count(p.Count)} in {FolderParts.NameOf(p.Info.Split ?? DataSplit.Train)}"));
        return $"<p class=\"headline {(report.Findings.Count == 0 ? "ok" : "bad")}\">{(report.Findings.Count == 0 ? "✓ Nothing was found"
            : $"{Count(report.Findings.Count)} finding{(report.Findings.Count == 1 ? "" : "s")}")} in {Count(report.Data.Pictures.Count)} pictures"
            + $"{(leaks > 0 ? $"; {Count(leaks)} of them leak{(leaks == 1 ? "s" : "")} from one part of the data to another" : "")}</p>\n"
            + $"<p>{Escape(parts)}.</p>\n";
    }

    private static string Summary(AuditReport report)
    {
        if (report.Findings.Count == 0)
        {
            return "";
        }

        var rows = new StringBuilder();
        foreach (AuditProblem problem in Order.Where(p => report.Of(p).Any()))
        {
            AuditFinding[] all = [.. report.Of(problem)];
            string what = string.Join(", ", all.GroupBy(f => f.Suggestion).OrderByDescending(g => g.Key).Select(g =>
                $"{g.Key.ToString().ToLowerInvariant()} {Count(g.Count())}"));
            rows.Append($"<tr><td><a href=\"#{problem}\">{Title(problem)}</a></td><td class=\"r\">{Count(all.Length)}</td><td class=\"r\">"
                + $"{(all.Any(f => f.Leak) ? Count(all.Count(f => f.Leak)) : "")}</td><td>{what}</td></tr>\n");
        }

        return "<div class=\"scroll\"><table><tr><th>what</th><th class=\"r\">pictures</th><th class=\"r\">between parts</th><th>suggestion</th></tr>\n"
            + $"{rows}</table></div>\n<p>fixes.csv has a line for each. Take the x off the lines that are wrong, then <code>zoo audit --apply "
            + "fixes.csv</code> lists the pictures as they should be; no file is touched.</p>\n";
    }

    private static string Section(AuditReport report, AuditProblem problem, CancellationToken cancel)
    {
        AuditFinding[] all = [.. report.Of(problem)];
        bool pairs = problem is AuditProblem.Duplicate or AuditProblem.NearDuplicate;
        var text = new StringBuilder($"<section aria-labelledby=\"{problem}\"><h2 id=\"{problem}\">{Title(problem)} ({Count(all.Length)})</h2>\n"
            + $"<div class=\"cards{(pairs ? " pairs" : "")}\">\n");
        foreach (AuditFinding finding in all.Take(Most))
        {
            cancel.ThrowIfCancellationRequested();
            text.Append(Card(report, finding));
        }

        string more = all.Length > Most ? $"<p>{Count(all.Length - Most)} more are in fixes.csv.</p>\n" : "";
        return text.Append(CultureInfo.InvariantCulture, $"</div>\n{more}</section>\n").ToString();
    }

    private static string Card(AuditReport report, AuditFinding finding)
    {
        AuditedPicture picture = report.Data.Pictures[finding.Picture];
        string shown = finding.Other is { } other
            ? $"<div class=\"two\">{Image(report, finding.Picture)}{Image(report, other)}</div>" : Image(report, finding.Picture);
        string label = finding.SuggestedLabel is { } wanted
            ? $"<span class=\"label was\">{Escape(picture.Said)}</span> → <span class=\"label now\">{Escape(wanted)}</span>"
            : $"<span class=\"label\">{Escape(picture.Said)}</span>";
        return $"<figure>{shown}<figcaption><b>{Escape(picture.File)}</b> {label}<small>{Escape(finding.Why.TrimEnd('.'))}; "
            + $"{finding.Suggestion.ToString().ToLowerInvariant()}</small></figcaption></figure>\n";
    }

    private static string Image(AuditReport report, int place)
    {
        (LabeledImages part, int index) = report.Data.Find(place);
        if (report.Facts[place].Problem is not null)
        {
            return "<div class=\"none\">unreadable</div>";
        }

        PixelImage picture;
        try
        {
            picture = part.Picture(index);
        }
        catch (ZooException)
        {
            return "<div class=\"none\">gone</div>"; // since it was looked at
        }

        return PagePicture.Html(picture, report.Data.Pictures[place].File);
    }

    private static string Classes(AuditReport report)
    {
        if (report.Labels is not { } labels)
        {
            return "";
        }

        var text = new StringBuilder("<section aria-labelledby=\"h-classes\"><h2 id=\"h-classes\">Classes</h2>\n"
            + string.Create(CultureInfo.InvariantCulture, $"<p>Heads that have not seen a picture find its label in {100 * labels.Accuracy:F1} % of all ")
            + $"({labels.AccuracyInterval.Percent()}; {labels.Heads.Folds} folds, {labels.Heads.Repeats} times).</p>\n");
        foreach (AlikeClasses pair in labels.AlikePairs().Take(10))
        {
            text.Append(CultureInfo.InvariantCulture, $"<p>{Escape(pair.First)} and {Escape(pair.Second)} look alike: {100 * pair.Share:F1} % of their ")
                .Append(CultureInfo.InvariantCulture, $"pictures are taken for the other ({pair.FirstAsSecond} and {pair.SecondAsFirst}).</p>\n");
        }

        if (labels.ClassNames.Count <= 20)
        {
            text.Append("<div class=\"scroll\"><table><caption>Labels (rows) and the classes that pictures confidently belong to</caption>\n<tr><th></th>")
                .AppendJoin("", labels.ClassNames.Select(name => $"<th class=\"r\">{Escape(name)}</th>")).Append("</tr>\n");
            foreach ((int row, IReadOnlyList<int> counts) in labels.Confidence.Joint.Index())
            {
                text.Append($"<tr><th>{Escape(labels.ClassNames[row])}</th>").AppendJoin("", counts.Select((n, column) =>
                    $"<td class=\"r{(n == 0 ? "" : row == column ? " diagonal" : " off")}\">{Count(n)}</td>")).Append("</tr>\n");
            }

            text.Append("</table></div>\n");
        }

        return text.Append("</section>\n").ToString();
    }
}
