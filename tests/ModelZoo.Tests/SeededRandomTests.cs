using Xunit;

namespace ModelZoo.Tests;

public class SeededRandomTests
{
    // The published test vector of SplitMix64 for seed 1234567 (Rosetta Code, "Pseudo-random numbers/Splitmix64").
    [Fact]
    public void The_sequence_is_that_of_SplitMix64()
    {
        var random = new SeededRandom(1234567);
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        Assert.Equal(expected, expected.Select(_ => random.NextUInt64()));
    }

    [Fact]
    public void A_permutation_holds_every_index_once_and_never_changes_between_versions()
    {
        Assert.Equal(Enumerable.Range(0, 1000), new SeededRandom(5).Permutation(1000).Order());
        Assert.Equal(new SeededRandom(5).Permutation(1000), new SeededRandom(5).Permutation(1000));
        Assert.NotEqual(new SeededRandom(5).Permutation(1000), new SeededRandom(6).Permutation(1000));
        Assert.Equal([9, 0, 1, 4, 8, 2, 3, 7, 6, 5], new SeededRandom(1).Permutation(10));
    }

    [Fact]
    public void Every_order_of_four_items_is_about_equally_likely()
    {
        var random = new SeededRandom(0);
        var counts = Enumerable.Range(0, 24_000).GroupBy(_ => string.Concat(random.Permutation(4))).Select(group => group.Count()).ToArray();
        Assert.Equal(24, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 850, 1150)); // 1000 ± 5 standard deviations
    }

    [Fact]
    public void Numbers_stay_in_their_range()
    {
        var random = new SeededRandom(ulong.MaxValue);
        for (int i = 0; i < 1000; i++)
        {
            Assert.InRange(random.Next(3), 0, 2);
            Assert.InRange(random.Next(int.MaxValue), 0, int.MaxValue - 1);
            Assert.InRange(random.NextDouble(), 0, Math.BitDecrement(1.0));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => random.Next(0));
    }
}
