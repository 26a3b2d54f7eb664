namespace ModelZoo.Reference;

/// <summary>
/// How many positions a sliding window has along one axis: N input size, F kernel, s stride, p padding on each side, d dilation.
/// Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (arXiv 1603.07285); PyTorch's pooling_output_shape for ceil mode.
/// </summary>
public static class OutputSize
{
    /// <summary>⌊(N + 2p − d(F−1) − 1)/s⌋ + 1; a window that does not fit throws.</summary>
    public static int Convolution(int n, int kernel, int stride = 1, int padding = 0, int dilation = 1) =>
        (Room(n, kernel, stride, padding, dilation) / stride) + 1;

    /// <summary>(N + 2p − d(F−1) − 1)/s + 1, refused when it is not whole.</summary>
    public static int ConvolutionExact(int n, int kernel, int stride = 1, int padding = 0, int dilation = 1)
    {
        int room = Room(n, kernel, stride, padding, dilation);
        if (room % stride != 0)
        {
            throw new ArgumentException(
                $"A kernel of {kernel} with stride {stride}, padding {padding} and dilation {dilation} does not fit {n} evenly: "
                + $"({n} + 2·{padding} − {dilation}·({kernel}−1) − 1)/{stride} + 1 is not whole.");
        }

        return (room / stride) + 1;
    }

    /// <summary>
    /// As <see cref="Convolution"/>, or with <paramref name="ceilMode"/> ⌈(N + 2p − d(F−1) − 1)/s⌉ + 1,
    /// less one when the last window would start in the right padding: (out−1)·s ≥ N + p. A lone window may overhang by up to s − 1.
    /// </summary>
    public static int Pooling(int n, int kernel, int stride, int padding = 0, int dilation = 1, bool ceilMode = false)
    {
        if (2 * padding > kernel)
        {
            throw new ArgumentException($"The padding of a pooling window may be at most half its kernel, but is {padding} of {kernel}.");
        }

        int room = Room(n, kernel, stride, padding, dilation, overhang: ceilMode ? stride - 1 : 0);
        if (!ceilMode)
        {
            return (room / stride) + 1;
        }

        int size = ((room + stride - 1) / stride) + 1;
        return (size - 1) * stride >= n + padding ? size - 1 : size;
    }

    /// <summary>(N − 1)s − 2p + d(F−1) + outputPadding + 1.</summary>
    public static int TransposedConvolution(int n, int kernel, int stride = 1, int padding = 0, int dilation = 1, int outputPadding = 0)
    {
        Check(n, kernel, stride, padding, dilation);
        int size = ((n - 1) * stride) - (2 * padding) + (dilation * (kernel - 1)) + outputPadding + 1;
        if (size < 1)
        {
            throw new ArgumentException($"The transposed convolution of {n} with kernel {kernel}, stride {stride} and padding {padding} has no output.");
        }

        return size;
    }

    /// <summary>The padding that keeps the size, p = ((N−1)s + d(F−1) + 1 − N)/2; refused when it is not whole.</summary>
    public static int SamePadding(int n, int kernel, int stride = 1, int dilation = 1)
    {
        Check(n, kernel, stride, 0, dilation);
        int twice = ((n - 1) * stride) + (dilation * (kernel - 1)) + 1 - n;
        if (twice % 2 != 0)
        {
            throw new ArgumentException(
                $"No symmetric padding keeps {n} with kernel {kernel}, stride {stride} and dilation {dilation}: "
                + $"(({n}−1)·{stride} + {dilation}·({kernel}−1) + 1 − {n})/2 is not a whole number.");
        }

        return twice / 2;
    }

    /// <summary>How far the first window can slide: N + 2p − d(F−1) − 1; below 0 it overhangs, which is refused beyond what is allowed.</summary>
    private static int Room(int n, int kernel, int stride, int padding, int dilation, int overhang = 0)
    {
        Check(n, kernel, stride, padding, dilation);
        int room = n + (2 * padding) - (dilation * (kernel - 1)) - 1;
        if (room < -overhang)
        {
            throw new ArgumentException($"A kernel of {kernel} with dilation {dilation} spans more than the input of {n} with padding {padding}.");
        }

        return room;
    }

    private static void Check(int n, int kernel, int stride, int padding, int dilation)
    {
        if (n < 1 || kernel < 1 || stride < 1 || padding < 0 || dilation < 1)
        {
            throw new ArgumentException(
                "Sizes, strides and dilations are positive and padding is not negative, but they are: "
                + $"size {n}, kernel {kernel}, stride {stride}, padding {padding}, dilation {dilation}.");
        }
    }
}
