using ModelZoo.Statistics;
using ModelZoo.Training;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Statistics;

/// <summary>Intervals of figures that are no share of examples.</summary>
public class BootstrapTests(ITestOutputHelper log)
{
    [Fact]
    public void It_covers_a_mean_about_as_often_as_it_says()
    {
        const int Draws = 1_000, Examples = 100;
        var random = new SeededRandom(3);
        int covered = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            double[] values = [.. Enumerable.Range(0, Examples).Select(_ => 3 + 0.5 * random.NextGaussian())];
            Interval interval = Bootstrap.Percentile(Examples, times => Mean(values, times.Span), resamples: 400, seed: (ulong)draw)!.Value;
            covered += interval.Contains(3) ? 1 : 0;
        }

        log.WriteLine($"{covered} of {Draws}");
        Assert.InRange(covered, 930, 970);
    }

    [Fact]
    public void That_of_a_mean_average_precision_is_the_figure_of_each_resample()
    {
        const int Examples = 40, Labels = 3;
        var random = new SeededRandom(4);
        float[] targets = [.. Enumerable.Range(0, Examples * Labels).Select(_ => random.NextDouble() < 0.3 ? 1f : 0f)];
        float[] scores = [.. targets.Select(t => (float)Math.Round(0.3 * t + 0.7 * random.NextDouble(), 1))]; // with equal ones
        MultiLabelResult result = MultiLabelResult.Of(["a", "b", "c"], scores, targets, [], 0, default);
        Interval expected = Resampled(Examples, rows => MultiLabelResult.Of(["a", "b", "c"], Taken(scores, rows, Labels), Taken(targets, rows, Labels),
            [], 0, default).MeanAveragePrecision);
        Assert.Equal(expected.Low, result.ScoreInterval!.Value.Low, 1e-12);
        Assert.Equal(expected.High, result.ScoreInterval!.Value.High, 1e-12);
        Assert.True(result.ScoreInterval.Value.Contains(result.MeanAveragePrecision));
    }

    [Fact]
    public void And_that_of_R2()
    {
        const int Examples = 50;
        var random = new SeededRandom(5);
        double[] targets = [.. Enumerable.Range(0, Examples).Select(_ => 1e4 + random.NextGaussian())];
        double[] predictions = [.. targets.Select(t => t + 0.4 * random.NextGaussian())];
        RegressionResult result = RegressionResult.Of(predictions, targets, 0, default);
        Interval expected = Resampled(Examples, rows =>
            RegressionResult.Of([.. rows.Select(r => predictions[r])], [.. rows.Select(r => targets[r])], 0, default).R2);
        Assert.Equal(expected.Low, result.ScoreInterval!.Value.Low, 1e-9);
        Assert.Equal(expected.High, result.ScoreInterval!.Value.High, 1e-9);
    }

    [Fact]
    public void Where_most_resamples_have_no_figure_there_is_none()
    {
        Assert.Null(RegressionResult.Of([1, 1], [5, 5], 0, default).ScoreInterval);
        Assert.Null(MultiLabelResult.Of(["a"], [0.5f], [0], [], 0, default).ScoreInterval);
        Assert.Null(Bootstrap.Percentile(0, _ => 1));
    }

    // Draws as Bootstrap does, and computes the figure anew from the examples themselves.
    private static Interval Resampled(int examples, Func<int[], double> figure)
    {
        var random = new SeededRandom(0);
        double[] figures = [.. Enumerable.Range(0, Bootstrap.Resamples)
            .Select(_ => figure([.. Enumerable.Range(0, examples).Select(_ => random.Next(examples))])).Order()];
        return new(figures[24], figures[975]);
    }

    private static float[] Taken(float[] table, int[] rows, int columns) => [.. rows.SelectMany(r => table[(r * columns)..((r + 1) * columns)])];

    [Fact]
    public void F1_lies_in_its_interval_about_as_often_as_it_says()
    {
        // Three classes; each image is called right with 0.8, else one of the others: the F1 of all images is 0.8.
        const int Draws = 400;
        int[] inside = new int[4];
        var random = new SeededRandom(2);
        for (int d = 0; d < Draws; d++)
        {
            int[] labels = [.. Enumerable.Range(0, 150).Select(_ => random.Next(3))];
            int[] said = [.. labels.Select(l => random.NextDouble() < 0.8 ? l : (l + 1 + random.Next(2)) % 3)];
            IReadOnlyList<Interval?> f1 = Bootstrap.F1(labels, said, 3, resamples: 300, seed: (ulong)d);
            for (int c = 0; c < 4; c++)
            {
                inside[c] += f1[c]!.Value.Contains(0.8) ? 1 : 0;
            }
        }

        log.WriteLine(string.Join(" ", inside.Select(n => $"{100.0 * n / Draws:F1} %")));
        Assert.All(inside, n => Assert.InRange((double)n / Draws, 0.91, 0.975));
    }

    [Fact]
    public void A_class_that_nobody_has_or_says_has_none_and_a_perfect_one_is_certain()
    {
        IReadOnlyList<Interval?> f1 = Bootstrap.F1([0, 0, 1, 1], [0, 0, 1, 1], 3);
        Assert.Equal([new Interval(1, 1), new Interval(1, 1), null, new Interval(1, 1)], f1);
        Assert.Equal(Bootstrap.F1([0, 1, 1], [1, 1, 0], 2, seed: 5), Bootstrap.F1([0, 1, 1], [1, 1, 0], 2, seed: 5));
    }

    private static double Mean(double[] values, ReadOnlySpan<int> times)
    {
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
        {
            sum += times[i] * values[i];
        }

        return sum / values.Length;
    }
}
