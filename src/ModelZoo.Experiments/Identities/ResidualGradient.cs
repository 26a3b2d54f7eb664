using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Identities;

/// <summary>H(x) = F(x) + x passes the gradient on whole.</summary>
/// <param name="join">Another way to join branch and shortcut.</param>
public sealed class ResidualGradient(Func<Tensor, Tensor, Tensor>? join = null)
    : Experiment(new("residual-gradient", ExperimentGroup.Identities, "The residual gradient carries a 1")
    {
        Claim = "With H(x) = F(x) + x the gradient is dH/dx = dF/dx + 1: it does not vanish where that of F does.",
        Source = "He et al., arXiv 1603.05027, equation 5; the lecture, “residual connections”",
        Runs = "A two-layer F on random vectors in double: vᵀ·dH/dx against vᵀ·dF/dx + v; then the gradient through 40 layers with and without shortcuts",
    })
{
    private const int Width = 32, Depth = 40;
    private readonly Func<Tensor, Tensor, Tensor> join = join ?? ((f, x) => f.add(x));

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        double worst = 0;
        for (int trial = 0; trial < 16; trial++)
        {
            Tensor first = Tensors.Normal(Width, Width).mul(0.3), second = Tensors.Normal(Width, Width).mul(0.3), v = Tensors.Normal(1, Width),
                values = Tensors.Normal(1, Width);
            Tensor F(Tensor x) => x.matmul(first).tanh().matmul(second);
            Tensor whole = Gradient(values, v, x => join(F(x), x)), branch = Gradient(values, v, F);
            worst = Math.Max(worst, Tensors.Difference(whole, branch.add(v)));
        }

        Tensor[] weights = [.. Enumerable.Range(0, Depth).Select(_ => Tensors.Normal(Width, Width).mul(0.6 / Math.Sqrt(Width)))];
        double[] depths = [.. Enumerable.Range(0, 9).Select(i => (double)(i * 5))];
        Tensor start = Tensors.Normal(1, Width), end = Tensors.Normal(1, Width);
        double[] plain = [.. depths.Select(d => Norm(start, end, weights, (int)d, (f, _) => f))],
            residual = [.. depths.Select(d => Norm(start, end, weights, (int)d, join))];
        return ExperimentResult.Of(worst < 1e-12 && residual[^1] > 0.1
            && residual[^1] > 1e3 * plain[^1], new(worst, "largest difference",
            $"vᵀ·dH/dx − (vᵀ·dF/dx + v) is {Number(worst)} at most. Through {Depth} layers {Number(plain[^1])} of the gradient is left without shortcuts, "
            + $"{Number(residual[^1])} with them."))
            with
        {
            Seeds = [context.Seed],
            DataUsed = $"random vectors of {Width} values",
            Figures = [new LinePlot("Gradient that reaches the input", new("layers"), new("its norm, of the output's", Logarithmic: true),
                [new("x ← F(x)", depths, plain), new("x ← F(x) + x", depths,
                    residual)]) { Caption = "F is tanh of a random linear map that shrinks what it gets to about 0.6." }],
        };
    }

    private static Tensor Gradient(Tensor values, Tensor v, Func<Tensor, Tensor> function)
    {
        Tensor x = values.detach().clone().requires_grad_();
        function(x).mul(v).sum().backward();
        return x.grad!;
    }

    private static double Norm(Tensor start, Tensor end, Tensor[] weights, int depth, Func<Tensor, Tensor, Tensor> join)
    {
        Tensor gradient = Gradient(start, end, x => weights.Take(depth).Aggregate(x, (h, w) => join(h.matmul(w).tanh(), h)));
        return Length(gradient) / Length(end);
    }

    private static double Length(Tensor t) => Math.Sqrt(Tensors.Values(t).Sum(v => v * v));
}
