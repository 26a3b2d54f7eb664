using ModelZoo.Data;

namespace ModelZoo.Training;

/// <summary>What decides one pass over the training examples.</summary>
/// <param name="Recipe">Batch size and augmentation.</param>
/// <param name="Seed">Of the whole run.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="FirstStep">Steps to leave out at the beginning, for a run that goes on where it was stopped.</param>
public sealed record EpochPlan(Recipe Recipe, ulong Seed, int Epoch, int FirstStep = 0)
{
    /// <summary>The steps of a whole pass.</summary>
    public int Steps(int examples) => (examples + Recipe.BatchSize - 1) / Recipe.BatchSize;

    /// <summary>The order of the examples: a permutation of 0 … <paramref name="examples"/> − 1 that seed and epoch decide.</summary>
    public int[] Order(int examples) => new SeededRandom(Mix(Seed, (ulong)Epoch)).Permutation(examples);

    /// <summary>The indices of a step, from 0 on, of an order.</summary>
    public ReadOnlyMemory<int> IndicesOf(int step, int[] order)
    {
        ArgumentNullException.ThrowIfNull(order);
        int first = step * Recipe.BatchSize;
        return order.AsMemory(first, Math.Min(Recipe.BatchSize, order.Length - first));
    }

    /// <summary>The seed of everything that is drawn in a step, from 0 on, of this epoch.</summary>
    public ulong SeedOfStep(int step) => Mix(Mix(Seed, (ulong)Epoch), (ulong)step + 1);

    /// <summary>The seed of everything that is drawn for an example in this epoch, whatever step or thread it falls to.</summary>
    public ulong SeedOfExample(int index) => Mix(~Mix(Seed, (ulong)Epoch), (ulong)index);

    // Neighbouring seeds, epochs and steps must not give neighbouring streams of SplitMix64.
    private static ulong Mix(ulong a, ulong b) => new SeededRandom(new SeededRandom(a).NextUInt64() ^ b).NextUInt64();
}
