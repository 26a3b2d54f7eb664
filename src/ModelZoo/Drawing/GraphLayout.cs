using ModelZoo.Plots;

namespace ModelZoo.Drawing;

/// <summary>A place on the sheet, in pixels; y grows downwards.</summary>
public readonly record struct Place(double X, double Y);

/// <summary>The line from one node down to another. Between two rows it swings over; along a row it goes straight down.</summary>
/// <param name="Source">Where it starts.</param>
/// <param name="Target">Where it ends.</param>
/// <param name="Points">
/// At even places the line leaves a row, at odd ones it reaches the next: from the lower edge of the source to the upper edge of the target. Lines of one
/// source share their points as far as they run together.
/// </param>
public sealed record Route(int Source, int Target, IReadOnlyList<Place> Points);

/// <summary>A rectangle around some of the nodes, and none of the others.</summary>
/// <param name="Group">Which of the groups that the layout was given.</param>
/// <param name="Box">With room for a label along its upper edge.</param>
public sealed record Frame(int Group, Box Box);

/// <summary>
/// Where everything goes when a data-flow graph is drawn from top to bottom: boxes in rows, no two overlapping, no line through a box. The same graph gives the
/// same drawing.
/// </summary>
public sealed class GraphLayout
{
    /// <summary>Height of a box.</summary>
    public const double BoxHeight = 46;

    /// <summary>Height of a frame's label.</summary>
    public const double LabelHeight = 17;

    private const double RowGap = 20, ColumnGap = 22, LaneGap = 13, Margin = 4;
    private readonly LayeredGraph graph;
    private readonly double[] x;
    private readonly double[] y;
    private readonly double boxWidth;

    private GraphLayout(IReadOnlyList<IReadOnlyList<int>> inputs, double boxWidth, IReadOnlyList<IReadOnlyList<int>> groups)
    {
        this.boxWidth = boxWidth;
        graph = new LayeredGraph(inputs);
        CrossingReduction.Apply(graph);
        x = ColumnPlacement.Of(graph, (a, b) => (graph.IsLane(a), graph.IsLane(b)) switch
        {
            (false, false) => boxWidth + ColumnGap,
            (true, true) => LaneGap,
            _ => (boxWidth / 2) + LaneGap,
        });
        var frames = new FrameFinder(graph, x, boxWidth, groups);
        double leftmost = Math.Min(frames.Left, x.Zip(graph.Row, (center, _) => center).Select((center, v) => center - HalfWidth(v)).DefaultIfEmpty().Min());
        double shift = Margin - leftmost;
        x = [.. x.Select(center => center + shift)];
        y = new double[graph.Rows.Count];
        for (int row = 0; row < y.Length; row++)
        {
            y[row] = (row == 0 ? Margin : y[row - 1] + BoxHeight + RowGap + frames.RoomBelow(row - 1)) + frames.RoomAbove(row);
        }

        Boxes = [.. Enumerable.Range(0, graph.Count).Select(v => new Box(x[v] - (boxWidth / 2), y[graph.Row[v]], boxWidth, BoxHeight))];
        Frames = frames.Place(shift, y);
        Routes = [.. Enumerable.Range(0, graph.Count).SelectMany(target => inputs[target].Distinct().Select(source => RouteOf(source, target)))];
        Width = Margin + Math.Max(Frames.Select(f => f.Box.Right).DefaultIfEmpty().Max(),
            x.Select((center, v) => center + HalfWidth(v)).DefaultIfEmpty().Max());
        Height = y.Length == 0 ? 0 : y[^1] + BoxHeight + frames.RoomBelow(y.Length - 1) + Margin;
    }

    /// <summary>The nodes' boxes.</summary>
    public IReadOnlyList<Box> Boxes { get; }

    /// <summary>One per pair of nodes that are joined, by target.</summary>
    public IReadOnlyList<Route> Routes { get; }

    /// <summary>Those of the groups that a rectangle can hold without others, outer ones first.</summary>
    public IReadOnlyList<Frame> Frames { get; }

    /// <summary>Of the sheet.</summary>
    public double Width { get; }

    /// <summary>Of the sheet.</summary>
    public double Height { get; }

    /// <summary>Lays a graph out.</summary>
    /// <param name="inputs">Each node's inputs by index; they come before the node.</param>
    /// <param name="boxWidth">Width of every box.</param>
    /// <param name="groups">Sets of nodes to be framed where possible; a group that is part of another comes after it.</param>
    /// <exception cref="ArgumentException">A node takes the output of a later one.</exception>
    public static GraphLayout Of(IReadOnlyList<IReadOnlyList<int>> inputs, double boxWidth, IReadOnlyList<IReadOnlyList<int>>? groups = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return new GraphLayout(inputs, boxWidth, groups ?? []);
    }

    private double HalfWidth(int vertex) => graph.IsLane(vertex) ? 1 : boxWidth / 2;

    private Route RouteOf(int source, int target)
    {
        int[] way = [.. graph.Route(source, target)];
        var points = new List<Place>();
        for (int i = 1; i < way.Length; i++)
        {
            points.Add(new(x[way[i - 1]], y[graph.Row[way[i - 1]]] + BoxHeight));
            points.Add(new(x[way[i]] + (i == way.Length - 1 ? Port(way[i - 1], target) : 0), y[graph.Row[way[i]]]));
        }

        return new Route(source, target, points);
    }

    /// <summary>Lines that end at one box come in side by side, in the order in which they stand above it; one from straight above in the middle.</summary>
    private double Port(int above, int target)
    {
        int[] entering = [.. graph.Up[target].OrderBy(v => x[v])];
        int straight = Array.FindIndex(entering, v => Math.Abs(x[v] - x[target]) < 0.5);
        double middle = straight >= 0 ? straight : (entering.Length - 1) / 2.0;
        double step = Math.Min(24, ((boxWidth / 2) - 6) / Math.Max(1, entering.Length - 1));
        return (Array.IndexOf(entering, above) - middle) * step;
    }
}
