namespace ModelZoo.Tests.Oracle;

/// <summary>The measure of the parity tests: the largest difference of two tensors, relative to the largest value of the expected one.</summary>
internal static class Difference
{
    /// <param name="expected">The oracle's values.</param>
    /// <param name="actual">Ours.</param>
    /// <param name="floor">Values below this count as this large.</param>
    internal static double Relative(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double floor = 0)
    {
        Xunit.Assert.Equal(expected.Length, actual.Length);
        double difference = 0, scale = floor;
        for (int i = 0; i < expected.Length; i++)
        {
            double d = Math.Abs((double)expected[i] - actual[i]);
            difference = d > difference || double.IsNaN(d) ? d : difference; // a NaN stays
            scale = Math.Max(scale, Math.Abs((double)expected[i]));
        }

        return difference == 0 ? 0 : difference / scale;
    }

    internal static double Largest(ReadOnlySpan<float> values)
    {
        double largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs((double)value));
        }

        return largest;
    }
}
