namespace ModelZoo.Data;

/// <summary>The shape of one image: channels, then rows, then columns, as in [C, H, W].</summary>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>C·H·W.</summary>
    public int Length => checked(Channels * Height * Width);

    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
