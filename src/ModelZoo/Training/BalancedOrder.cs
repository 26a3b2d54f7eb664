namespace ModelZoo.Training;

/// <summary>An epoch in which every class is seen as often, whatever their sizes: small ones repeat, of large ones a part is drawn anew each epoch.</summary>
internal static class BalancedOrder
{
    /// <summary>As many places as there are examples, the classes even up to one; within a class no example comes more than once more than another.</summary>
    /// <param name="classes">[N], the class of each example.</param>
    /// <param name="random">Of seed and epoch.</param>
    /// <returns>[N], examples, in a random order.</returns>
    public static int[] Draw(IReadOnlyList<int> classes, SeededRandom random)
    {
        int[][] members = [.. Enumerable.Range(0, classes.Count).GroupBy(i => classes[i]).OrderBy(g => g.Key).Select(g => g.ToArray())];
        int[] ranks = random.Permutation(members.Length);
        var order = new List<int>(classes.Count);
        for (int c = 0; c < members.Length; c++)
        {
            int left = classes.Count / members.Length + (ranks[c] < classes.Count % members.Length ? 1 : 0);
            while (left > 0)
            {
                random.Shuffle<int>(members[c]);
                int taken = Math.Min(left, members[c].Length);
                order.AddRange(members[c].AsSpan(0, taken));
                left -= taken;
            }
        }

        int[] drawn = [.. order];
        random.Shuffle<int>(drawn);
        return drawn;
    }

    /// <summary>For each place of an order how often its example came before: what is drawn for it is another thing each time.</summary>
    public static int[] Repeats(int[] order)
    {
        Dictionary<int, int> seen = [];
        return [.. order.Select(example => (seen[example] = seen.GetValueOrDefault(example, -1) + 1))];
    }
}
