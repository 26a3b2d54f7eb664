using ModelZoo.Reference;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Each value repeated over its k×k block ("nearest", a whole scale): the output is exact, the gradient a plain sum over the block, γ_{k²+1}·Σ|g|.
/// </summary>
internal sealed record UpsampleCheck(Pair Scale) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("zeros between the values instead of repetitions", new BedOfNailsCheck(Scale))];

    public static UpsampleCheck Of(Upsample module)
    {
        double[] factors = module.scale_factor.ToArray();
        bool covered = module.mode == UpsampleMode.Nearest && factors.Length is 1 or 2 && Array.TrueForAll(factors, f => f >= 1 && f == Math.Floor(f));
        return covered
            ? new(((int)factors[0], (int)factors[^1]))
            : throw new NotSupportedException("the reference upsamples by repetition and whole scales only");
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, Unpooling.Nearest(inputs[0], Scale));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Of(Quantity.GradInput, Unpooling.NearestBackward(gradY, Scale), rounding)];
}
