namespace ModelZoo.Drawing;

/// <summary>
/// A graph in rows, as Sugiyama, Tagawa and Toda draw it (1981): each node one row below the lowest of its inputs. What reaches over several rows gets a vertex in each
/// row between, so that nothing is drawn where its line runs. All lines of one node share such a lane down to the last one that needs it.
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
