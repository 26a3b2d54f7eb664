namespace ModelZoo.Drawing;

/// <summary>Orders the vertices of each row so that few lines cross: each goes to the mean place of its neighbours, row after row, down and up.</summary>
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

    /// <summary>How many pairs of lines between neighbouring rows cross.</summary>
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

    private static void Sort(LayeredGraph graph, int row, List<List<int>> neighbours)
    {
        int[] place = Places(graph);
        graph.Rows[row] = [.. graph.Rows[row].OrderBy(vertex => neighbours[vertex].Count == 0 ? place[vertex] : neighbours[vertex].Average(n => place[n]))];
    }

    private static List<int>[] Copy(LayeredGraph graph) => [.. graph.Rows.Select(row => row.ToList())];
}
