using ModelZoo.Reference;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>An array that a layer computed, read where it is compared: of a sample of positions only those are converted to double.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Read">The values at some places of the row-major data, or at all.</param>
internal sealed record Computed(int[] Shape, Func<int[]?, double[]> Read)
{
    /// <summary>How many elements there are.</summary>
    public int Count => Shape.Aggregate(1, (a, b) => checked(a * b));

    public static Computed Of(NdArray array) => new([.. array.Shape], places => places is null ? array.Data : Array.ConvertAll(places, place => array.Data[place]));

    /// <summary>The tensor must live as long as this.</summary>
    public static Computed Of(Tensor tensor) => new(tensor.Sizes(), places => TensorValues.ValuesAt(tensor, places));
}
