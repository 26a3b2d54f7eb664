namespace ModelZoo.Reference;

/// <summary>
/// Products of eight-bit integers: q(x) in 0 … 255 with a zero point, weights in −128 … 127, summed exactly, y = Σ (q(x) − zero)·w. In a convolution what lies
/// outside x is worth nothing, as if it held the zero point.
/// Source: Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference" (arXiv 1712.05877), section 2.2.
/// </summary>
public static class QuantizedProduct
{
    /// <summary>One sum of a convolution, as <see cref="Convolution"/> lays its kernels.</summary>
    /// <param name="x">(N,C,H,W), bytes.</param>
    /// <param name="zero">x's zero point.</param>
    /// <param name="w">(K,C/groups,R,S).</param>
    /// <param name="shape">Stride, padding, dilation and groups.</param>
    /// <param name="n">The image.</param>
    /// <param name="k">The output channel.</param>
    /// <param name="i">The output row.</param>
    /// <param name="j">The output column.</param>
    public static long ConvolutionAt(NdArray x, int zero, NdArray w, ConvolutionShape shape, int n, int k, int i, int j)
    {
        Require.Rank(x, 4, "The input of a convolution");
        Require.Rank(w, 4, "The weight of a convolution");
        Require.Shape(w, "The weight of a convolution", w.Shape[0], x.Shape[1] / shape.Groups, w.Shape[2], w.Shape[3]);
        int first = k / (w.Shape[0] / shape.Groups) * w.Shape[1];
        long sum = 0;
        for (int c = 0; c < w.Shape[1]; c++)
        {
            for (int p = 0; p < w.Shape[2]; p++)
            {
                int row = shape.Row(i, p);
                for (int q = 0; q < w.Shape[3] && row >= 0 && row < x.Shape[2]; q++)
                {
                    int column = shape.Column(j, q);
                    if (column >= 0 && column < x.Shape[3])
                    {
                        sum += Term(x[n, first + c, row, column], zero, w[k, c, p, q]);
                    }
                }
            }
        }

        return sum;
    }

    /// <summary>One sum of a linear layer.</summary>
    /// <param name="x">(N,in), bytes.</param>
    /// <param name="zero">x's zero point.</param>
    /// <param name="w">(out,in).</param>
    /// <param name="n">The row of x.</param>
    /// <param name="k">The row of w.</param>
    public static long LinearAt(NdArray x, int zero, NdArray w, int n, int k)
    {
        Require.Rank(x, 2, "The input of a linear layer");
        Require.Rank(w, 2, "The weight of a linear layer");
        Require.Shape(w, "The weight of a linear layer", w.Shape[0], x.Shape[1]);
        long sum = 0;
        for (int f = 0; f < x.Shape[1]; f++)
        {
            sum += Term(x[n, f], zero, w[k, f]);
        }

        return sum;
    }

    /// <summary>The byte of a value: round(value / scale) + zero, to even at ties, cut off at 0 and 255.</summary>
    public static int ToByte(double value, double scale, int zero) => (int)Math.Clamp(Math.Round(value / scale) + zero, 0, 255);

    /// <summary>
    /// The least and the most byte that a computation in floating point may give for a value that it knows up to an error: one and the same, but where a tie
    /// lies within the error.
    /// </summary>
    public static (int Least, int Most) ToBytes(double value, double error, double scale, int zero) =>
        (ToByte(value - error, scale, zero), ToByte(value + error, scale, zero));

    private static long Term(double x, int zero, double w) => x is >= 0 and <= 255 && w is >= -128 and <= 127 && x == (long)x && w == (long)w
        ? ((long)x - zero) * (long)w
        : throw new ArgumentException($"{x} · {w} is no product of a byte and a signed byte.");
}
