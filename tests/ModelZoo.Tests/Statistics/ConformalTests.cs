using ModelZoo.Statistics;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Statistics;

public class ConformalTests(ITestOutputHelper log)
{
    [Theory]
    [InlineData(20, 0.1)]
    [InlineData(60, 0.05)]
    [InlineData(500, 0.05)]
    public void A_further_score_exceeds_the_limit_as_often_as_promised_and_the_plain_quantile_is_exceeded_more_often(int n, double rate)
    {
        var random = new SeededRandom(11);
        const int draws = 10_000;
        (int over, int plain) = (0, 0);
        for (int draw = 0; draw < draws; draw++)
        {
            double[] scores = [.. Enumerable.Range(0, n).Select(_ => random.NextGaussian()).Order()];
            double further = random.NextGaussian();
            over += further > Conformal.Limit(scores, rate) ? 1 : 0;
            plain += further > scores[(int)Math.Ceiling(n * (1 - rate)) - 1] ? 1 : 0;
        }

        double most = Interval.Wilson((long)(rate * draws), draws, 0.999).High;
        log.WriteLine($"{100.0 * over / draws:F2} %, plain quantile {100.0 * plain / draws:F2} %");
        Assert.InRange((double)over / draws, rate - 1.0 / (n + 1) - 0.01, most);
        Assert.True(n > 100 || (double)plain / draws > most);
    }

    [Fact]
    public void Too_few_examples_give_no_limit()
    {
        Assert.Equal(double.PositiveInfinity, Conformal.Limit([1, 2, 3], 0.2));
        Assert.Equal(4, Conformal.Limit([3, 1, 4, 2], 0.2));
        Assert.Equal(double.PositiveInfinity, Conformal.Limit([], 0.5));
    }

    // How sure a network is, c in [0,1], and how often it is wrong then: falling with c, but not at the top, where pictures are mislabeled.
    private static double WrongAt(double c) => c > 0.9 ? 0.03 : 0.5 * (1 - c) * (1 - c) + 0.01;

    [Fact]
    public void The_error_rate_of_answers_is_kept_as_often_as_promised_and_a_threshold_that_fits_the_held_out_errors_keeps_it_less_often()
    {
        const int draws = 600, n = 800;
        const double rate = 0.08;
        double[] thresholds = [.. Enumerable.Range(0, 50).Select(i => 0.7 - (0.014 * i))];
        var random = new SeededRandom(12);
        (int broken, int naive, int none) = (0, 0, 0);
        for (int draw = 0; draw < draws; draw++)
        {
            double[] certainty = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble())];
            bool[] right = [.. certainty.Select(c => random.NextDouble() >= WrongAt(c))];
            double? threshold = SelectiveRisk.Threshold(thresholds, certainty, right, rate);
            none += threshold is null ? 1 : 0;
            broken += threshold is { } t && Risk(t) > rate ? 1 : 0;
            double fitted = thresholds.Last(t => certainty.Index().Count(c => c.Item >= t && !right[c.Index]) <= rate * certainty.Count(c => c >= t));
            naive += Risk(fitted) > rate ? 1 : 0;
        }

        log.WriteLine($"broken {100.0 * broken / draws:F2} %, by the fitted threshold {100.0 * naive / draws:F2} %, no threshold {100.0 * none / draws:F2} %");
        Assert.InRange((double)broken / draws, 0, 0.05 + 0.02);
        Assert.InRange((double)naive / draws, 0.2, 1);
        Assert.InRange((double)none / draws, 0, 0.2);

        static double Risk(double threshold)
        {
            double sum = 0;
            for (int i = 0; i < 2_000; i++)
            {
                sum += WrongAt(threshold + ((1 - threshold) * (i + 0.5) / 2_000));
            }

            return sum / 2_000;
        }
    }

    [Fact]
    public void A_threshold_needs_examples_and_stops_before_the_first_that_fails()
    {
        Assert.Equal((59, 299), (SelectiveRisk.Needed(0.05), SelectiveRisk.Needed(0.01)));
        double[] sure = [.. Enumerable.Repeat(0.9, 59)];
        bool[] right = [.. Enumerable.Repeat(true, 59)];
        Assert.Equal(0.8, SelectiveRisk.Threshold([0.8], sure, right, 0.05));
        Assert.Null(SelectiveRisk.Threshold([0.8], sure[1..], right[1..], 0.05));
        Assert.Null(SelectiveRisk.Threshold([0.95, 0.8], sure, right, 0.05)); // the first answers none, and what comes behind it is not looked at
        Assert.Null(SelectiveRisk.Threshold([], sure, right, 0.05));
    }
}
