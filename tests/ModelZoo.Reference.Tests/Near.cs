using Xunit;

namespace ModelZoo.Reference.Tests;

internal static class Near
{
    /// <summary>Equal shapes, and values equal to within the tolerance relative to 1 + |expected|.</summary>
    public static void Equal(NdArray expected, NdArray actual, double tolerance = 1e-12)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        for (int i = 0; i < expected.Count; i++)
        {
            Number(expected.Data[i], actual.Data[i], tolerance, $"element {i}");
        }
    }

    public static void Number(double expected, double actual, double tolerance = 1e-12, string what = "the value") =>
        Assert.True(
            expected.Equals(actual) || Math.Abs(expected - actual) <= tolerance * (1 + Math.Abs(expected)),
            $"{what} should be {expected:g17}, but is {actual:g17}");
}
