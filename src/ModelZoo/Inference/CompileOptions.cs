using ModelZoo.Weights;

namespace ModelZoo.Inference;

/// <summary>What a compiled network joins or does faster than the layers by themselves; each changes rounding at most.</summary>
[Flags]
public enum Fusions
{
    /// <summary>Nothing: the layers one by one.</summary>
    None = 0,

    /// <summary>Batch normalization, scales and shifts of channels go into the convolution before them.</summary>
    Normalization = 1,

    /// <summary>Activations are computed inside the operator before them.</summary>
    Activations = 2,

    /// <summary>A convolution adds its output to the tensor that is to be added, in place where nobody else reads that.</summary>
    Sums = 4,

    /// <summary>Convolutions write their outputs where a concatenation wants them, and growing ones (DenseNet's) share one tensor.</summary>
    Concatenations = 8,

    /// <summary>Weights are laid out for the processor once, for each batch size.</summary>
    Packing = 16,

    /// <summary>
    /// Convolutions that are not grouped otherwise than by channel, linear layers, pooling, gates and sums by vector kernels of the zoo's own, on threads that
    /// stay awake for the length of a call.
    /// </summary>
    Kernels = 32,

    /// <summary>
    /// 3×3 convolutions by Winograd's algorithm, with a quarter of the products, where there are enough pixels; rounding is some ten times larger than a plain
    /// sum's. With <see cref="Kernels"/> only.
    /// </summary>
    Winograd = 64,

    /// <summary>
    /// A normalization and a ReLU that only a 1×1 convolution reads (DenseNet's) are computed as it reads. With <see cref="Kernels"/> only.
    /// </summary>
    PreActivations = 128,

    /// <summary>All of them.</summary>
    All = Normalization | Activations | Sums | Concatenations | Packing | Kernels | Winograd | PreActivations,
}

/// <summary>How a network is compiled.</summary>
public sealed record CompileOptions
{
    /// <summary>What is joined.</summary>
    public Fusions Fusions { get; init; } = Fusions.All;

    /// <summary>
    /// Whether libtorch's fused operators may be used, where they are there (<see cref="CompiledModel.Unavailable"/>). Without them the same plan runs by
    /// libtorch's plain ones.
    /// </summary>
    public bool FusedOperators { get; init; } = true;

    /// <summary>For how many batch sizes weights are kept packed, each a copy of the weights; the one that was not used for longest goes.</summary>
    public int PackedBatchSizes { get; init; } = 2;

    /// <summary>For how many sizes of images a plan is kept.</summary>
    public int ImageSizes { get; init; } = 4;

    /// <summary>Which layers compute with bytes, as a quantized checkpoint says; null for none.</summary>
    public QuantizationInfo? Quantization { get; init; }

    /// <summary>
    /// Whether oneDNN's operators on bytes may be used, where they are there and right (<see cref="CompiledModel.QuantizationUnavailable"/>). Without them
    /// libtorch's plain ones compute the same integers, more slowly.
    /// </summary>
    public bool ByteOperators { get; init; } = true;
}
