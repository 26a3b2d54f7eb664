namespace ModelZoo;

/// <summary>Finds the known name that a mistyped one most likely meant.</summary>
public static class NearestName
{
    private const int LongestName = 100;

    /// <summary>
    /// The known name nearest to <paramref name="given"/>, ignoring case, or null when none is near. Nearness counts insertions, deletions, replacements and
    /// swaps of neighboring letters (the "optimal string alignment" form of the Damerau–Levenshtein distance); up to a third of the longer name may differ.
    /// Failing that, a name that begins with what was typed will do.
    /// </summary>
    /// <param name="given">What was typed.</param>
    /// <param name="known">The names to choose from; of equally near ones the first wins.</param>
    public static string? Suggest(string given, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(given);
        ArgumentNullException.ThrowIfNull(known);
        if (given.Length is 0 or > LongestName)
        {
            return null;
        }

        string? nearest = null;
        string? completed = null;
        int least = int.MaxValue;
        foreach (string name in known)
        {
            int most = Math.Max(given.Length, name.Length) / 3;
            if (Math.Abs(given.Length - name.Length) <= most && Distance(given.ToUpperInvariant(), name.ToUpperInvariant()) is var distance && distance < least
                && distance <= most)
            {
                (nearest, least) = (name, distance);
            }

            if (given.Length >= 3 && name.StartsWith(given, StringComparison.OrdinalIgnoreCase))
            {
                completed ??= name;
            }
        }

        return nearest ?? completed;
    }

    /// <summary>" Did you mean 'x'?" with a leading space, or an empty string when no known name is near: made to be appended to an error message.</summary>
    public static string Hint(string given, IEnumerable<string> known) => Suggest(given, known) is { } name ? $" Did you mean '{name}'?" : "";

    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            cost[i, 0] = i;
        }

        for (int j = 0; j <= b.Length; j++)
        {
            cost[0, j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
                }
            }
        }

        return cost[a.Length, b.Length];
    }
}
