namespace ModelZoo.Drawing;

/// <summary>
/// Where the vertices of ordered rows go from left to right. Lines that can be straight are made straight: vertices joined by such lines form one column with
/// one x, as in Brandes and Köpf (2002); then columns move toward what they are joined to, as far as their neighbors let them.
/// </summary>
internal sealed class ColumnPlacement
{
    private const int Passes = 24;
    private readonly LayeredGraph graph;
    private readonly int[] column;
    private readonly int[] place;
    private readonly double[] x;
    private readonly List<(int Other, double Distance)>[] left, right;

    private ColumnPlacement(LayeredGraph graph, Func<int, int, double> distance)
    {
        this.graph = graph;
        place = CrossingReduction.Places(graph);
        column = Columns();
        x = new double[column.Length];
        (left, right) = ([.. column.Select(_ => new List<(int, double)>())], [.. column.Select(_ => new List<(int, double)>())]);
        foreach ((int a, int b) in graph.Rows.SelectMany(row => row.Zip(row.Skip(1))))
        {
            right[column[a]].Add((column[b], distance(a, b)));
            left[column[b]].Add((column[a], distance(a, b)));
        }
    }

    /// <summary>The x of each vertex's center.</summary>
    /// <param name="graph">Its rows are in order.</param>
    /// <param name="distance">How far the centers of two neighbors in a row must be apart.</param>
    public static double[] Of(LayeredGraph graph, Func<int, int, double> distance)
    {
        var placement = new ColumnPlacement(graph, distance);
        placement.Place();
        return [.. placement.column.Select(c => placement.x[c])];
    }

    private void Place()
    {
        int[] order = LeftToRight();
        foreach (int c in order)
        {
            x[c] = left[c].Count == 0 ? 0 : left[c].Max(l => x[l.Other] + l.Distance);
        }

        List<(int Other, double Weight)>[] pulls = Pulls();
        for (int pass = 0; pass < Passes; pass++)
        {
            foreach (int c in pass % 2 == 0 ? order.Reverse() : order)
            {
                if (pulls[c].Count > 0)
                {
                    double target = pulls[c].Sum(p => p.Weight * x[p.Other]) / pulls[c].Sum(p => p.Weight);
                    double least = left[c].Count == 0 ? double.NegativeInfinity : left[c].Max(l => x[l.Other] + l.Distance);
                    double most = right[c].Count == 0 ? double.PositiveInfinity : right[c].Min(r => x[r.Other] - r.Distance);
                    x[c] = Math.Max(least, Math.Min(target, most));
                }
            }
        }
    }

    /// <summary>The column of each vertex, named by its topmost vertex.</summary>
    private int[] Columns()
    {
        int[] of = [.. Enumerable.Range(0, graph.Row.Count)];
        foreach (List<int> row in graph.Rows)
        {
            var taken = new List<(int Top, int Bottom)>();
            foreach ((int top, int bottom) in row.SelectMany(top => graph.Down[top].Select(bottom => (top, bottom)))
                .OrderBy(line => Rank(line.top, line.bottom)))
            {
                if (taken.TrueForAll(t => (place[t.Top] - place[top]) * (long)(place[t.Bottom] - place[bottom]) > 0))
                {
                    taken.Add((top, bottom));
                    of[bottom] = of[top];
                }
            }
        }

        return of;
    }

    // Lanes stay straight first; then lines between nodes, of several the middle one.
    private double Rank(int top, int bottom) => (graph.IsLane(top), graph.IsLane(bottom)) switch
    {
        (true, true) => 0,
        (false, false) => 1 + OffMiddle(graph.Down[top], bottom) + OffMiddle(graph.Up[bottom], top),
        _ => 1e6,
    };

    private double OffMiddle(List<int> vertices, int vertex)
    {
        int[] real = [.. vertices.Where(v => !graph.IsLane(v)).OrderBy(v => place[v])];
        return Math.Abs(Array.IndexOf(real, vertex) - ((real.Length - 1) / 2.0));
    }

    private int[] LeftToRight()
    {
        int[] waiting = [.. left.Select(l => l.Count)];
        var ready = new Queue<int>(Enumerable.Range(0, column.Length).Where(c => column[c] == c && waiting[c] == 0));
        var order = new List<int>();
        while (ready.TryDequeue(out int c))
        {
            order.Add(c);
            foreach ((int other, _) in right[c])
            {
                if (--waiting[other] == 0)
                {
                    ready.Enqueue(other);
                }
            }
        }

        return [.. order];
    }

    private List<(int Other, double Weight)>[] Pulls()
    {
        List<(int, double)>[] pulls = [.. column.Select(_ => new List<(int, double)>())];
        for (int top = 0; top < column.Length; top++)
        {
            foreach (int bottom in graph.Down[top].Where(bottom => column[bottom] != column[top]))
            {
                double weight = graph.IsLane(top) || graph.IsLane(bottom) ? 1 : 4;
                pulls[column[top]].Add((column[bottom], weight));
                pulls[column[bottom]].Add((column[top], weight));
            }
        }

        return pulls;
    }
}

/// <summary>Orders the vertices of each row so that few lines cross: each goes to the mean place of its neighbors, row after row, down and up.</summary>
internal static class CrossingReduction
{
    private const int Sweeps = 12;

    public static void Apply(LayeredGraph graph)
    {
        List<int>[] best = Copy(graph);
        int fewest = Crossings(graph);
        for (int sweep = 0; sweep < Sweeps && fewest > 0; sweep++)
        {
            bool down = sweep % 2 == 0;
            for (int i = 1; i < graph.Rows.Count; i++)
            {
                Sort(graph, down ? i : graph.Rows.Count - 1 - i, down ? graph.Up : graph.Down);
            }

            int crossings = Crossings(graph);
            if (crossings < fewest)
            {
                (best, fewest) = (Copy(graph), crossings);
            }
        }

        for (int row = 0; row < best.Length; row++)
        {
            graph.Rows[row] = best[row];
        }
    }

    /// <summary>How many pairs of lines between neighboring rows cross.</summary>
    public static int Crossings(LayeredGraph graph)
    {
        int count = 0;
        int[] place = Places(graph);
        foreach (List<int> row in graph.Rows)
        {
            (int Top, int Bottom)[] lines = [.. row.SelectMany(top => graph.Down[top].Select(bottom => (place[top], place[bottom])))];
            for (int i = 0; i < lines.Length; i++)
            {
                for (int j = i + 1; j < lines.Length; j++)
                {
                    count += (lines[i].Top - lines[j].Top) * (long)(lines[i].Bottom - lines[j].Bottom) < 0 ? 1 : 0;
                }
            }
        }

        return count;
    }

    /// <summary>Each vertex's place in its row.</summary>
    public static int[] Places(LayeredGraph graph)
    {
        var place = new int[graph.Row.Count];
        foreach (List<int> row in graph.Rows)
        {
            for (int i = 0; i < row.Count; i++)
            {
                place[row[i]] = i;
            }
        }

        return place;
    }

    private static void Sort(LayeredGraph graph, int row, List<List<int>> neighbors)
    {
        int[] place = Places(graph);
        graph.Rows[row] = [.. graph.Rows[row].OrderBy(vertex => neighbors[vertex].Count == 0 ? place[vertex] : neighbors[vertex].Average(n => place[n]))];
    }

    private static List<int>[] Copy(LayeredGraph graph) => [.. graph.Rows.Select(row => row.ToList())];
}
