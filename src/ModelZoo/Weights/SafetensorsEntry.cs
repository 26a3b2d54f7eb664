namespace ModelZoo.Weights;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its dimensions, none for a scalar; the last one varies fastest.</param>
/// <param name="Offset">Where its bytes begin, counted from the first byte after the header.</param>
/// <param name="ByteLength">How many bytes it has: the product of <paramref name="Shape"/> times the element's size.</param>
public sealed record SafetensorsEntry(string Name, DType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength) : WeightsEntry(Name, Type, Shape, ByteLength);
