using ModelZoo.Statistics;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Statistics;

public class IntervalTests(ITestOutputHelper log)
{
    // Ends by Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    [Theory]
    [InlineData(81, 263, 0.2553, 0.3662)]
    [InlineData(15, 148, 0.0624, 0.1605)]
    [InlineData(0, 20, 0.0000, 0.1611)]
    [InlineData(1, 29, 0.0061, 0.1718)]
    public void Wilson_is_as_published(int hits, int tries, double low, double high)
    {
        var interval = Interval.Wilson(hits, tries);
        Assert.Equal((low, high), (Math.Round(interval.Low, 4), Math.Round(interval.High, 4)));
    }

    [Fact]
    public void Nothing_counted_says_nothing_and_all_or_none_end_at_the_edge()
    {
        Assert.Equal(new Interval(0, 1), Interval.Wilson(0, 0));
        Assert.Equal((0.0, 1.0), (Interval.Wilson(0, 7).Low, Interval.Wilson(7, 7).High));
        Assert.Equal(1 - Interval.Wilson(0, 7).High, Interval.Wilson(7, 7).Low, 12);
        Assert.Throws<ArgumentOutOfRangeException>(() => Interval.Wilson(8, 7));
    }

    // L. D. Brown, T. T. Cai, A. DasGupta 2001: the mean coverage over p in (0,1) is close to 95 % for Wilson's interval, and below for the textbook's.
    [Theory]
    [InlineData(10)]
    [InlineData(25)]
    [InlineData(50)]
    [InlineData(153)]
    public void Wilson_covers_95_percent_on_average_over_p_and_the_textbook_interval_does_not(int n)
    {
        double wilson = MeanCoverage(n, k => Interval.Wilson(k, n)), textbook = MeanCoverage(n, k => Textbook(k, n));
        log.WriteLine($"n = {n}: Wilson {100 * wilson:F2} %, textbook {100 * textbook:F2} %");
        Assert.InRange(wilson, 0.945, 0.96);
        Assert.True(textbook < wilson - 0.004);
        Assert.True(n > 50 || textbook < 0.935);
    }

    [Fact]
    public void Wilson_covers_95_percent_of_10_000_draws_and_too_narrow_a_one_does_not()
    {
        (double right, double narrow) = (Coverage(Interval.Level), Coverage(0.9));
        log.WriteLine($"{100 * right:F2} %, at 90 % {100 * narrow:F2} %");
        Assert.InRange(right, 0.94, 0.96);
        Assert.InRange(narrow, 0.89, 0.91);

        // p uniform, n from 20 to 500: what one user after another meets.
        static double Coverage(double level)
        {
            var random = new SeededRandom(1);
            int covered = 0;
            for (int draw = 0; draw < 10_000; draw++)
            {
                double p = random.NextDouble();
                int n = 20 + random.Next(481), hits = Enumerable.Range(0, n).Count(_ => random.NextDouble() < p);
                covered += Interval.Wilson(hits, n, level).Contains(p) ? 1 : 0;
            }

            return covered / 10_000.0;
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void Students_interval_covers_95_percent_of_10_000_draws_and_two_standard_errors_do_not(int n)
    {
        var random = new SeededRandom(2);
        int covered = 0, naive = 0;
        for (int draw = 0; draw < 10_000; draw++)
        {
            double[] values = [.. Enumerable.Range(0, n).Select(_ => 3 + 0.5 * random.NextGaussian())];
            double mean = values.Average(), error = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (n - 1) / n);
            covered += Interval.OfMean(values)!.Value.Contains(3) ? 1 : 0;
            naive += Math.Abs(mean - 3) < 2 * error ? 1 : 0;
        }

        log.WriteLine($"n = {n}: {covered / 100.0:F2} %, two standard errors {naive / 100.0:F2} %");
        Assert.InRange(covered, 9_400, 9_600);
        Assert.True(naive < 9_350);
    }

    [Fact]
    public void One_value_has_no_interval() => Assert.Null(Interval.OfMean([0.9]));

    [Fact]
    public void Percent_is_written_alike_everywhere() => Assert.Equal("90.0 – 97.3 %", new Interval(0.9, 0.97345).Percent());

    private static double MeanCoverage(int n, Func<int, Interval> interval)
    {
        Interval[] all = [.. Enumerable.Range(0, n + 1).Select(interval)];
        double[] at = [.. Enumerable.Range(0, 2000).Select(i => (i + 0.5) / 2000)];
        return at.Average(p => Enumerable.Range(0, n + 1).Where(k => all[k].Contains(p)).Sum(k => Mass(k, n, p)));
    }

    private static Interval Textbook(int k, int n)
    {
        double p = (double)k / n, half = 1.959964 * Math.Sqrt(p * (1 - p) / n);
        return new(p - half, p + half);
    }

    private static double Mass(int k, int n, double p) =>
        Distributions.BinomialCumulative(k, n, p) - Distributions.BinomialCumulative(k - 1, n, p);
}
