using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>A ResNet's shortcut without parameters: pixels are kept or left out and zeros added, exactly; the gradient goes back to the pixels that were kept.</summary>
/// <param name="InChannels">Channels of the input.</param>
/// <param name="OutChannels">Channels of the output.</param>
/// <param name="Stride">From one pixel that is kept to the next.</param>
/// <param name="First">Whether the zeros come before the input's channels: a mistake, for <see cref="Variants"/>.</param>
internal sealed record PaddedShortcutCheck(int InChannels, int OutChannels, int Stride, bool First = false) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
        new("the zeros come before the input's channels instead of after them", this with { First = true }),
        .. ((Pair)Stride).Neighbours(1).Select(s => new LayerVariant($"stride {s.Text()} instead of {Stride}", this with { Stride = s.H })),
    ];

    public static PaddedShortcutCheck Of(Layers.PaddedShortcut module) => new((int)module.InChannels, (int)module.OutChannels, (int)module.Stride);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        Check(inputs[0]);
        NdArray y = PaddedShortcut.Forward(inputs[0], OutChannels, Stride);
        return Quantity.Exact(Quantity.Output, First ? Turn(y, InChannels) : y);
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        Check(inputs[0]);
        return [Quantity.Exact(Quantity.GradInput, PaddedShortcut.Backward(inputs[0], First ? Turn(gradY, OutChannels - InChannels) : gradY, Stride))];
    }

    private void Check(NdArray x)
    {
        if (x.Rank != 4 || x.Shape[1] != InChannels)
        {
            throw new ArgumentException($"{x} does not have {InChannels} channels.");
        }
    }

    // The first so many channels go behind the others.
    private static NdArray Turn(NdArray y, int count)
    {
        NdArray turned = NdArray.ZerosLike(y);
        int channels = y.Shape[1], plane = y.Shape[2] * y.Shape[3];
        for (int i = 0; i < y.Count; i++)
        {
            int channel = i / plane % channels, image = i / plane / channels;
            turned.Data[(((image * channels) + ((channel - count + channels) % channels)) * plane) + (i % plane)] = y.Data[i];
        }

        return turned;
    }
}
