using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>One of several equal parts of every batch, for one of several processes.</summary>
/// <param name="Rank">Which part, from 0.</param>
/// <param name="Ranks">How many there are.</param>
/// <param name="Least">
/// Examples that a part has at least, where it has any: a small batch is dealt to fewer processes, the first ones. Batch normalization of each part alone needs
/// two.
/// </param>
public readonly record struct BatchShare(int Rank, int Ranks, int Least = 1)
{
    /// <summary>The part of a whole batch, which is used up.</summary>
    internal Batch Cut(Batch whole)
    {
        using Batch used = whole;
        (int first, int end) = Of(whole.Count);
        return new Batch(Part(whole.Inputs), Part(whole.Labels)) { Targets = whole.Targets is { } targets ? Part(targets) : null };

        Tensor Part(Tensor all)
        {
            using Tensor part = all.narrow(0, first, end - first);
            return part.alias();
        }
    }

    /// <summary>Where the part of a batch begins and ends; parts differ by one example at most, and those that get none come last.</summary>
    /// <param name="count">Examples in the batch.</param>
    public (int First, int End) Of(int count)
    {
        int parts = Math.Clamp(count / Math.Max(1, Least), 1, Ranks);
        return Rank < parts ? ((int)((long)count * Rank / parts), (int)((long)count * (Rank + 1) / parts)) : (count, count);
    }
}
