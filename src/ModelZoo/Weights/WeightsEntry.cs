namespace ModelZoo.Weights;

/// <summary>One tensor of a weights file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its dimensions, none for a scalar; the last one varies fastest.</param>
/// <param name="ByteLength">How many bytes it has when its elements lie row by row without gaps: the product of <paramref name="Shape"/> times the element's size.</param>
public record WeightsEntry(string Name, DType Type, IReadOnlyList<long> Shape, long ByteLength)
{
    /// <summary>"F32 [64, 3, 7, 7]".</summary>
    public string Described => $"{Type.FormatName()} [{string.Join(", ", Shape)}]";
}
