using ModelZoo.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>
/// The mean cross entropy of the model's output x [N,K] against seeded random classes, and its gradient: the pseudo-layer "loss".
/// </summary>
/// <remarks>
/// The bound follows PyTorch's steps. Log-softmax: m = max x (exact), log y_k = (x_k − m) − ln Σ_j e^(x_j − m), the sum of K terms bounded by γ_{K+1}. Loss:
/// minus the mean of the targets' entries, γ_{N+1}. Gradient: −[k is the target]/N − e^(log y_k)·Σ_k (−[k is the target]/N).
/// The sum over the classes is taken to be accumulated in float32 at least: softmax kernels convert narrower formats, on the CPU as on CUDA (and a thousand
/// classes added up in bfloat16 would have no bound).
/// </remarks>
internal static class LossCheck
{
    private const string Name = "loss";
    private const string Op = "CrossEntropy";

    public static IEnumerable<LayerCheck> Of(Tensor logits, VerifyOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        NdArray x = logits.ToNdArray();
        (int samples, int classes) = (x.Shape[0], x.Shape[1]);
        int[] targets = Targets(samples, classes, options.Seed);
        var rounding = Rounding.Of(logits.dtype, wideAccumulation: true);

        using IDisposable enabled = enable_grad();
        Tensor input = logits.detach().clone().requires_grad_();
        Tensor labels = tensor(targets.Select(t => (long)t).ToArray()).to(logits.device);
        Tensor loss = nn.functional.cross_entropy(input, labels);
        loss.backward();

        yield return Comparison.Of(Name, Op, Forward(x, targets, rounding), ActualValues.Of(loss), int.MaxValue, options.Seed);
        if (options.Backward)
        {
            yield return Comparison.Of(Name, Op, Gradient(x, targets, rounding), ActualValues.Of(input.grad!), int.MaxValue, options.Seed);
        }
    }

    /// <summary>Seeded random classes, [N].</summary>
    public static int[] Targets(int samples, int classes, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, samples).Select(_ => random.Next(classes))];
    }

    private static Quantity Forward(NdArray x, int[] targets, Rounding r)
    {
        Sum sum = default;
        double inherited = 0;
        for (int n = 0; n < targets.Length; n++)
        {
            Bounded log = Log(x, n, targets[n], r);
            sum = sum.Plus(log.Value);
            inherited += log.Error;
        }

        Bounded total = r.Of(sum) with { Value = -sum.Value };
        Bounded mean = r.Over(total with { Error = total.Error + inherited }, Bounded.Exact(targets.Length));
        return new(Quantity.Output, [], _ => mean.Around(CrossEntropy.Forward(x, targets)));
    }

    private static Quantity Gradient(NdArray x, int[] targets, Rounding r)
    {
        NdArray gradient = CrossEntropy.Backward(x, targets);
        Bounded share = r.Over(Bounded.Exact(-1), Bounded.Exact(targets.Length));
        int classes = x.Shape[1];
        return new("grad logits", [.. x.Shape], i =>
        {
            (int n, int k) = (i / classes, i % classes);
            Bounded upstream = targets[n] == k ? share : Bounded.Exact(0);
            return r.Minus(upstream, r.Times(r.Function(Math.Exp, Log(x, n, k, r)), share)).Around(gradient.Data[i]);
        });
    }

    private static Bounded Log(NdArray x, int n, int k, Rounding r)
    {
        int classes = x.Shape[1];
        double max = Enumerable.Range(0, classes).Max(j => x[n, j]);
        Sum sum = default;
        double inherited = 0;
        for (int j = 0; j < classes; j++)
        {
            Bounded e = r.Function(Math.Exp, r.Minus(Bounded.Exact(x[n, j]), Bounded.Exact(max)));
            sum = sum.Plus(e.Value);
            inherited += e.Error;
        }

        Bounded total = r.Of(sum);
        Bounded log = r.Function(Math.Log, total with { Error = total.Error + (inherited * (1 + Rounding.Gamma(classes + 1, r.Accumulator))) });
        return r.Minus(r.Minus(Bounded.Exact(x[n, k]), Bounded.Exact(max)), log);
    }
}
