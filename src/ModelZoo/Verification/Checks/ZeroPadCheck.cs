using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>A border of zeros around [N,C,H,W], or rows and columns cut off where a width is negative. Values only move: exact.</summary>
internal sealed record ZeroPadCheck(Border Border) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
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
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) => [Quantity.Exact(Quantity.GradInput, Border.Backward(gradY))];
}
