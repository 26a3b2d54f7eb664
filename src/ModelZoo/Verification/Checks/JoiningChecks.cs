using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>y = a + b of one shape: one rounding, u·|a + b|. Both gradients are gradY, exactly.</summary>
internal sealed record AddCheck : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the first input is passed on alone", new IdentityCheck())];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray a = inputs[0], b = inputs[1];
        return a.Shape.SequenceEqual(b.Shape)
            ? new(Quantity.Output, a.ShapeOf(), i => rounding.Plus(Bounded.Exact(a.Data[i]), Bounded.Exact(b.Data[i])))
            : throw new ArgumentException($"{a} and {b} cannot be added: the shapes differ.");
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, gradY), Quantity.Exact($"{Quantity.GradInput} 1", gradY)];
}

/// <summary>
/// y = a·b, dimensions of size 1 repeated (the gates [N,C,1,1] of squeeze and excitation): one rounding, u·|a·b|. A gradient is a product, summed where its
/// input was repeated: γ_{n+1}·Σ|t|.
/// </summary>
/// <remarks>Stored between kernels: a repeated input's gradient is first the product, then its sum.</remarks>
internal sealed record MultiplyCheck : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
        [new("the first input is passed on alone", new IdentityCheck()), new("added instead of multiplied", new SumOf())];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray y = Multiply.Forward(inputs[0], inputs[1]);
        return new(Quantity.Output, y.ShapeOf(), i => rounding.Of(new Sum(y.Data[i], Math.Abs(y.Data[i]), 1)));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        (Sums a, Sums b) = Multiply.Backward(inputs[0], inputs[1], gradY);
        return [Of(Quantity.GradInput, a), Of($"{Quantity.GradInput} 1", b)];

        Quantity Of(string name, Sums sums) => Quantity.Of(name, sums, rounding, stores: sums.Value.Count == gradY.Count ? 1 : 2);
    }

    private sealed record SumOf : ILayerCheck
    {
        public long Parameters => 0;

        public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
            Quantity.Of(Quantity.Output, Add.ForwardSums(inputs[0], inputs[1]), rounding);

        public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
        {
            (Sums a, Sums b) = Add.Backward(inputs[0], inputs[1], gradY);
            return [Quantity.Of(Quantity.GradInput, a, rounding), Quantity.Of($"{Quantity.GradInput} 1", b, rounding)];
        }
    }
}

/// <summary>Joins arrays along one dimension; each input's gradient is its own piece of gradY. Values only move: exact.</summary>
internal sealed record ConcatCheck(long Dim) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the inputs are in reverse order", new Reversed(this))];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, Concatenate.Forward(inputs, Axis(inputs)));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        Concatenate.Backward(inputs, gradY, Axis(inputs))
            .Select((gradient, i) => Quantity.Exact(i == 0 ? Quantity.GradInput : $"{Quantity.GradInput} {i}", gradient));

    private int Axis(IReadOnlyList<NdArray> inputs) => (int)(Dim < 0 ? Dim + inputs[0].Rank : Dim);

    private sealed record Reversed(ConcatCheck Inner) : ILayerCheck
    {
        public long Parameters => 0;

        public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Inner.Output([.. inputs.Reverse()], rounding);

        public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
            Inner.Gradients([.. inputs.Reverse()], gradY, rounding);
    }
}

/// <summary>
/// A ResNet's shortcut without parameters: pixels are kept or left out and zeros added, exactly; the gradient goes back to the pixels that were kept.
/// </summary>
/// <param name="InChannels">Channels of the input.</param>
/// <param name="OutChannels">Channels of the output.</param>
/// <param name="Stride">From one pixel that is kept to the next.</param>
/// <param name="First">Whether the zeros come before the input's channels: a mistake, for <see cref="Variants"/>.</param>
internal sealed record PaddedShortcutCheck(int InChannels, int OutChannels, int Stride, bool First = false) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new("the zeros come before the input's channels instead of after them", this with { First = true }),
        .. ((Pair)Stride).Neighbors(1).Select(s => new LayerVariant($"stride {s.Text()} instead of {Stride}", this with { Stride = s.H })),
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
