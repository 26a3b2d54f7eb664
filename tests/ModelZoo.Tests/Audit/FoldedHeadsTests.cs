using ModelZoo.Audit;
using ModelZoo.Statistics;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Tests.Audit;

[Collection(TorchCollection.Name)]
public class FoldedHeadsTests
{
    [Fact]
    public void Each_probability_is_that_of_the_best_head_of_the_other_folds()
    {
        const int count = 36, width = 8, classes = 3, folds = 3;
        (float[] features, int[] labels) = Blobs(count, width, classes, apart: 1, seed: 5);
        var fitted = FoldedHeads.Fit(features, labels, classes, folds, repeats: 1, seed: 9);
        double[][] inputs = Directions(features, count, width);
        var dealt = Folds.Stratified(labels, folds, 9);
        (double[][] seenWeights, double[] seenBias) = Descend(inputs, labels, classes, fitted.Strength);
        double unlikeSeen = 0;
        for (int fold = 0; fold < folds; fold++)
        {
            (double[][] weights, double[] bias) = Descend([.. dealt.Learned(fold).Select(i => inputs[i])], [.. dealt.Learned(fold).Select(i => labels[i])],
                classes, fitted.Strength);
            foreach (int i in dealt.Tested(fold))
            {
                double[] expected = Shares(inputs[i], weights, bias);
                Assert.All(Enumerable.Range(0, classes), c => Assert.Equal(expected[c], fitted.Probabilities.Span[(i * classes) + c], 0.01));
                unlikeSeen = Math.Max(unlikeSeen, Math.Abs(expected[labels[i]] - Shares(inputs[i], seenWeights, seenBias)[labels[i]]));
            }
        }

        Assert.True(unlikeSeen > 0.01, "a head that has seen the example would not be noticed");
    }

    [Fact]
    public void Labels_at_random_cannot_be_found_out_of_fold()
    {
        // A head that has seen its pictures finds all of them: 120 examples in 200 dimensions.
        var random = new SeededRandom(3);
        float[] features = [.. Enumerable.Range(0, 120 * 200).Select(_ => (float)random.NextGaussian())];
        int[] labels = [.. Enumerable.Range(0, 120).Select(_ => random.Next(2))];
        var fitted = FoldedHeads.Fit(features, labels, 2, 5, repeats: 2, seed: 1);
        Assert.InRange(Right(fitted, labels, 2), 0.35, 0.65);
        Assert.True(fitted.Loss > 0.6, $"{fitted.Loss}");
    }

    [Fact]
    public void Wrong_labels_among_clear_classes_are_found_and_clear_classes_alone_are_quiet()
    {
        (float[] features, int[] labels) = Blobs(300, 32, 4, apart: 9, seed: 7);
        Assert.Empty(Wrong(features, labels));
        int[] flipped = [.. new SeededRandom(1).Permutation(300).Take(15).Order()], noisy = [.. labels];
        foreach (int i in flipped)
        {
            noisy[i] = (labels[i] + 1 + (i % 3)) % 4;
        }

        Assert.Equal(flipped, Wrong(features, noisy).Order());

        static int[] Wrong(float[] features, int[] labels)
        {
            double[] p = FoldedHeads.Fit(features, labels, 4, 5, repeats: 1, seed: 2).Probabilities.ToArray();
            return ConfidentLearning.Of(p, labels, 4).Wrong(p, labels);
        }
    }

    private static double Right(FoldedHeads heads, int[] labels, int classes) => Enumerable.Range(0, labels.Length).Count(i =>
    {
        double[] row = heads.Probabilities.Slice(i * classes, classes).ToArray();
        return Array.IndexOf(row, row.Max()) == labels[i];
    }) / (double)labels.Length;

    private static (float[] Features, int[] Labels) Blobs(int count, int width, int classes, double apart, ulong seed)
    {
        var random = new SeededRandom(seed);
        double[][] centers = [.. Enumerable.Range(0, classes).Select(_ => Enumerable.Range(0, width).Select(_ => apart * random.NextGaussian()).ToArray())];
        int[] labels = [.. Enumerable.Range(0, count).Select(i => i % classes)];
        return ([.. labels.SelectMany(l => centers[l].Select(c => (float)(c + random.NextGaussian())))], labels);
    }

    private static double[][] Directions(float[] features, int count, int width)
    {
        double[][] rows = [.. Enumerable.Range(0, count).Select(i => features.AsSpan(i * width, width).ToArray().Select(v => (double)v).ToArray())];
        double[][] unit = [.. rows.Select(r => r.Select(v => v / Math.Sqrt(r.Sum(x => x * x)) * Math.Sqrt(width)).ToArray())];
        double[] mean = [.. Enumerable.Range(0, width).Select(d => unit.Average(r => r[d]))];
        return [.. unit.Select(r => r.Select((v, d) => v - mean[d]).ToArray())];
    }

    // Gradient descent in small steps, until nothing moves.
    private static (double[][] Weights, double[] Bias) Descend(double[][] inputs, int[] labels, int classes, double strength)
    {
        (double[][] weights, double[] bias) = ([.. Enumerable.Range(0, classes).Select(_ => new double[inputs[0].Length])], new double[classes]);
        for (int step = 0; step < 20_000; step++)
        {
            double[][] slopes = [.. weights.Select(w => w.Select(v => strength * v).ToArray())];
            var biasSlopes = new double[classes];
            for (int i = 0; i < inputs.Length; i++)
            {
                double[] p = Shares(inputs[i], weights, bias);
                for (int c = 0; c < classes; c++)
                {
                    double off = (p[c] - (labels[i] == c ? 1 : 0)) / inputs.Length;
                    biasSlopes[c] += off;
                    for (int d = 0; d < inputs[i].Length; d++)
                    {
                        slopes[c][d] += off * inputs[i][d];
                    }
                }
            }

            for (int c = 0; c < classes; c++)
            {
                bias[c] -= 0.2 * biasSlopes[c];
                weights[c] = [.. weights[c].Select((v, d) => v - (0.2 * slopes[c][d]))];
            }

            if (slopes.Max(s => s.Max(Math.Abs)) + biasSlopes.Max(Math.Abs) < 1e-7)
            {
                break;
            }
        }

        return (weights, bias);
    }

    private static double[] Shares(double[] x, double[][] weights, double[] bias)
    {
        double[] logits = [.. weights.Select((w, c) => bias[c] + w.Zip(x, (a, b) => a * b).Sum())];
        double most = logits.Max(), sum = logits.Sum(l => Math.Exp(l - most));
        return [.. logits.Select(l => Math.Exp(l - most) / sum)];
    }
}
