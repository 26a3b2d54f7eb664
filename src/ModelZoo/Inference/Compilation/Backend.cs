using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>How steps compute.</summary>
/// <param name="Fused">Whether libtorch's fused operators are used.</param>
/// <param name="Fusions">What is joined.</param>
/// <param name="Type">The element type of values and weights: float32, or without the fused operators bfloat16.</param>
internal sealed record Backend(bool Fused, Fusions Fusions, ScalarType Type)
{
    public bool Has(Fusions fusion) => Fusions.HasFlag(fusion);

    /// <summary>Whether the zoo's own kernels are used: they take float32.</summary>
    public bool Kernels => Fused && Has(Fusions.Kernels);
}
