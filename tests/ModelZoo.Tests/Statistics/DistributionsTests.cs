using ModelZoo.Statistics;
using Xunit;

namespace ModelZoo.Tests.Statistics;

public class DistributionsTests
{
    // Abramowitz and Stegun 1964, tables 26.1 and 26.10; digits beyond those by R.
    [Theory]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.5, 0)]
    [InlineData(0.995, 2.5758293035489004)]
    [InlineData(1e-9, -5.997807015007687)]
    public void Normal_quantiles_are_those_of_the_tables(double p, double expected)
    {
        Assert.Equal(expected, Distributions.NormalQuantile(p), 10);
        Assert.Equal(p, Distributions.NormalCumulative(expected), 12);
    }

    [Theory]
    [InlineData(1, 12.706204736432095)]
    [InlineData(2, 4.302652729911275)]
    [InlineData(4, 2.7764451051977987)]
    [InlineData(9, 2.2621571627409915)]
    [InlineData(120, 1.9799304050824413)]
    public void Students_quantiles_are_those_of_the_tables(int freedom, double expected) =>
        Assert.Equal(expected, Distributions.StudentQuantile(0.975, freedom), 8);

    [Fact]
    public void Binomial_sums_are_those_of_adding_up()
    {
        foreach ((int n, double p) in new[] { (1, 0.3), (17, 0.05), (60, 0.5), (200, 0.9) })
        {
            double sum = 0, term = Math.Pow(1 - p, n);
            for (int k = 0; k < n; k++)
            {
                sum += term;
                term *= (double)(n - k) / (k + 1) * p / (1 - p);
                Assert.Equal(sum, Distributions.BinomialCumulative(k, n, p), 12);
            }
        }

        Assert.Equal((0.0, 1.0), (Distributions.BinomialCumulative(-1, 5, 0.3), Distributions.BinomialCumulative(5, 5, 0.3)));
    }

    // No errors in n: 1 − 0.05^(1/n), "the rule of three"; and one of two: the root of 1 − p² = 0.05.
    [Theory]
    [InlineData(0, 59, 0.04951)]
    [InlineData(0, 20, 0.13911)]
    [InlineData(1, 2, 0.97468)]
    [InlineData(5, 5, 1)]
    public void The_upper_bound_is_Clopper_and_Pearsons(int hits, int tries, double expected) =>
        Assert.Equal(expected, Distributions.BinomialUpperBound(hits, tries), 5);

    [Fact]
    public void Gamma_is_the_factorial()
    {
        double factorial = 0;
        for (int n = 1; n <= 170; n++)
        {
            Assert.Equal(factorial, Distributions.LogGamma(n), 9);
            factorial += Math.Log(n);
        }

        Assert.Equal(Math.Log(Math.Sqrt(Math.PI)), Distributions.LogGamma(0.5), 13);
    }
}
