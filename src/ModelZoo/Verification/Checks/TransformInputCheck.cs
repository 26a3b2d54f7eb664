using ModelZoo.Layers;
using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>y = x·scale + shift per channel of [N,C,H,W]: a product and a sum, each rounded, of constants that are rounded to the stored format before. Gradient gradY·scale.</summary>
internal sealed record TransformInputCheck(IReadOnlyList<float> Scale, IReadOnlyList<float> Shift) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("it is not applied", new IdentityCheck())];

    public static TransformInputCheck Of(TransformInput module) => new(module.Scale, module.Shift);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        Require(x);
        return new(Quantity.Output, x.ShapeOf(), i => rounding.Plus(
            rounding.Times(Bounded.Exact(x.Data[i]), rounding.Constant(Scale[Channel(x, i)])), rounding.Constant(Shift[Channel(x, i)])));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        Require(gradY);
        yield return new(Quantity.GradInput, gradY.ShapeOf(), i => rounding.Times(Bounded.Exact(gradY.Data[i]), rounding.Constant(Scale[Channel(gradY, i)])));
    }

    private void Require(NdArray images)
    {
        if (images.Shape.Count != 4 || images.Shape[1] != Scale.Count)
        {
            throw new ArgumentException($"{images} has not the {Scale.Count} channels that are transformed.");
        }
    }

    private static int Channel(NdArray images, int i) => i / (images.Shape[2] * images.Shape[3]) % images.Shape[1];
}
