using ModelZoo.Layers;
using ModelZoo.Reference;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Joins the dimensions from <paramref name="Start"/> to <paramref name="End"/> into one; the values and their row-major order stay, exactly.
/// </summary>
internal sealed record FlattenCheck(long Start, long End) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
        Start == 1 ? [new($"start_dim 0 instead of {Start}", this with { Start = 0 })] : [];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        int start = (int)(Start < 0 ? Start + x.Rank : Start), end = (int)(End < 0 ? End + x.Rank : End);
        int joined = x.Shape.Take(end + 1).Skip(start).Aggregate(1, (a, b) => a * b);
        return Quantity.Exact(Quantity.Output, new NdArray(x.Data, [.. x.Shape.Take(start), joined, .. x.Shape.Skip(end + 1)]));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, new NdArray(gradY.Data, inputs[0].ShapeOf()))];
}

/// <summary>A border of zeros around [N,C,H,W], or rows and columns cut off where a width is negative. Values only move: exact.</summary>
internal sealed record ZeroPadCheck(Border Border) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new("the other sides are padded", new ZeroPadCheck(new Border(Border.Right, Border.Left, Border.Bottom, Border.Top))),
        new("rows and columns are swapped", new ZeroPadCheck(new Border(Border.Top, Border.Bottom, Border.Left, Border.Right))),
        new("nothing is padded", new IdentityCheck()),
    ];

    public static ZeroPadCheck Of(ZeroPad2d module) => module.padding is [var left, var right, var top, var bottom] && module.value == 0
        ? new(new Border((int)left, (int)right, (int)top, (int)bottom))
        : module.padding is [var every] && module.value == 0
            ? new(new Border((int)every, (int)every, (int)every, (int)every))
            : throw new NotSupportedException("the reference pads the two last dimensions of four with zeros");

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, Border.Forward(inputs[0]));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, Border.Backward(gradY))];
}

/// <summary>
/// Each value repeated over its k×k block ("nearest", a whole scale): the output is exact, the gradient a plain sum over the block, γ_{k²+1}·Σ|g|.
/// </summary>
internal sealed record UpsampleCheck(Pair Scale) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("zeros between the values instead of repetitions", new BedOfNailsCheck(Scale))];

    public static ILayerCheck Of(Upsample module)
    {
        double[] factors = module.scale_factor.ToArray();
        bool covered = module.mode == UpsampleMode.Nearest && factors.Length is 1 or 2 && Array.TrueForAll(factors, f => f >= 1 && f == Math.Floor(f));
        return covered
            ? new UpsampleCheck(((int)factors[0], (int)factors[^1]))
            : ResamplingCheck.OfLinear(module);
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, Unpooling.Nearest(inputs[0], Scale));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Of(Quantity.GradInput, Unpooling.NearestBackward(gradY, Scale), rounding)];
}

/// <summary>Each value in the upper left corner of its k×k block, zeros elsewhere. Values only move: exact.</summary>
internal sealed record BedOfNailsCheck(Pair Scale) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the values are repeated over their blocks", new UpsampleCheck(Scale))];

    public static BedOfNailsCheck Of(Layers.BedOfNails module) => new(module.Scale);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, Unpooling.BedOfNails(inputs[0], Scale));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, Unpooling.BedOfNailsBackward(gradY, Scale).Value)];
}

/// <summary>
/// y = x·scale + shift per channel of [N,C,H,W]: a product and a sum, each rounded, of constants that are rounded to the stored format before. Gradient
/// gradY·scale.
/// </summary>
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
