using System.Numerics;

namespace ModelZoo.Statistics;

/// <summary>The sum of the products of two vectors' elements: of unit vectors the cosine of their angle, of centered ones the correlation.</summary>
internal static class InnerProduct
{
    /// <param name="a">[N].</param>
    /// <param name="b">[N] or more.</param>
    public static float Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sum = Vector<float>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            sum += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
        }

        float total = Vector.Sum(sum);
        for (; i < a.Length; i++)
        {
            total += a[i] * b[i];
        }

        return total;
    }
}
