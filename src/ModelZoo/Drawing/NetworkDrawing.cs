using ModelZoo.Analysis;
using ModelZoo.Tracing;
using ModelZoo.Verification;
using static ModelZoo.Plots.Markup;

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

        string overview = sections.Count <= Glance
            ? ""
            : Folded("The whole network", $"{graph.Nodes.Count} layers in {sections.Count} sections", "overview", Overview(graph, outcomes, sections),
                open: true);
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
        $"<details id=\"{id}\"{(open ? " open=\"open\"" : "")}><summary><b>{Escape(title)}</b> "
            + $"<small>{Escape(remark)}</small></summary>\n{Scrolling(svg, title)}</details>\n";

    // Something that scrolls must be reachable by keyboard.
    private static string Scrolling(string svg, string title) =>
        $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Drawing: {Escape(title)}\">{svg}</div>\n";

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
            inputs.Add([.. graph.Nodes.Skip(section.First).Take(section.Count).SelectMany(node => node.Inputs).Select(s => s == Trace.ModelInput ? 0 : of[s])
                .Distinct().Where(s => s != i + 1).Order()]);
        }

        return SvgWriter.Write(GraphLayout.Of(inputs, SvgWriter.BoxWidth(cells)), cells, [], $"The network's {sections.Count} sections, from top to bottom");
    }

    private static IEnumerable<string> Names(NetworkGraph graph, Section section) =>
        graph.Nodes.Skip(section.First).Take(section.Count).Select(node => node.Name);
}

/// <summary>
/// A graph in rows, as Sugiyama, Tagawa and Toda draw it (1981): each node one row below the lowest of its inputs. What reaches over several rows gets a vertex
/// in each row between, so that nothing is drawn where its line runs. All lines of one node share such a lane down to the last one that needs it.
/// </summary>
internal sealed class LayeredGraph
{
    private readonly Dictionary<(int Source, int Row), int> lanes = [];

    /// <param name="inputs">Each node's inputs, all of them earlier nodes.</param>
    public LayeredGraph(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        Count = inputs.Count;
        List<int>[] targets = [.. inputs.Select(_ => new List<int>())];
        for (int node = 0; node < Count; node++)
        {
            foreach (int source in inputs[node].Distinct())
            {
                if (source < 0 || source >= node)
                {
                    throw new ArgumentException($"Node {node} takes the output of {source}, which does not come before it.", nameof(inputs));
                }

                targets[source].Add(node);
            }
        }

        int[] row = RowOf(inputs, targets);
        for (int node = 0; node < Count; node++)
        {
            AddVertex(node, row[node]);
        }

        for (int node = 0; node < Count; node++)
        {
            foreach (int target in targets[node])
            {
                Connect(node, target);
            }
        }
    }

    /// <summary>The real nodes: vertices 0 … Count − 1. Those after them are lanes.</summary>
    public int Count { get; }

    /// <summary>The vertices of each row, left to right.</summary>
    public List<List<int>> Rows { get; } = [];

    /// <summary>By vertex, the vertices of the row above that lead to it.</summary>
    public List<List<int>> Up { get; } = [];

    /// <summary>By vertex, the vertices of the row below that it leads to.</summary>
    public List<List<int>> Down { get; } = [];

    /// <summary>The row of each vertex.</summary>
    public List<int> Row { get; } = [];

    public bool IsLane(int vertex) => vertex >= Count;

    /// <summary>The vertices that the line from one node to another goes through, both ends included.</summary>
    public IEnumerable<int> Route(int source, int target)
    {
        for (int row = Row[source]; row < Row[target]; row++)
        {
            yield return row == Row[source] ? source : lanes[(source, row)];
        }

        yield return target;
    }

    // Nodes without inputs go right above what takes them.
    private static int[] RowOf(IReadOnlyList<IReadOnlyList<int>> inputs, List<int>[] targets)
    {
        var row = new int[inputs.Count];
        for (int node = 0; node < row.Length; node++)
        {
            row[node] = inputs[node].Count == 0 ? 0 : inputs[node].Max(source => row[source]) + 1;
        }

        for (int node = 0; node < row.Length; node++)
        {
            row[node] = inputs[node].Count == 0 && targets[node].Count > 0 ? targets[node].Min(target => row[target]) - 1 : row[node];
        }

        return row;
    }

    private int AddVertex(int vertex, int row)
    {
        while (Rows.Count <= row)
        {
            Rows.Add([]);
        }

        Row.Add(row);
        Up.Add([]);
        Down.Add([]);
        Rows[row].Add(vertex);
        return vertex;
    }

    private void Connect(int source, int target)
    {
        int above = source;
        for (int row = Row[source] + 1; row < Row[target]; row++)
        {
            if (!lanes.TryGetValue((source, row), out int lane))
            {
                lane = lanes[(source, row)] = AddVertex(Row.Count, row);
                Link(above, lane);
            }

            above = lane;
        }

        Link(above, target);
    }

    private void Link(int above, int below)
    {
        Down[above].Add(below);
        Up[below].Add(above);
    }
}
