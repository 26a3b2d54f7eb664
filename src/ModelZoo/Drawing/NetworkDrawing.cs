using ModelZoo.Analysis;
using ModelZoo.Tracing;
using ModelZoo.Verification;
using static ModelZoo.Drawing.Markup;

namespace ModelZoo.Drawing;

/// <summary>Draws a network: where it is big, first its sections as boxes, then each section, folded where nothing failed in it.</summary>
internal static class NetworkDrawing
{
    // More layers than this on one page are folded away.
    private const int Open = 120;

    // Up to so many sections say themselves how they follow each other.
    private const int Glance = 5;

    public static string Html(LayerOutcomes outcomes)
    {
        NetworkGraph graph = outcomes.Report.Graph;
        IReadOnlyList<Section> sections = Section.Of(graph);
        if (sections.Count == 0)
        {
            return "<p>No layer ran: there is nothing to draw.</p>\n";
        }

        IReadOnlyDictionary<int, List<int>> targets = SectionDrawing.Targets(graph);
        if (sections.Count == 1)
        {
            return "<div class=\"panel\">" + Scrolling(SectionDrawing.Svg(graph, outcomes, sections[0], targets), "The network") + "</div>";
        }

        string overview = sections.Count <= Glance ? "" : Folded("The whole network", $"{graph.Nodes.Count} layers in {sections.Count} sections", "overview", Overview(graph, outcomes, sections), open: true);
        return $"<div class=\"network\">\n{overview}<div class=\"sections\">\n"
            + string.Concat(sections.Select((section, i) =>
            {
                Verdict verdict = outcomes.Of(Names(graph, section));
                return Folded(
                    $"{LayerOutcomes.Mark(verdict)} {section.Title}",
                    $"{section.Count} layers, {LayerOutcomes.Words(verdict)}",
                    PageNames.Section(i),
                    SectionDrawing.Svg(graph, outcomes, section, targets),
                    open: graph.Nodes.Count <= Open || verdict == Verdict.Failed || i == 0);
            }))
            + "</div></div>\n";
    }

    private static string Folded(string title, string remark, string id, string svg, bool open) =>
        $"<details id=\"{id}\"{(open ? " open=\"open\"" : "")}><summary><b>{Escape(title)}</b> <small>{Escape(remark)}</small></summary>\n{Scrolling(svg, title)}</details>\n";

    // Something that scrolls must be reachable by keyboard.
    private static string Scrolling(string svg, string title) => $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing: {Escape(title)}\">{svg}</div>\n";

    private static string Overview(NetworkGraph graph, LayerOutcomes outcomes, IReadOnlyList<Section> sections)
    {
        var of = new int[graph.Nodes.Count];
        for (int i = 0; i < sections.Count; i++)
        {
            Array.Fill(of, i + 1, sections[i].First, sections[i].Count);
        }

        List<Cell> cells = [new("end", "", ["input", Shape(graph.InputShape.Skip(1))], "The model's input")];
        List<IReadOnlyList<int>> inputs = [[]];
        for (int i = 0; i < sections.Count; i++)
        {
            Section section = sections[i];
            Verdict verdict = outcomes.Of(Names(graph, section));
            cells.Add(new(LayerOutcomes.Style(verdict), LayerOutcomes.Mark(verdict),
                [section.Title, $"{section.Count} layers", Shape(graph.Nodes[section.Last].OutputShape.Skip(1))],
                $"{section.Title}: {section.Count} layers, {LayerOutcomes.Words(verdict)}")
            { Link = PageNames.Section(i), Letters = 40 });
            inputs.Add([.. graph.Nodes.Skip(section.First).Take(section.Count).SelectMany(node => node.Inputs).Select(s => s == Trace.ModelInput ? 0 : of[s]).Distinct().Where(s => s != i + 1).Order()]);
        }

        return SvgWriter.Write(GraphLayout.Of(inputs, SvgWriter.BoxWidth(cells)), cells, [], $"The network's {sections.Count} sections, from top to bottom");
    }

    private static IEnumerable<string> Names(NetworkGraph graph, Section section) => graph.Nodes.Skip(section.First).Take(section.Count).Select(node => node.Name);
}
