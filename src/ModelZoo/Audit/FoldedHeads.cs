using ModelZoo.Statistics;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Audit;

/// <summary>
/// The probability of each class for each example, from a head that was not fitted to it: logistic regression on the features, fold by fold. How strongly the
/// weights are held down, the loss on the tested folds decides: with wrong labels among the others, heads that learn them by heart do badly there.
/// </summary>
public sealed record FoldedHeads
{
    /// <summary>The strengths that are tried: half of one, times the sum of the squared weights, is added to the mean loss.</summary>
    internal static readonly double[] Strengths = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];

    private const int MostSteps = 200, CheckEvery = 5;
    private const double Enough = 1e-7; // of what the first step could gain
    private const double Negligible = 1e-6; // of the largest variance
    private const long MostValues = 1 << 25; // of a block of logits

    /// <summary>[N,K], row by row.</summary>
    public required ReadOnlyMemory<double> Probabilities { get; init; }

    /// <summary>How many folds there were.</summary>
    public required int Folds { get; init; }

    /// <summary>How often the examples were dealt into folds; the probabilities are means over that.</summary>
    public required int Repeats { get; init; }

    /// <summary>The strength that did best.</summary>
    public required double Strength { get; init; }

    /// <summary>The mean loss on tested examples with it.</summary>
    public required double Loss { get; init; }

    /// <summary>Fits heads to all folds at once.</summary>
    /// <param name="features">[N,D], row by row; only their directions count.</param>
    /// <param name="labels">[N].</param>
    /// <param name="classes">K, 2 or more.</param>
    /// <param name="folds">2 or more; each class should have as many examples.</param>
    /// <param name="repeats">How often the examples are dealt into folds anew.</param>
    /// <param name="seed">Which examples go together.</param>
    /// <param name="cancel">Stops between two steps.</param>
    public static FoldedHeads Fit(ReadOnlyMemory<float> features, int[] labels, int classes, int folds, int repeats, ulong seed,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        using IDisposable none = no_grad();
        using DisposeScope scope = NewDisposeScope();
        int count = labels.Length;
        Tensor inputs = Axes(Directions(tensor(features.ToArray(), [count, features.Length / count])));
        double[] losses = [.. Strengths.Select(_ => 0.0)];
        double[][] first = [.. Strengths.Select(_ => new double[(long)count * classes])];
        Deal(0, Strengths, first);
        for (int s = 0; s < losses.Length; s++)
        {
            losses[s] = MeanLoss(first[s], labels, classes);
        }

        int best = Array.IndexOf(losses, losses.Min());
        double[] sum = first[best];
        for (int repeat = 1; repeat < repeats; repeat++)
        {
            double[] again = new double[sum.Length];
            Deal(repeat, [Strengths[best]], [again]);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += again[i];
            }
        }

        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] /= repeats;
        }

        return new() { Probabilities = sum, Folds = folds, Repeats = repeats, Strength = Strengths[best], Loss = losses[best] };

        void Deal(int repeat, double[] strengths, double[][] into)
        {
            var dealt = ModelZoo.Statistics.Folds.Stratified(labels, folds, seed + (ulong)repeat);
            (int Fold, int Strength)[] all = [.. Enumerable.Range(0, strengths.Length).SelectMany(s => Enumerable.Range(0, folds).Select(f => (f, s)))];
            foreach ((int Fold, int Strength)[] some in all.Chunk((int)Math.Clamp(MostValues / ((long)count * classes), 1, all.Length)))
            {
                float[] fitted = Block(inputs, labels, classes, dealt, [.. some.Select(h => (h.Fold, strengths[h.Strength]))], cancel);
                for (int i = 0; i < count; i++)
                {
                    for (int h = 0; h < some.Length; h++)
                    {
                        if (dealt.Of[i] == some[h].Fold)
                        {
                            for (int c = 0; c < classes; c++)
                            {
                                into[some[h].Strength][(i * classes) + c] = fitted[(((i * some.Length) + h) * classes) + c];
                            }
                        }
                    }
                }
            }
        }
    }

    // Several heads side by side: each step is two matrix products for all of them. The loss of softmax is nowhere more curved than half of XᵀX/n (D. Böhning,
    // "Multinomial logistic regression algorithm", 1992), which along the principal axes is one number each: so far each weight may go. With momentum, begun
    // anew where it leads uphill (B. O'Donoghue, E. Candès, "Adaptive restart for accelerated gradient schemes", 2015).
    private static float[] Block(Tensor inputs, int[] labels, int classes, Folds folds, (int Fold, double Strength)[] heads, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        (int count, int width, int many) = (labels.Length, (int)inputs.shape[1], heads.Length);
        float[] mask = new float[count * many], hot = new float[count * classes], learned = new float[many];
        for (int h = 0; h < many; h++)
        {
            learned[h] = folds.Of.Count(f => f != heads[h].Fold);
            for (int i = 0; i < count; i++)
            {
                mask[(i * many) + h] = folds.Of[i] == heads[h].Fold ? 0 : 1 / learned[h];
            }
        }

        for (int i = 0; i < count; i++)
        {
            hot[(i * classes) + labels[i]] = 1;
        }

        Tensor weigh = tensor(mask, [count, many, 1]), wanted = tensor(hot, [count, 1, classes]), size = tensor(learned, [1, many, 1]);
        Tensor strength = tensor([.. heads.Select(h => (float)h.Strength)], [1, many, 1]);
        Tensor rate = 1 / ((0.5 * inputs.square().sum([0L]).view(width, 1, 1) / size) + strength), biasRate = size * 2 / count;
        Tensor weights = zeros([width, many, classes]), ahead = weights.clone(), bias = zeros([1, many, classes]), biasAhead = bias.clone();
        Tensor momentum = ones([1, many, 1]);
        double start = 0;
        for (int step = 0; step < MostSteps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            using DisposeScope inner = NewDisposeScope();
            Tensor off = (Shares(ahead, biasAhead) - wanted) * weigh; // [N,H,K]
            Tensor slope = inputs.t().mm(off.view(count, -1)).view(width, many, classes) + (strength * ahead), biasSlope = off.sum([0L], keepdim: true);
            Tensor next = ahead - (rate * slope), biasNext = biasAhead - (biasRate * biasSlope);
            Tensor moved = next - weights, biasMoved = biasNext - bias;
            Tensor uphill = (slope * moved).sum([0L, 2L], keepdim: true) + (biasSlope * biasMoved).sum([2L], keepdim: true);
            Tensor before = momentum.masked_fill(uphill > 0, 1), after = ((before.square() * 4) + 1).sqrt().add(1) / 2;
            Tensor keep = (before - 1) / after;
            weights.copy_(next);
            bias.copy_(biasNext);
            ahead.copy_(next + (keep * moved));
            biasAhead.copy_(biasNext + (keep * biasMoved));
            momentum.copy_(after);
            if (step % CheckEvery == 0)
            {
                double gain = (slope.square() * rate).sum().item<float>() + (biasSlope.square() * biasRate).sum().item<float>();
                start = step == 0 ? gain : start;
                if (gain <= Enough * start)
                {
                    break;
                }
            }
        }

        return Shares(weights, bias).contiguous().data<float>().ToArray();

        Tensor Shares(Tensor w, Tensor b) => (inputs.mm(w.view(width, -1)).view(count, many, classes) + b).softmax(2);
    }

    // Directions of length √D, less their mean: the labels have no part in it.
    private static Tensor Directions(Tensor features)
    {
        Tensor unit = features / features.norm(1, keepdim: true).clamp_min(1e-12) * Math.Sqrt(features.shape[1]);
        return unit - unit.mean([0L], keepdim: true);
    }

    // The same points along their principal axes: an orthogonal turn, which changes neither the loss nor the length of the weights.
    private static Tensor Axes(Tensor points)
    {
        (long count, long width) = (points.shape[0], points.shape[1]);
        (Tensor variances, Tensor vectors) = linalg.eigh(count < width ? points.mm(points.t()) : points.t().mm(points));
        double largest = Math.Max(1e-12, variances.max().item<float>());
        long kept = Math.Max(1, (variances > Negligible * largest).sum().item<long>());
        Tensor axes = vectors.narrow(1, vectors.shape[1] - kept, kept);
        Tensor spread = variances.narrow(0, variances.shape[0] - kept, kept).clamp_min(0).sqrt();
        return (count < width ? axes * spread : points.mm(axes)).contiguous();
    }

    private static double MeanLoss(double[] probabilities, int[] labels, int classes)
    {
        double sum = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            sum -= Math.Log(Math.Max(1e-12, probabilities[(i * classes) + labels[i]]));
        }

        return sum / labels.Length;
    }
}
