using ModelZoo.Statistics;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Statistics;

public class PairedTestTests(ITestOutputHelper log)
{
    // A. Agresti, "Categorical data analysis", table 11.1 (approval of the prime minister): 150 and 86 changed their minds; M. Fay, "Exact McNemar's test and
    // matching confidence intervals": 9 and 2 pairs apart give p = 0.0654, 21 and 9 give 0.0428.
    [Theory]
    [InlineData(86, 150, 3.7e-5)]
    [InlineData(2, 9, 0.06543)]
    [InlineData(21, 9, 0.04277)]
    [InlineData(0, 5, 0.0625)]
    [InlineData(0, 6, 0.03125)]
    [InlineData(4, 4, 1)]
    [InlineData(0, 0, 1)]
    public void P_is_as_published(int first, int second, double expected)
    {
        double p = new PairedTest(100, first, second, 10).P;
        Assert.Equal(expected, p, expected * 0.02);
        Assert.Equal(p, new PairedTest(7, second, first, 0).P, 12);
    }

    [Fact]
    public void P_is_that_of_enumerating_every_outcome()
    {
        for (int n = 1; n <= 14; n++)
        {
            for (int b = 0; b <= n; b++)
            {
                // Of the 2ⁿ ways in which n coins fall, those as far from the middle or farther.
                int far = Enumerable.Range(0, 1 << n).Count(way => Math.Abs(2 * System.Numerics.BitOperations.PopCount((uint)way) - n) >= Math.Abs(2 * b - n));
                Assert.Equal((double)far / (1 << n), new PairedTest(3, b, n - b, 1).P, 1e-12);
            }
        }
    }

    [Fact]
    public void Answers_are_counted_in_pairs()
    {
        PairedTest test = PairedTest.Of([true, true, true, false, false], [true, false, false, true, false]);
        Assert.Equal(new PairedTest(1, 2, 1, 1), test);
        Assert.Equal(-0.2, test.Difference, 12);
        Assert.Throws<ArgumentException>(() => PairedTest.Of([true], [true, false]));
    }

    [Fact]
    public void The_bootstrap_is_that_of_drawing_the_examples_themselves_and_follows_its_seed()
    {
        var test = new PairedTest(80, 6, 11, 3);
        Interval drawn = test.Bootstrap(7), again = test.Bootstrap(7), other = test.Bootstrap(8), plain = Plain(test, 9);
        log.WriteLine($"{drawn.Percent(2)} and {plain.Percent(2)}");
        Assert.Equal(drawn, again);
        Assert.NotEqual(default, drawn);
        foreach (Interval one in new[] { other, plain })
        {
            Assert.InRange(one.Low, drawn.Low - 0.0101, drawn.Low + 0.0101);
            Assert.InRange(one.High, drawn.High - 0.0101, drawn.High + 0.0101);
        }

        Assert.Equal(new Interval(0, 0), new PairedTest(9, 0, 0, 1).Bootstrap());
    }

    [Fact]
    public void The_bootstrap_covers_95_percent_and_the_test_errs_in_at_most_5()
    {
        (int covered, int wrong) = (0, 0);
        var random = new SeededRandom(3);
        const int draws = 2_000;
        for (int draw = 0; draw < draws; draw++)
        {
            // 12 % apart, 8 points of them the second's; then as many on either side.
            PairedTest apart = Drawn(random, 0.04, 0.08), none = Drawn(random, 0.06, 0.06);
            covered += apart.Bootstrap((ulong)draw, 400).Contains(0.04) ? 1 : 0;
            wrong += none.Decided ? 1 : 0;
        }

        log.WriteLine($"{100.0 * covered / draws:F2} % covered, {100.0 * wrong / draws:F2} % wrong");
        Assert.InRange(100.0 * covered / draws, 93, 97);
        Assert.InRange(100.0 * wrong / draws, 1, 5.5);

        static PairedTest Drawn(SeededRandom random, double first, double second)
        {
            var counts = new int[3];
            for (int i = 0; i < 300; i++)
            {
                double u = random.NextDouble();
                counts[u < first ? 1 : u < first + second ? 2 : 0]++;
            }

            return new(counts[0], counts[1], counts[2], 0);
        }
    }

    [Fact]
    public void A_sentence_says_which_is_better_or_that_nothing_shows_it()
    {
        var better = new PairedTest(80, 2, 15, 3);
        Assert.StartsWith("b is better than a by 13.00 points (+", better.Sentence("a", "b", better.Bootstrap()), StringComparison.Ordinal);
        var worse = new PairedTest(80, 15, 2, 3);
        Assert.StartsWith("b is worse than a by 13.00 points (−", worse.Sentence("a", "b", worse.Bootstrap()), StringComparison.Ordinal);
        var open = new PairedTest(90, 3, 4, 3);
        Assert.StartsWith("Neither is shown to be better: b has 1.00 points more than a (", open.Sentence("a", "b", open.Bootstrap()),
            StringComparison.Ordinal);
        var same = new PairedTest(90, 3, 3, 4);
        Assert.StartsWith("Neither is shown to be better: b has the same accuracy as a (", same.Sentence("a", "b", same.Bootstrap()), StringComparison.Ordinal);
    }

    private static Interval Plain(PairedTest test, ulong seed)
    {
        int[] gains = [.. Enumerable.Repeat(0, test.Both + test.Neither), .. Enumerable.Repeat(-1, test.FirstOnly), .. Enumerable.Repeat(1, test.SecondOnly)];
        var random = new SeededRandom(seed);
        double[] means = [.. Enumerable.Range(0, 10_000).Select(_ => Enumerable.Range(0, gains.Length).Average(_ => gains[random.Next(gains.Length)])).Order()];
        return new(means[250], means[9_750]);
    }
}
