namespace ModelZoo.Weights.Pickle;

/// <summary>Bounds the memory that a pickle may take: far above any state dict, far below harm.</summary>
internal struct PickleBudget
{
    public const int Bytes = 32_000_000;

    private long spent;

    /// <summary>Books memory that is about to be taken.</summary>
    /// <returns>False when there is none left.</returns>
    public bool Spend(long bytes)
    {
        spent += bytes;
        return spent <= Bytes;
    }
}
