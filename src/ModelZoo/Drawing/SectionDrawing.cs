using ModelZoo.Analysis;
using ModelZoo.Tracing;
using ModelZoo.Verification;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Drawing;

/// <summary>
/// Draws one section of a network. What comes from before it and what goes on behind it are boxes too; neighbors that are joined to the same layers here share
/// one, so that a dense block's many inputs stay readable.
/// </summary>
internal sealed class SectionDrawing
{
    private readonly NetworkGraph graph;
    private readonly LayerOutcomes outcomes;
    private readonly Section section;
    private readonly IReadOnlyDictionary<int, List<int>> targets;
    private readonly List<Cell> cells = [];
    private readonly List<IReadOnlyList<int>> inputs = [];

    private SectionDrawing(NetworkGraph graph, LayerOutcomes outcomes, Section section, IReadOnlyDictionary<int, List<int>> targets) =>
        (this.graph, this.outcomes, this.section, this.targets) = (graph, outcomes, section, targets);

    /// <param name="graph">The whole network.</param>
    /// <param name="outcomes">What verification found.</param>
    /// <param name="section">Which part to draw.</param>
    /// <param name="targets">By node, who takes its output (<see cref="Targets"/>).</param>
    public static string Svg(NetworkGraph graph, LayerOutcomes outcomes, Section section, IReadOnlyDictionary<int, List<int>> targets)
    {
        var drawing = new SectionDrawing(graph, outcomes, section, targets);
        int before = drawing.AddSources();
        for (int node = section.First; node <= section.Last; node++)
        {
            drawing.cells.Add(LayerCell(graph.Nodes[node], node, outcomes));
        }

        drawing.AddTargets(before);
        (string Name, IReadOnlyList<int> Members)[] groups = [.. drawing.Groups(before)];
        double width = SvgWriter.BoxWidth(drawing.cells);
        GraphLayout layout = GraphLayout.Of(drawing.inputs, width, [.. groups.Select(g => g.Members)]);
        drawing.Shorten(layout, before, groups);
        return SvgWriter.Write(layout, drawing.cells, [.. groups.Select(g => drawing.Label(g.Name, layout, groups))],
            $"{section.Title}: {section.Count} layers, drawn from top to bottom. The table of checks lists each of them.");
    }

    /// <summary>By node (<see cref="Trace.ModelInput"/> for the model's input), who takes its output.</summary>
    public static IReadOnlyDictionary<int, List<int>> Targets(NetworkGraph graph)
    {
        Dictionary<int, List<int>> targets = Enumerable.Range(Trace.ModelInput, graph.Nodes.Count + 1).ToDictionary(i => i, _ => new List<int>());
        for (int node = 0; node < graph.Nodes.Count; node++)
        {
            foreach (int source in graph.Nodes[node].Inputs.Distinct())
            {
                targets[source].Add(node);
            }
        }

        return targets;
    }

    /// <summary>Boxes for what comes from outside, before all others; then each layer's inputs among the boxes. Returns how many boxes were added.</summary>
    private int AddSources()
    {
        int[] outside = [.. targets.Keys.Where(source => source < section.First && targets[source].Exists(Inside)).Order()];
        var shared = outside.GroupBy(source => source == Trace.ModelInput ? "input" : string.Join(',', targets[source].Where(Inside))).ToArray();
        Dictionary<int, int> box = [];
        foreach (IGrouping<string, int> group in shared)
        {
            group.ToList().ForEach(source => box[source] = cells.Count);
            cells.Add(SourceCell([.. group]));
            inputs.Add([]);
        }

        for (int node = section.First; node <= section.Last; node++)
        {
            inputs.Add([.. graph.Nodes[node].Inputs.Select(source => Inside(source) ? source - section.First + shared.Length : box[source]).Distinct()]);
        }

        return shared.Length;
    }

    private Cell SourceCell(int[] sources) => sources switch
    {
        [Trace.ModelInput] => new("end", "", ["input", Shape(graph.InputShape.Skip(1))], $"The model's input, {Shape(graph.InputShape)} with the batch"),
        [var one] =>
            new("end", "", ["from", graph.Nodes[one].Name, Shape(graph.Nodes[one].OutputShape.Skip(1))],
                $"The output of {graph.Nodes[one].Name}")
            { Link = PageNames.Node(one) },
        _ => new("end", "", ["from", $"{sources.Length} layers", $"{graph.Nodes[sources[0]].Name} …"],
            $"The outputs of {string.Join(", ", sources.Select(s => graph.Nodes[s].Name))}")
        { Link = PageNames.Node(sources[0]) },
    };

    private void AddTargets(int before)
    {
        int[] leaving = [.. Enumerable.Range(section.First, section.Count).Where(node => targets[node].Count == 0 || targets[node][^1] > section.Last)];
        foreach (IGrouping<string, int> group in leaving.GroupBy(node => string.Join(',', targets[node].Where(t => t > section.Last))))
        {
            int[] to = [.. targets[group.First()].Where(t => t > section.Last)];
            cells.Add(to.Length == 0
                ? new("end", "", [outcomes.Report.Checks.Any(c => c.Quantity == "forward")
                    ? "stopped here"
                    : "output", Shape(graph.Nodes[group.First()].OutputShape.Skip(1))], "Nothing in the network takes this output")
                : new("end", "", ["to", graph.Nodes[to[0]].Name, .. to.Length == 1 ? Array.Empty<string>() : [$"and {to.Length - 1} more"]],
                    $"Goes to {string.Join(", ", to.Select(t => graph.Nodes[t].Name))}")
                { Link = PageNames.Node(to[0]) });
            inputs.Add([.. group.Select(node => node - section.First + before)]);
        }
    }

    /// <summary>Modules that hold some, but not all, of the section's layers: two levels of them, outer ones first.</summary>
    private IEnumerable<(string Name, IReadOnlyList<int> Members)> Groups(int before)
    {
        var modules = Enumerable.Range(section.First, section.Count)
            .SelectMany(node => Section.Path(graph.Nodes[node].Name) is var path
                ? Enumerable.Range(1, path.Length - 1).Select(depth => (Name: string.Join('.', path[..depth]), Depth: depth, Node: node))
                : [])
            .GroupBy(m => (m.Name, m.Depth), m => m.Node - section.First + before)
            .Where(g => g.Count() > 1 && g.Count() < section.Count)
            .GroupBy(g => string.Join(',', g), (_, same) => same.MaxBy(g => g.Key.Depth)!)
            .ToArray();
        int[] depths = [.. modules.Select(g => g.Key.Depth).Distinct().Order().Take(2)];
        return modules.Where(g => depths.Contains(g.Key.Depth)).OrderBy(g => g.Key.Depth).Select(g => (g.Key.Name, (IReadOnlyList<int>)[.. g]));
    }

    /// <summary>Inside a frame its name need not be said again.</summary>
    private void Shorten(GraphLayout layout, int before, (string Name, IReadOnlyList<int> Members)[] groups)
    {
        for (int node = section.First; section.Prefix.Length > 0 && node <= section.Last; node++)
        {
            Rename(node, before, section.Prefix);
        }

        foreach (Frame frame in layout.Frames)
        {
            (string name, IReadOnlyList<int> members) = groups[frame.Group];
            foreach (int box in members)
            {
                Rename(box - before + section.First, before, name);
            }
        }
    }

    private void Rename(int node, int before, string holder)
    {
        int box = node - section.First + before;
        cells[box] = cells[box] with { Lines = [graph.Nodes[node].Name[(holder.Length + 1)..], .. cells[box].Lines.Skip(1)] };
    }

    /// <summary>A frame within a frame says only what the outer one does not.</summary>
    private string Label(string name, GraphLayout layout, (string Name, IReadOnlyList<int> Members)[] groups)
    {
        string? outer = layout.Frames.Select(frame => groups[frame.Group].Name).Append(section.Prefix)
            .FirstOrDefault(other => other.Length > 0 && name.StartsWith(other + ".", StringComparison.Ordinal));
        return outer is null ? name : name[(outer.Length + 1)..];
    }

    private bool Inside(int node) => node >= section.First && node <= section.Last;

    private static Cell LayerCell(GraphNode node, int index, LayerOutcomes outcomes)
    {
        Verdict verdict = outcomes.Of([node.Name]);
        string numbers = string.Join("; ", outcomes.Of(node.Name).Where(c => c.CheckedCount > 0 && c.Quantity != "parameters")
            .Select(c => $"{c.Quantity} error {Number(c.MaxError)}, bound {Number(c.BoundThere)}, ratio {Number(c.WorstRatio)}"));
        return new(LayerOutcomes.Style(verdict), LayerOutcomes.Mark(verdict),
            [node.Name, $"{node.Op} {node.Settings}".TrimEnd(), Shape(node.OutputShape.Skip(1))],
            $"{node.Name}: {$"{node.Op} {node.Settings}".TrimEnd()}, output {Shape(node.OutputShape)}, {LayerOutcomes.Words(verdict)}. {numbers}")
        {
            Id = PageNames.Node(index),
            Link = PageNames.Row(index),
            Corner = $"{index + 1}",
        };
    }
}

/// <summary>What is written into one box of a drawing.</summary>
/// <param name="Style">"ok", "bad", "open", or "end" for what lies outside the drawing.</param>
/// <param name="Mark">Goes before the first line; may be empty.</param>
/// <param name="Lines">Up to three.</param>
/// <param name="Hover">Shown when the pointer rests on it, and read out by screen readers.</param>
internal sealed record Cell(string Style, string Mark, IReadOnlyList<string> Lines, string Hover)
{
    /// <summary>Longest line that is written whole.</summary>
    public int Letters { get; init; } = 24;

    /// <summary>The page's name for this box, so that others can point at it.</summary>
    public string? Id { get; init; }

    /// <summary>Where a click leads: a name on this page.</summary>
    public string? Link { get; init; }

    /// <summary>Its number in the order of execution, small in the corner.</summary>
    public string Corner { get; init; } = "";
}
