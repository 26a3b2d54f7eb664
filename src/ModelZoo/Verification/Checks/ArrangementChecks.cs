using ModelZoo.Layers;
using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Values that only move, into another shape or order, out of a whole, or into a border: exact. A gradient is exact too, but for values that were taken more
/// than once: γ_{n+1}·Σ|g|.
/// </summary>
/// <param name="How">Where the values of an input of some shape go.</param>
internal sealed record ArrangementCheck(Func<int[], Arrangement> How) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants { get; init; } = [];

    public static ArrangementCheck Of(Reshape module) => new(from => Arrangement.Reshape(from, Sizes(from, module.Shape)));

    public static ArrangementCheck Of(Permute module)
    {
        int[] order = [.. module.Order.Select(axis => (int)axis)];
        return new(from => Arrangement.Permute(from, order))
        {
            Variants = [
                new("the order is the inverse one", new ArrangementCheck(from =>
                    Arrangement.Permute(from, [.. Enumerable.Range(0, order.Length).Select(axis => Array.IndexOf(order, axis))]))),
                new("reshaped instead of permuted", new ArrangementCheck(from => Arrangement.Reshape(from, [.. order.Select(axis => from[axis])]))),
            ],
        };
    }

    public static ArrangementCheck Of(Slice module)
    {
        return new(from => Part(from, 0))
        {
            Variants = [
                new("it begins one later", new ArrangementCheck(from => Part(from, 1))),
                new("it begins one earlier", new ArrangementCheck(from => Part(from, -1))),
                new("it begins at 0", new ArrangementCheck(from => Part(from, -(int)module.Start))),
            ],
        };

        Arrangement Part(int[] from, int shift)
        {
            int axis = Axis(from, module.Dim);
            int end = (int)Math.Min(module.End, from[axis]);
            return Arrangement.Select(from, axis, [.. Indices(end).Select(i => i + shift)]);
        }

        IEnumerable<int> Indices(int end)
        {
            for (int i = (int)module.Start; i < end; i += (int)module.Step)
            {
                yield return i;
            }
        }
    }

    public static ArrangementCheck Of(SelectIndices module) =>
        new(from => Arrangement.Select(from, Axis(from, module.Dim), [.. module.Indices.Select(i => (int)i)]))
        {
            Variants = [new("the indices are in reverse order", new ArrangementCheck(from =>
                Arrangement.Select(from, Axis(from, module.Dim), [.. module.Indices.Reverse().Select(i => (int)i)])))],
        };

    public static ArrangementCheck Of(ConstantBorder module) => Bordered(module.Sides, Surrounding.Constant, module.Value);

    public static ArrangementCheck Of(PadBase module, Surrounding surrounding) =>
        Bordered(module.padding is [var every] ? [every, every, every, every] : module.padding, surrounding, module.value);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        Arrangement moved = How(inputs[0].ShapeOf());
        NdArray y = moved.Forward(inputs[0]);
        bool rounds = (float)moved.Constant != moved.Constant || rounding.Unit > 1.0 / (1 << 24);
        return new(Quantity.Output, y.ShapeOf(), i => rounds && moved.Places[i] < 0 ? rounding.Constant(y.Data[i]) : Bounded.Exact(y.Data[i]));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        Sums sums = How(inputs[0].ShapeOf()).Backward(gradY);
        yield return new(Quantity.GradInput, sums.Value.ShapeOf(), i => sums[i] is { Terms: > 1 } sum ? rounding.Of(sum) : Bounded.Exact(sums[i].Value));
    }

    // Sides are given from the last dimension on.
    private static ArrangementCheck Bordered(long[] sides, Surrounding surrounding, double value)
    {
        return new(from => Around(from, sides, surrounding))
        {
            Variants = [
                new("the other sides are padded", new ArrangementCheck(from =>
                    Around(from, [.. sides.Chunk(2).SelectMany(pair => pair.Reverse())], surrounding))),
                .. Enum.GetValues<Surrounding>().Where(other => other != surrounding)
                    .Select(other => new LayerVariant($"the border is {Word(other)} instead of {Word(surrounding)}",
                        new ArrangementCheck(from => Around(from, sides, other)))),
                .. surrounding == Surrounding.Constant && value != 0
                    ? new[] { new LayerVariant("the border is 0", Bordered(sides, surrounding, 0)) }
                    : [],
                new("nothing is padded", new IdentityCheck()),
            ],
        };

        Arrangement Around(int[] from, long[] widths, Surrounding what)
        {
            int rank = from.Length;
            return widths.Length <= 2 * rank
                ? Arrangement.Border(from, [.. Enumerable.Range(0, rank).Select(axis => Width(axis, 0))],
                    [.. Enumerable.Range(0, rank).Select(axis => Width(axis, 1))], what, value)
                : throw new ArgumentException($"{widths.Length} widths do not fit {rank} dimensions.");

            int Width(int axis, int side) => (2 * (rank - 1 - axis)) + side is var i && i < widths.Length ? (int)widths[i] : 0;
        }

        static string Word(Surrounding what) => what switch
        {
            Surrounding.Constant => "constant",
            Surrounding.Reflected => "reflected",
            _ => "repeated",
        };
    }

    private static int[] Sizes(int[] from, long[] to)
    {
        int known = to.Where(size => size >= 0).Aggregate(1, (a, b) => a * (int)b), count = from.Aggregate(1, (a, b) => a * b);
        return known > 0 && count % known == 0
            ? [.. to.Select(size => size >= 0 ? (int)size : count / known)]
            : throw new ArgumentException($"[{string.Join(",", from)}] does not become [{string.Join(",", to)}].");
    }

    private static int Axis(int[] from, long dim) => (int)(dim < 0 ? dim + from.Length : dim);
}
