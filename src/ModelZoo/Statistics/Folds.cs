namespace ModelZoo.Statistics;

/// <summary>Examples dealt into folds: each fold is tested once by what learned from all others (k-fold cross-validation).</summary>
/// <param name="Of">[N]: the fold of each example, 0 … <paramref name="Count"/> − 1.</param>
/// <param name="Count">Folds.</param>
public sealed record Folds(IReadOnlyList<int> Of, int Count)
{
    /// <summary>
    /// Every class is spread over all folds: of a class, and of all examples, no fold has more than one more than another. Seed and labels decide.
    /// </summary>
    /// <param name="labels">[N], one class each.</param>
    /// <param name="count">Folds, 2 or more.</param>
    /// <param name="seed">Which example goes where.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer folds than two.</exception>
    /// <exception cref="ZooException">There are fewer examples than folds.</exception>
    public static Folds Stratified(ReadOnlySpan<int> labels, int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        if (labels.Length < count)
        {
            throw new ZooException($"{labels.Length} examples cannot be dealt into {count} folds. Take fewer folds, or more examples.");
        }

        // Class after class, each in a random order, dealt round like cards; the deal goes on where the class before ended.
        int[] order = new SeededRandom(seed).Permutation(labels.Length), sorted = new int[labels.Length], fold = new int[labels.Length];
        labels.CopyTo(sorted);
        int dealt = 0;
        foreach (int example in order.OrderBy(i => sorted[i]))
        {
            fold[example] = dealt++ % count;
        }

        return new(fold, count);
    }

    /// <summary>The examples of a fold, rising: those to test.</summary>
    public int[] Tested(int fold) => [.. Enumerable.Range(0, Of.Count).Where(i => Of[i] == fold)];

    /// <summary>All others, rising: those to learn from.</summary>
    public int[] Learned(int fold) => [.. Enumerable.Range(0, Of.Count).Where(i => Of[i] != fold)];
}
