namespace ModelZoo.Experiments.Comparing;

/// <summary>
/// Measures several things by turns, so that a machine that becomes slower or faster on the way favors none: every round has a turn for each, and who begins
/// alternates.
/// </summary>
public static class InterleavedRounds
{
    /// <summary>Runs one round to warm up (round 0) and then the rounds that count.</summary>
    /// <param name="count">How many things.</param>
    /// <param name="rounds">Rounds that count.</param>
    /// <param name="turn">Measures a thing in a round.</param>
    /// <returns>For each thing its turns: the warm-up first, then as many as there are rounds.</returns>
    public static IReadOnlyList<IReadOnlyList<T>> Run<T>(int count, int rounds, Func<int, int, T> turn)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(rounds);
        ArgumentNullException.ThrowIfNull(turn);
        List<T>[] turns = [.. Enumerable.Range(0, count).Select(_ => new List<T>())];
        for (int round = 0; round <= rounds; round++)
        {
            IEnumerable<int> order = Enumerable.Range(0, count);
            foreach (int thing in round % 2 == 0 ? order : order.Reverse())
            {
                turns[thing].Add(turn(thing, round));
            }
        }

        return turns;
    }
}
