using ModelZoo.Analysis;

namespace ModelZoo.Drawing;

/// <summary>A stretch of a network that is drawn by itself: consecutive calls, cut where the module paths change.</summary>
/// <param name="First">The first node.</param>
/// <param name="Last">The last node.</param>
/// <param name="Title">The part of the module path that covers it ("layer3.0 … 5").</param>
internal sealed record Section(int First, int Last, string Title)
{
    private const int Whole = 30, Shortest = 24, Longest = 56, Parts = 10;

    public int Count => Last - First + 1;

    /// <summary>Cuts a network: a small one into one piece, others into about ten, unless that makes the pieces too small or too big to read.</summary>
    public static IReadOnlyList<Section> Of(NetworkGraph graph)
    {
        int count = graph.Nodes.Count;
        if (count == 0)
        {
            return [];
        }

        string[][] paths = [.. graph.Nodes.Select(node => Path(node.Name))];
        int most = count <= Whole ? count : Math.Clamp(count / Parts, Shortest, Longest);
        return [.. Cut(paths, 0, count - 1, 0, most).Select(piece => new Section(piece.First, piece.Last, TitleOf(paths, piece.First, piece.Last)))];
    }

    /// <summary>A leaf's path; the number of its call is no part of it.</summary>
    public static string[] Path(string name) => name.Split('#')[0].Split('.');

    private static List<(int First, int Last)> Cut(string[][] paths, int first, int last, int depth, int most)
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

            if (end - start + 1 > most)
            {
                pieces.AddRange(Parent(paths[start], depth) is null ? Chop(start, end, most) : Cut(paths, start, end, depth + 1, most));
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

    /// <summary>The module at a depth that a leaf is in, or null where the leaf itself is at that depth.</summary>
    private static string? Parent(string[] path, int depth) => depth < path.Length - 1 ? path[depth] : null;

    private static IEnumerable<(int First, int Last)> Chop(int first, int last, int most)
    {
        int pieces = (last - first + most) / most, length = last - first + 1;
        return Enumerable.Range(0, pieces).Select(i => (first + (i * length / pieces), first + ((i + 1) * length / pieces) - 1));
    }

    private static string TitleOf(string[][] paths, int first, int last)
    {
        string[] common = paths[first];
        for (int i = first + 1; i <= last; i++)
        {
            common = [.. common.Zip(paths[i]).TakeWhile(pair => pair.First == pair.Second).Select(pair => pair.First)];
        }

        string prefix = string.Join('.', common);
        bool whole = common.Length > 0 && !Begins(paths, first - 1, common) && !Begins(paths, last + 1, common);
        string from = paths[first].ElementAtOrDefault(common.Length) ?? "", to = paths[last].ElementAtOrDefault(common.Length) ?? "";
        return whole || from == to ? prefix.Length > 0 ? prefix : from : $"{(prefix.Length > 0 ? prefix + "." : "")}{from} … {to}";
    }

    private static bool Begins(string[][] paths, int index, string[] prefix) => index >= 0 && index < paths.Length && paths[index].Take(prefix.Length).SequenceEqual(prefix);
}
