using ModelZoo.Analysis;
using ModelZoo.Plots;

namespace ModelZoo.Drawing;

/// <summary>A stretch of a network that is drawn by itself: consecutive calls, cut where the module paths change.</summary>
/// <param name="First">The first node.</param>
/// <param name="Last">The last node.</param>
/// <param name="Title">The part of the module path that covers it ("layer3.0 … 5").</param>
/// <param name="Prefix">The module that holds all of it ("layer3"), which need not be said in each box; "" for the model itself.</param>
internal sealed record Section(int First, int Last, string Title, string Prefix = "")
{
    // Rows that one drawing may have, and boxes where branches stand side by side.
    private const int Rows = 18, Boxes = 120;

    public int Count => Last - First + 1;

    /// <summary>Cuts a network: what fits on a screen stays whole, of others the pieces are as few and as short as reading allows.</summary>
    public static IReadOnlyList<Section> Of(NetworkGraph graph)
    {
        int count = graph.Nodes.Count;
        if (count == 0)
        {
            return [];
        }

        int most = count <= 4 * Rows ? Math.Max(Rows * 2 / 3, (count + 3) / 4) : Math.Clamp(count / 10, 32, 56);
        string[][] paths = [.. graph.Nodes.Select(node => Path(node.Name))];
        return Fits(graph, 0, count - 1, Rows)
            ? [new(0, count - 1, "The network")]
            : [.. Cut(graph, paths, 0, count - 1, 0, most).Select(piece => Of(paths, piece.First, piece.Last))];
    }

    /// <summary>A leaf's path; the number of its call is no part of it.</summary>
    public static string[] Path(string name) => name.Split('#')[0].Split('.');

    private static List<(int First, int Last)> Cut(NetworkGraph graph, string[][] paths, int first, int last, int depth, int most)
    {
        List<(int First, int Last)> pieces = [];
        bool mayGrow = false;
        for (int start = first, end; start <= last; start = end + 1)
        {
            end = start;
            while (end < last && Parent(paths[end + 1], depth) == Parent(paths[start], depth))
            {
                end++;
            }

            if (!Fits(graph, start, end, most))
            {
                pieces.AddRange(Parent(paths[start], depth) is null ? Chop(start, end, most) : Cut(graph, paths, start, end, depth + 1, most));
                mayGrow = false;
            }
            else if (mayGrow && end - pieces[^1].First + 1 <= most)
            {
                pieces[^1] = (pieces[^1].First, end);
            }
            else
            {
                pieces.Add((start, end));
                mayGrow = true;
            }
        }

        return pieces;
    }

    /// <summary>Whether the longest way through these nodes has so few of them.</summary>
    private static bool Fits(NetworkGraph graph, int first, int last, int rows)
    {
        if (last - first >= Boxes)
        {
            return false;
        }

        var row = new int[last - first + 1];
        for (int node = first; node <= last; node++)
        {
            row[node - first] = 1 + graph.Nodes[node].Inputs.Where(source => source >= first).Select(source => row[source - first]).DefaultIfEmpty().Max();
        }

        return row.Max() <= rows;
    }

    /// <summary>The module at a depth that a leaf is in, or null where the leaf itself is at that depth.</summary>
    private static string? Parent(string[] path, int depth) => depth < path.Length - 1 ? path[depth] : null;

    private static IEnumerable<(int First, int Last)> Chop(int first, int last, int most)
    {
        int pieces = (last - first + most) / most, length = last - first + 1;
        return Enumerable.Range(0, pieces).Select(i => (first + (i * length / pieces), first + ((i + 1) * length / pieces) - 1));
    }

    private static Section Of(string[][] paths, int first, int last)
    {
        string[] common = paths[first][..^1];
        for (int i = first + 1; i <= last; i++)
        {
            common = [.. common.Zip(paths[i]).TakeWhile(pair => pair.First == pair.Second).Select(pair => pair.First)];
        }

        string prefix = string.Join('.', common);
        bool whole = common.Length > 0 && !Begins(paths, first - 1, common) && !Begins(paths, last + 1, common);
        string from = paths[first].ElementAtOrDefault(common.Length) ?? "", to = paths[last].ElementAtOrDefault(common.Length) ?? "";
        string dotted = prefix.Length > 0 ? prefix + "." : "";
        return new(first, last, whole ? prefix : from == to ? dotted + from : $"{dotted}{from} … {to}", prefix);
    }

    private static bool Begins(string[][] paths, int index, string[] prefix) =>
        index >= 0 && index < paths.Length && paths[index].Take(prefix.Length).SequenceEqual(prefix);
}

/// <summary>Decides which groups of nodes get a frame, and how much room between the rows the frames need.</summary>
internal sealed class FrameFinder
{
    private const double Padding = 8;
    private readonly List<Candidate> accepted = [];
    private readonly double[] above, below;

    public FrameFinder(LayeredGraph graph, double[] x, double boxWidth, IReadOnlyList<IReadOnlyList<int>> groups)
    {
        (above, below) = (new double[graph.Rows.Count], new double[graph.Rows.Count]);
        for (int group = groups.Count - 1; group >= 0; group--)
        {
            if (groups[group].Count == 0)
            {
                continue;
            }

            HashSet<int> members = [.. groups[group]];
            Candidate[] inside = [.. accepted.Where(other => members.IsSupersetOf(other.Members))];
            int first = members.Min(v => graph.Row[v]), last = members.Max(v => graph.Row[v]);
            double pad = Padding + inside.Select(other => other.Pad).DefaultIfEmpty().Max();
            var candidate = new Candidate(
                group,
                members,
                first,
                last,
                members.Min(v => x[v]) - (boxWidth / 2) - pad,
                members.Max(v => x[v]) + (boxWidth / 2) + pad,
                pad,
                1 + inside.Where(other => other.First == first).Select(other => other.Above).DefaultIfEmpty().Max(),
                1 + inside.Where(other => other.Last == last).Select(other => other.Below).DefaultIfEmpty().Max());
            bool others = Enumerable.Range(0, graph.Count).Any(v => !members.Contains(v) && graph.Row[v] >= first && graph.Row[v] <= last
                && x[v] + (boxWidth / 2) > candidate.Left && x[v] - (boxWidth / 2) < candidate.Right);
            if (!others && !accepted.Exists(other => !inside.Contains(other) && other.Meets(candidate)))
            {
                accepted.Add(candidate);
                above[first] = Math.Max(above[first], candidate.Above * GraphLayout.LabelHeight);
                below[last] = Math.Max(below[last], candidate.Below * Padding);
            }
        }

        Left = accepted.Select(frame => frame.Left).DefaultIfEmpty(double.PositiveInfinity).Min();
    }

    /// <summary>The leftmost frame's left edge.</summary>
    public double Left { get; }

    public double RoomAbove(int row) => above[row];

    public double RoomBelow(int row) => below[row];

    /// <summary>The frames on the sheet, outer ones first.</summary>
    public IReadOnlyList<Frame> Place(double shift, double[] y) => [
        .. accepted.AsEnumerable().Reverse().Select(f =>
        {
            double top = y[f.First] - (f.Above * GraphLayout.LabelHeight), bottom = y[f.Last] + GraphLayout.BoxHeight + (f.Below * Padding);
            return new Frame(f.Group, new Box(f.Left + shift, top, f.Right - f.Left, bottom - top));
        }),
    ];

    private sealed record Candidate(int Group, HashSet<int> Members, int First, int Last, double Left, double Right, double Pad, int Above, int Below)
    {
        public bool Meets(Candidate other) => First <= other.Last && other.First <= Last && Left < other.Right && other.Left < Right;
    }
}
