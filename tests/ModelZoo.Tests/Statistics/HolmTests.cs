using ModelZoo.Statistics;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Statistics;

public class HolmTests(ITestOutputHelper log)
{
    // R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"), p.adjust(c(0.04, 0.001, 0.2, 0.015), "holm").
    [Theory]
    [InlineData(new[] { 0.01, 0.02, 0.03, 0.04, 0.05 }, new[] { 0.05, 0.08, 0.09, 0.09, 0.09 })]
    [InlineData(new[] { 0.04, 0.001, 0.2, 0.015 }, new[] { 0.08, 0.004, 0.2, 0.045 })]
    [InlineData(new[] { 0.6, 0.7 }, new[] { 1.0, 1.0 })]
    [InlineData(new[] { 0.03 }, new[] { 0.03 })]
    [InlineData(new double[0], new double[0])]
    public void Adjusted_values_are_as_R_has_them(double[] p, double[] expected)
    {
        IReadOnlyList<double> adjusted = Holm.Adjust(p);
        Assert.Equal(expected.Length, adjusted.Count);
        Assert.All(expected.Zip(adjusted), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Of_nine_tests_between_networks_that_are_alike_one_comes_out_in_at_most_5_percent_of_draws()
    {
        (int plain, int adjusted) = (0, 0);
        var random = new SeededRandom(5);
        const int draws = 600, pictures = 200, networks = 10;
        for (int draw = 0; draw < draws; draw++)
        {
            bool[][] right = [.. Enumerable.Range(0, networks).Select(_ => Enumerable.Range(0, pictures).Select(_ => random.NextDouble() < 0.8).ToArray())];
            double[] p = [.. right.Skip(1).Select(r => PairedTest.Of(right[0], r).P)];
            plain += p.Min() <= 0.05 ? 1 : 0;
            adjusted += Holm.Adjust(p).Min() <= 0.05 ? 1 : 0;
        }

        log.WriteLine($"{100.0 * plain / draws:F1} % without, {100.0 * adjusted / draws:F1} % with the correction");
        Assert.InRange(plain, draws / 8, draws); // what the correction is for
        Assert.InRange(adjusted, 1, (int)(0.05 * draws) + 16); // three standard deviations
    }
}
