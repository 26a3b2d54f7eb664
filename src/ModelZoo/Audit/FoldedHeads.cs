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

    private const int MostSteps = 400, PowerSteps = 30;
    private const double Enough = 1e-4; // of the first gradient
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
        int count = labels.Length, width = features.Length / count;
        Tensor inputs = Directions(tensor(features.ToArray(), [count, width]));
        double curvature = Curvature(inputs);
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
                float[] fitted = Block(inputs, labels, classes, dealt, [.. some.Select(h => (h.Fold, strengths[h.Strength]))], curvature, cancel);
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

    // Several heads side by side: each step is two matrix products for all of them. Nesterov's method with the momentum for what is strongly convex
    // (Y. Nesterov, "Introductory lectures on convex optimization", 2004, section 2.2.1).
    private static float[] Block(Tensor inputs, int[] labels, int classes, Folds folds, (int Fold, double Strength)[] heads, double curvature,
        CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        (int count, int width, int many) = (labels.Length, (int)inputs.shape[1], heads.Length);
        float[] mask = new float[count * many], hot = new float[count * classes], strengths = new float[many], rates = new float[many], keeps = new float[many];
        for (int h = 0; h < many; h++)
        {
            int learned = folds.Of.Count(f => f != heads[h].Fold);
            double steepest = (curvature * count / learned) + heads[h].Strength;
            double ratio = Math.Sqrt(heads[h].Strength / steepest);
            (strengths[h], rates[h], keeps[h]) = ((float)heads[h].Strength, (float)(1 / steepest), (float)((1 - ratio) / (1 + ratio)));
            for (int i = 0; i < count; i++)
            {
                mask[(i * many) + h] = folds.Of[i] == heads[h].Fold ? 0 : 1f / learned;
            }
        }

        for (int i = 0; i < count; i++)
        {
            hot[(i * classes) + labels[i]] = 1;
        }

        Tensor weigh = tensor(mask, [count, many, 1]), wanted = tensor(hot, [count, 1, classes]);
        Tensor strength = tensor(strengths, [1, many, 1]), rate = tensor(rates, [1, many, 1]), keep = tensor(keeps, [1, many, 1]);
        Tensor weights = zeros([width, many, classes]), ahead = weights.clone(), bias = zeros([1, many, classes]), biasAhead = bias.clone();
        double start = 0;
        for (int step = 0; step < MostSteps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            using DisposeScope inner = NewDisposeScope();
            Tensor off = (Shares(ahead, biasAhead) - wanted) * weigh; // [N,H,K]
            Tensor slope = inputs.t().mm(off.view(count, -1)).view(width, many, classes) + (strength * ahead), biasSlope = off.sum(0, keepdim: true);
            Tensor next = ahead - (rate * slope), biasNext = biasAhead - (rate * biasSlope);
            Tensor farther = next + (keep * (next - weights)), biasFarther = biasNext + (keep * (biasNext - bias));
            weights.copy_(next);
            bias.copy_(biasNext);
            ahead.copy_(farther);
            biasAhead.copy_(biasFarther);
            if (step % 10 == 0)
            {
                double steep = slope.norm().item<float>() + biasSlope.norm().item<float>();
                start = step == 0 ? steep : start;
                if (steep <= Enough * start)
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

    // The loss of softmax is nowhere more curved than half the largest eigenvalue of XᵀX/N (D. Böhning, "Multinomial logistic regression algorithm", 1992);
    // the constant beside the features adds at most one half.
    private static double Curvature(Tensor inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor direction = ones([inputs.shape[1], 1]) + arange(0, inputs.shape[1], ScalarType.Float32).sin().unsqueeze(1);
        double largest = 0;
        for (int step = 0; step < PowerSteps; step++)
        {
            direction = inputs.t().mm(inputs.mm(direction / direction.norm().clamp_min(1e-12)));
            largest = direction.norm().item<float>();
        }

        return (0.55 * largest / inputs.shape[0]) + 0.5;
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
