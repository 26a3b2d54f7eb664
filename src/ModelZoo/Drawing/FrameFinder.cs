namespace ModelZoo.Drawing;

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
    public IReadOnlyList<Frame> Place(double shift, double[] y) =>
    [
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
