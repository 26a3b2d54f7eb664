using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Softmax along a dimension, y = e^(x − m)/Σ e^(x − m) with m the largest x: a difference, an exponential of 2 ulp with that difference's error, a sum, and a
/// quotient or a product with the reciprocal. Backward (g − Σ g·y)·y from the rounded y, or g·y − y·Σ g·y, whichever is farther off. Its logarithm is
/// x − m − ln Σ, or x − (m + ln Σ); backward g − e^y·Σ g.
/// </summary>
/// <param name="Dim">The dimension.</param>
/// <param name="Logarithm">Whether the logarithm is given.</param>
internal sealed record SoftmaxCheck(long Dim, bool Logarithm) : ILayerCheck
{
    private static readonly Bounded One = Bounded.Exact(1);

    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new(Logarithm ? "no logarithm is taken" : "the logarithm is taken", this with { Logarithm = !Logarithm }),
        .. Enumerable.Range(0, 4).Where(dim => dim != Dim).Select(dim => new LayerVariant($"dimension {dim} instead of {Dim}", this with { Dim = dim })),
        new("it is not applied", new IdentityCheck()),
    ];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        int axis = Axis(x);
        NdArray y = Logarithm ? Softmax.LogForward(x, axis) : Softmax.Forward(x, axis);
        var values = new Bounded[x.Count];
        ForLines(x, axis, line =>
        {
            Bounded[] made = Line(rounding, [.. line.Select(i => x.Data[i])]);
            for (int k = 0; k < line.Length; k++)
            {
                values[line[k]] = made[k].Around(y.Data[line[k]]);
            }
        });
        return new(Quantity.Output, x.ShapeOf(), i => values[i]);
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        int axis = Axis(x);
        NdArray gradX = Logarithm ? Softmax.LogBackward(x, gradY, axis) : Softmax.Backward(x, gradY, axis);
        var values = new Bounded[x.Count];
        ForLines(x, axis, line =>
        {
            Bounded[] y = Line(rounding, [.. line.Select(i => x.Data[i])]), g = [.. line.Select(i => Bounded.Exact(gradY.Data[i]))];
            Bounded sum = Sum(rounding, Logarithm ? g : [.. g.Select((value, k) => rounding.Times(value, y[k]))]);
            for (int k = 0; k < line.Length; k++)
            {
                values[line[k]] = Gradient(rounding, y[k], g[k], sum).Around(gradX.Data[line[k]]);
            }
        });
        yield return new(Quantity.GradInput, x.ShapeOf(), i => values[i]);
    }

    private Bounded Gradient(Rounding r, Bounded y, Bounded g, Bounded sum)
    {
        if (Logarithm)
        {
            return r.Minus(g, r.Times(r.Function(Math.Exp, y), sum));
        }

        Bounded one = r.Times(r.Minus(g, sum), y), other = r.Minus(r.Times(g, y), r.Times(y, sum));
        return one.Error > other.Error ? one : other;
    }

    private Bounded[] Line(Rounding r, double[] x)
    {
        double most = x.Max();
        Bounded[] differences = [.. x.Select(value => r.Minus(Bounded.Exact(value), Bounded.Exact(most)))];
        Bounded[] powers = [.. differences.Select(d => r.Function(Math.Exp, d))];
        Bounded sum = Sum(r, powers);
        if (!Logarithm)
        {
            Bounded share = r.Over(One, sum);
            return [.. powers.Select(power => r.Times(power, share))];
        }

        Bounded log = r.Function(Math.Log, sum), whole = r.Plus(Bounded.Exact(most), log);
        return [.. x.Select((value, i) =>
        {
            Bounded one = r.Minus(differences[i], log), other = r.Minus(Bounded.Exact(value), whole);
            return one.Error > other.Error ? one : other;
        })];
    }

    private static Bounded Sum(Rounding r, Bounded[] terms)
    {
        double error = terms.Sum(t => t.Error), magnitude = terms.Sum(t => Math.Abs(t.Value)) + error;
        Bounded sum = r.Of(new Sum(terms.Sum(t => t.Value), magnitude, terms.Length));
        return sum with { Error = sum.Error + error };
    }

    private static void ForLines(NdArray x, int axis, Action<int[]> visit)
    {
        int length = x.Shape[axis], inner = x.Shape.Skip(axis + 1).Aggregate(1, (a, b) => a * b);
        Parallel.For(0, x.Count / length, line =>
            visit([.. Enumerable.Range(0, length).Select(k => (((line / inner * length) + k) * inner) + (line % inner))]));
    }

    private int Axis(NdArray x) => (int)(Dim < 0 ? Dim + x.Rank : Dim) is var axis && axis >= 0 && axis < x.Rank ? axis
        : throw new ArgumentException($"{x} has no dimension {Dim}.");
}
