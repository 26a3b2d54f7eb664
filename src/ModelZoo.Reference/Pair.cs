namespace ModelZoo.Reference;

/// <summary>Two sizes, for rows (H) and for columns (W). One number stands for both: <c>Pair stride = 2</c>, <c>Pair padding = (1, 2)</c>.</summary>
public readonly record struct Pair(int H, int W)
{
    public static implicit operator Pair(int both) => new(both, both);

    public static implicit operator Pair((int H, int W) pair) => new(pair.H, pair.W);
}
