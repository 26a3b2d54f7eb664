using ModelZoo.Drawing;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Reports;

/// <summary>Images of one kind, each with what it is, what is said of it, and where the network sees that.</summary>
internal static class PictureSection
{
    public static string Html(PictureList list, ModelReport report)
    {
        if (list.Pictures.Count == 0)
        {
            return list.Kind == "wrong" ? "<p>None: every answer is right.</p>\n" : "";
        }

        bool wide = list.Pictures.All(p => p.RightExplained is not null); // three views each
        return $"<p>{Escape(list.Note)}</p>\n{Legend(list, report)}<ul class=\"shown{(wide ? " three" : "")}\">\n"
            + $"{string.Concat(list.Pictures.Select(p => $"<li>{Views(p, report.Task)}{Words(p, report.Task)}</li>\n"))}</ul>\n";
    }

    private static string Legend(PictureList list, ModelReport report)
    {
        if (report.NotExplained is { } why)
        {
            return $"<p><small>Without maps of where it looks: {Escape(why)}</small></p>\n";
        }

        string colors = string.Join(", ", Enumerable.Range(0, 9).Select(i => Viridis.At(i / 8.0)).Select(c => $"rgb({c.Red} {c.Green} {c.Blue})"));
        return report.ExplainedLayer is not { } layer || list != report.Pictures.First(l => l.Pictures.Count > 0) ? ""
            : $"<p><small>Beside each picture Grad-CAM’s map of {Escape(layer)}: <span>nothing <span class=\"scale\" "
                + $"style=\"background: linear-gradient(to right, {colors})\"></span> most</span> of what speaks for the answer; dim: cut off before the "
                + "network sees it. It shows where the evidence lies, as coarsely as the layer’s maps are, and not what it is.</small></p>\n";
    }

    private static string Views(ReportedPicture p, TaskKind task)
    {
        string file = Path.GetFileName(p.Name);
        string[] views =
        [
            p.Picture is { } picture ? View(PagePicture.Html(picture, $"{file}, {p.Actual}"), "picture") : "",
            p.Explained is { } said
                ? View(PagePicture.Html(said, $"{file}: where it sees {p.About}"), task == TaskKind.Regression ? "speaks for more" : p.About)
                : "",
            p.RightExplained is { } right ? View(PagePicture.Html(right, $"{file}: where it sees {p.Actual}"), p.Actual) : "",
        ];
        return $"<div class=\"views\">{string.Concat(views)}</div>";

        static string View(string image, string caption) => $"<figure>{image}<figcaption>{Escape(caption)}</figcaption></figure>";
    }

    private static string Words(ReportedPicture p, TaskKind task)
    {
        string verdict = task switch
        {
            TaskKind.Regression => $"<b>{Escape(p.Said)}</b>, really {Escape(p.Actual)}",
            TaskKind.MultiLabel => $"<span class=\"{(p.Said == p.Actual ? "right" : "wrong")}\">{Mark(p.Said == p.Actual)} {Escape(p.Said)}</span>, really "
                + $"{Escape(p.Actual)}; {Escape(p.About)} {Escape(ReportText.Probability(p.Value))}",
            _ when p.RightOutput is null => $"<span class=\"right\">{Mark(true)} {Escape(p.Said)}</span> {Escape(ReportText.Probability(p.Value))}",
            _ => $"<span class=\"wrong\">{Mark(false)} {Escape(p.Said)}</span> {Escape(ReportText.Probability(p.Value))}, labeled {Escape(p.Actual)}",
        };
        string file = Path.Combine(Path.GetFileName(Path.GetDirectoryName(p.Name)) ?? "", Path.GetFileName(p.Name)); // the class folder says where to look
        return $"<p>{verdict}</p><p class=\"file\" title=\"{Escape(p.Name)}\">{Escape(KeepEnd(file, 80))}</p>";

        static string Mark(bool right) => right ? "✓" : "✗";
    }
}
