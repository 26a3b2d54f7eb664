using ModelZoo.Statistics;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Statistics;

public class CertaintyTests(ITestOutputHelper log)
{
    [Theory]
    [InlineData(0.4)]
    [InlineData(1)]
    [InlineData(2.5)]
    public void The_temperature_behind_labels_is_found(double temperature)
    {
        (float[] logits, int[] labels) = Drawn(20_000, 6, temperature, seed: 4);
        double found = Temperature.Fit(logits, labels);
        log.WriteLine($"{temperature}: {found:F4}");
        Assert.Equal(temperature, found, 0.03 * temperature);

        // It is the minimum: the loss rises on both sides, and its slope there is nothing.
        double least = Temperature.Loss(logits, labels, found), step = 1e-4 * found;
        Assert.True(least < Temperature.Loss(logits, labels, found * 1.01) && least < Temperature.Loss(logits, labels, found * 0.99));
        Assert.InRange((Temperature.Loss(logits, labels, found + step) - Temperature.Loss(logits, labels, found - step)) / (2 * step), -1e-6, 1e-6);
    }

    [Fact]
    public void Where_all_or_nothing_is_right_the_temperature_ends_at_its_bounds()
    {
        float[] logits = [3, 0, 0, 0, 2, 0, 1, 0, 4];
        Assert.Equal(Temperature.Least, Temperature.Fit(logits, [0, 1, 2]));
        Assert.Equal(Temperature.Most, Temperature.Fit(logits, [1, 0, 1]));
        Assert.Throws<ArgumentException>(() => Temperature.Fit(logits, []));
    }

    [Fact]
    public void The_loss_is_the_cross_entropy_of_the_softmax()
    {
        float[] logits = [1000, 1001, -5];
        var p = new double[3];
        Temperature.Softmax(logits, 2, p);
        double expected = 1 / (1 + Math.Exp(0.5)); // the third is nothing beside the others
        Assert.Equal((expected, 1.0), (p[0], p.Sum()), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-12 && Math.Abs(a.Item2 - b.Item2) < 1e-12);
        Assert.Equal(-Math.Log(expected), Temperature.Loss(logits, [0], 2), 12);
    }

    [Fact]
    public void The_calibration_error_is_the_distance_in_each_bin_and_sees_a_network_that_is_too_sure()
    {
        // Two bins of ten: 0.85 twice, one right (0.35 off); 0.4 twice, none right (0.4 off).
        Assert.Equal(0.375, Certainty.CalibrationError([0.85, 0.85, 0.4, 0.4], [true, false, false, false], 10), 12);
        Assert.Equal(0, Certainty.CalibrationError([], []));
        (float[] logits, int[] labels) = Drawn(20_000, 6, 2.5, seed: 5);
        Assert.InRange(Of(2.5), 0, 0.012);
        Assert.InRange(Of(1), 0.1, 1);

        double Of(double divisor)
        {
            List<double> certainty = [];
            List<bool> right = [];
            var p = new double[6];
            for (int i = 0; i < labels.Length; i++)
            {
                Temperature.Softmax(logits.AsSpan(6 * i, 6), divisor, p);
                certainty.Add(p.Max());
                right.Add(Array.IndexOf(p, p.Max()) == labels[i]);
            }

            return Certainty.CalibrationError(certainty, right);
        }
    }

    [Fact]
    public void The_bins_are_those_of_the_calibration_error()
    {
        double[] certainty = [0.85, 0.85, 0.4, 0.4, 1, 0];
        bool[] right = [true, false, false, false, true, false];
        IReadOnlyList<CertaintyBin> bins = Certainty.Bins(certainty, right, 10);
        Assert.Equal([(0.0, 1), (0.3, 2), (0.8, 2), (0.9, 1)], bins.Select(b => (b.From, b.Count)));
        Assert.Equal((0.85, 0.5), (bins[2].Certainty, bins[2].Accuracy));
        Assert.Equal(Certainty.CalibrationError(certainty, right, 10), bins.Sum(b => b.Count * Math.Abs(b.Certainty - b.Accuracy)) / 6, 12);
        Assert.Equal(Interval.Wilson(1, 2), bins[2].AccuracyInterval);
    }

    [Fact]
    public void The_area_is_the_share_of_pairs_in_the_right_order()
    {
        var random = new SeededRandom(6);
        double[] low = [.. Enumerable.Range(0, 60).Select(_ => (double)random.Next(20))];
        double[] high = [.. Enumerable.Range(0, 40).Select(_ => 5.0 + random.Next(20))];
        double pairs = low.Sum(l => high.Sum(h => h > l ? 1 : h == l ? 0.5 : 0)) / (low.Length * high.Length);
        Assert.Equal(pairs, Certainty.Auroc(low, high), 12);
        Assert.Equal(1 - pairs, Certainty.Auroc(high, low), 12);
        Assert.Equal((1.0, 0.5), (Certainty.Auroc([1, 2], [3]), Certainty.Auroc([1], [1])));
    }

    // Labels drawn from the softmax of the logits at a temperature.
    internal static (float[] Logits, int[] Labels) Drawn(int count, int classes, double temperature, ulong seed)
    {
        var random = new SeededRandom(seed);
        var (logits, labels, p) = (new float[count * classes], new int[count], new double[classes]);
        for (int i = 0; i < count; i++)
        {
            for (int c = 0; c < classes; c++)
            {
                logits[(i * classes) + c] = (float)(2 * random.NextGaussian());
            }

            Temperature.Softmax(logits.AsSpan(i * classes, classes), temperature, p);
            double u = random.NextDouble(), sum = 0;
            labels[i] = Math.Min(classes - 1, Enumerable.Range(0, classes).TakeWhile(c => (sum += p[c]) < u).Count());
        }

        return (logits, labels);
    }
}
