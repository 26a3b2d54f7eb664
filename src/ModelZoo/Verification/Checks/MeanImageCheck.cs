using ModelZoo.Layers;
using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// y = x − image, one rounding. For another size than the image's own each pixel of it is the average of a window, for other channels than three that of the
/// colors: the errors of these averages come along. The gradient is gradY, exactly.
/// </summary>
internal sealed record MeanImageCheck(NdArray Image) : ILayerCheck
{
    private const int Colors = 3;

    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new("it is not applied", new IdentityCheck()),
        new("red and blue are swapped", new MeanImageCheck(Swapped(Image))),
        new("it is added", new MeanImageCheck(Image.Map(v => -v))),
    ];

    public static MeanImageCheck Of(MeanImage module) => new(new NdArray(module.Image.ToNdArray().Data, [1, Colors, (int)module.Height, (int)module.Width]));

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        Pair size = (x.Shape[2], x.Shape[3]);
        bool asItIs = (size.H, size.W) == (Image.Shape[2], Image.Shape[3]);
        return Quantity.Of(Quantity.Output, x.ShapeOf(), 1, (n, c, h, w) => rounding.Minus(Bounded.Exact(x[n, c, h, w]), Mean(c, h, w)));

        Bounded Mean(int channel, int row, int column) => x.Shape[1] == Colors
            ? At(channel, row, column)
            : rounding.Over(rounding.Plus(rounding.Plus(At(0, row, column), At(1, row, column)), At(2, row, column)), Bounded.Exact(Colors));

        Bounded At(int color, int row, int column) => asItIs
            ? Bounded.Exact(Image[0, color, row, column])
            : rounding.Of(AdaptivePooling.AverageAt(Image, size, 0, color, row, column));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) => [Quantity.Exact(Quantity.GradInput, gradY)];

    private static NdArray Swapped(NdArray image)
    {
        int plane = image.Count / Colors;
        return new([.. image.Data[(2 * plane)..], .. image.Data[plane..(2 * plane)], .. image.Data[..plane]], image.ShapeOf());
    }
}
