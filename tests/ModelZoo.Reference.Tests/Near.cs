using Xunit;

namespace ModelZoo.Reference.Tests;

internal static class Near
{
    /// <summary>Equal shapes, and values equal to within the tolerance relative to 1 + |expected|; returns the largest such difference.</summary>
    public static double Equal(NdArray expected, NdArray actual, double tolerance = 1e-12, string what = "the array")
    {
        Assert.Equal(expected.Shape, actual.Shape);
        double worst = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            worst = Math.Max(worst, Number(expected.Data[i], actual.Data[i], tolerance, $"element {i} of {what}"));
        }

        return worst;
    }

    public static double Number(double expected, double actual, double tolerance = 1e-12, string what = "the value")
    {
        double difference = expected.Equals(actual) ? 0 : Math.Abs(expected - actual) / (1 + Math.Abs(expected));
        Assert.True(difference <= tolerance, $"{what} should be {expected:g17}, but is {actual:g17}");
        return difference;
    }
}
