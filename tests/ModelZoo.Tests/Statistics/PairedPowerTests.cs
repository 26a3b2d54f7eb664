using ModelZoo.Statistics;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Statistics;

public class PairedPowerTests(ITestOutputHelper log)
{
    [Theory]
    [InlineData(10, 0.1, 0.4)]
    [InlineData(14, 0.0, 0.5)]
    [InlineData(12, 0.25, 0.25)]
    public void Power_is_that_of_going_through_every_outcome(int count, double first, double second)
    {
        double sum = 0;
        for (int a = 0; a <= count; a++)
        {
            for (int b = 0; a + b <= count; b++)
            {
                if (new PairedTest(0, a, b, count - a - b).Decided)
                {
                    double ways = Factorial(count) / (Factorial(a) * Factorial(b) * Factorial(count - a - b));
                    sum += ways * Math.Pow(first, a) * Math.Pow(second, b) * Math.Pow(1 - first - second, count - a - b);
                }
            }
        }

        Assert.Equal(sum, PairedPower.Of(count, first, second), 1e-10);
        Assert.Equal(sum, PairedPower.Of(count, second, first), 1e-10);

        static double Factorial(int n) => Enumerable.Range(1, n).Aggregate(1.0, (product, i) => product * i);
    }

    // Connett, Smith and McHugh's formula, by hand: (1.960·√0.3 + 0.8416·√0.29)² / 0.1² = 234 for shares of 0.1 and 0.2; the exact test needs some more.
    [Fact]
    public void The_number_of_examples_is_a_little_above_the_asymptotic_one()
    {
        long examples = PairedPower.Examples(0.1, 0.2)!.Value;
        log.WriteLine($"{examples}");
        Assert.InRange(examples, 234, 265);
        Assert.InRange(PairedPower.Of(examples, 0.1, 0.2), 0.8, 0.82);
        Assert.True(PairedPower.Of(examples - 30, 0.1, 0.2) < 0.8);
    }

    [Theory]
    [InlineData(0.02, 0.06, 0.05)]
    [InlineData(0.0, 0.03, 0.01)]
    [InlineData(0.005, 0.012, 0.05)]
    public void So_many_examples_are_decided_four_times_of_five(double first, double second, double level)
    {
        int count = (int)PairedPower.Examples(first, second, level)!.Value, decided = 0;
        var random = new SeededRandom(11);
        const int draws = 1_000;
        for (int draw = 0; draw < draws; draw++)
        {
            (int a, int b) = (0, 0);
            for (int i = 0; i < count; i++)
            {
                double u = random.NextDouble();
                (a, b) = (a + (u < first ? 1 : 0), b + (u >= first && u < first + second ? 1 : 0));
            }

            decided += new PairedTest(count - a - b, a, b, 0).P <= level ? 1 : 0;
        }

        log.WriteLine($"{count} examples: {100.0 * decided / draws:F1} % decided");
        Assert.InRange(decided / (double)draws, 0.76, 0.86);
    }

    [Fact]
    public void What_does_not_differ_is_never_told_apart_and_many_examples_take_no_time()
    {
        Assert.Null(PairedPower.Examples(0.05, 0.05));
        Assert.Null(PairedPower.Examples(0, 0));
        Assert.Null(PairedPower.Examples(0.1, 0.100001));
        Assert.Equal(0, PairedPower.Of(100, 0, 0));
        // Where the approximation begins it goes on from the exact number.
        long exact = PairedPower.Examples(0.1, 0.1204)!.Value, about = PairedPower.Examples(0.1, 0.1196)!.Value;
        log.WriteLine($"{exact}, {about}");
        Assert.InRange(about / (double)exact, 0.97, 1.2);
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedPower.Examples(0.7, 0.6));
        Assert.Throws<ArgumentOutOfRangeException>(() => PairedPower.Examples(0.1, 0.2, 0));
    }
}
