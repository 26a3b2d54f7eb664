namespace ModelZoo.Imaging;

/// <summary>
/// For each of some output positions of an axis: which input positions it is made of, and with what weights, as fixed-point numbers of 22 fractional bits. The numbers are those of Pillow's
/// resampling of 8-bit pictures: the filter widens by the ratio where the picture shrinks, is cut at the border and normalised, and each weight is rounded away from zero at one half.
/// </summary>
internal sealed class FilterPlan
{
    /// <summary>Fractional bits of a weight: 32 less 8 for the pixel and 2 for what a cubic filter overshoots.</summary>
    public const int Precision = 32 - 8 - 2;

    private FilterPlan(int[] first, int[] length, int[] weights, int taps) => (First, Length, Weights, Taps) = (first, length, weights, taps);

    /// <summary>The first input position of each output.</summary>
    public int[] First { get; }

    /// <summary>How many input positions each output reads.</summary>
    public int[] Length { get; }

    /// <summary>[outputs, <see cref="Taps"/>], zeros after <see cref="Length"/>.</summary>
    public int[] Weights { get; }

    /// <summary>The most that an output reads, rounded up to a multiple of 4.</summary>
    public int Taps { get; }

    /// <summary>The inputs that are needed: from here …</summary>
    public int Begin => First[0];

    /// <summary>… to before here.</summary>
    public int End => First[^1] + Length[^1];

    /// <param name="size">Input positions.</param>
    /// <param name="begin">Where the part of the input begins that becomes the output; it may lie between positions.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="outputs">Output positions of the whole part.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="wanted">The first output position that is wanted.</param>
    /// <param name="count">How many are wanted.</param>
    public static FilterPlan Make(int size, float begin, float end, int outputs, Interpolation interpolation, int wanted, int count)
    {
        double scale = (double)(end - begin) / outputs;
        double stretch = Math.Max(scale, 1);
        double support = (interpolation == Interpolation.Bicubic ? 2.0 : 1.0) * stretch;
        double inverse = 1.0 / stretch;
        int most = Math.Min(((int)Math.Ceiling(support) * 2) + 1, size);
        int taps = (most + 3) & ~3;
        var (first, length, weights) = (new int[count], new int[count], new int[checked(count * taps)]);
        var exact = new double[most];
        for (int i = 0; i < count; i++)
        {
            double centre = begin + ((wanted + i + 0.5) * scale);
            int low = Math.Max((int)(centre - support + 0.5), 0);
            int n = Math.Min((int)(centre + support + 0.5), size) - low;
            double sum = 0;
            for (int k = 0; k < n; k++)
            {
                double distance = (k + low - centre + 0.5) * inverse;
                exact[k] = interpolation == Interpolation.Bicubic ? Cubic(distance) : Triangle(distance);
                sum += exact[k];
            }

            for (int k = 0; k < n; k++)
            {
                double weight = sum == 0 ? exact[k] : exact[k] / sum;
                weights[(i * taps) + k] = (int)((weight * (1 << Precision)) + (weight < 0 ? -0.5 : 0.5));
            }

            (first[i], length[i]) = (low, n);
        }

        return new FilterPlan(first, length, weights, taps);
    }

    private static double Triangle(double x) => Math.Abs(x) is < 1 and double d ? 1 - d : 0;

    // R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29(6), 1981, equation 15: a = −1/2.
    private static double Cubic(double x)
    {
        const double A = -0.5;
        double d = Math.Abs(x);
        return d < 1 ? ((((A + 2) * d) - (A + 3)) * d * d) + 1
            : d < 2 ? ((((d - 5) * d) + 8) * d - 4) * A
            : 0;
    }
}
