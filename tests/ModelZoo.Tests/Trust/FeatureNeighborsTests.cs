using ModelZoo.Statistics;
using ModelZoo.Trust;
using Xunit;

namespace ModelZoo.Tests.Trust;

public class FeatureNeighborsTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(101)]
    public void The_distance_is_that_to_the_fifth_nearest_direction(int dimensions)
    {
        var random = new SeededRandom(21);
        float[] kept = [.. Enumerable.Range(0, 40 * dimensions).Select(_ => (float)random.NextGaussian())];
        var search = new NeighborSearch(CalibrationFit.Keep(kept, dimensions, new()));
        for (int i = 0; i < 20; i++)
        {
            float[] one = [.. Enumerable.Range(0, dimensions).Select(_ => (float)(7 * random.NextGaussian()))];
            double expected = Enumerable.Range(0, 40).Select(n => Distance(one, kept.AsSpan(n * dimensions, dimensions))).Order().ElementAt(4);
            Assert.Equal(expected, search.Distance(one), 0.02); // a byte for each feature
        }
    }

    [Fact]
    public void Only_the_direction_counts_and_what_is_no_number_is_far()
    {
        var search = new NeighborSearch(CalibrationFit.Keep([1f, 2f, 2f, 1f], 2, new()));
        Assert.Equal(search.Distance([3f, 1f]), search.Distance([300f, 100f]), 6);
        Assert.Equal(double.NaN, search.Distance([float.NaN, 1f]));
        Assert.Equal(double.NaN, search.Distance([float.PositiveInfinity, 1f]));
        Assert.Equal(Math.Sqrt(2), search.Distance([0f, 0f]), 6); // no direction at all
    }

    [Fact]
    public void Foreign_features_lie_farther_than_own_ones()
    {
        var random = new SeededRandom(22);
        var search = new NeighborSearch(CalibrationFit.Keep(Around(0, 200), 16, new()));
        double[] own = [.. Around(0, 100).Chunk(16).Select(f => search.Distance(f))], foreign = [.. Around(12, 100).Chunk(16).Select(f => search.Distance(f))];
        Assert.InRange(Certainty.Auroc(own, foreign), 0.999, 1);

        // [count,16], four of the features large.
        float[] Around(int first, int count) =>
            [.. Enumerable.Range(0, count * 16).Select(i => (float)((i % 16 >= first && i % 16 < first + 4 ? 2 : 0) + (0.3 * random.NextGaussian())))];
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        (double dot, double aa, double bb) = (0, 0, 0);
        for (int i = 0; i < a.Length; i++)
        {
            (dot, aa, bb) = (dot + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        }

        return Math.Sqrt(Math.Max(0, 2 - (2 * dot / Math.Sqrt(aa * bb))));
    }
}
