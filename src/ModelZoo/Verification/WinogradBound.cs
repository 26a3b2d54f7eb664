using ModelZoo.Reference;

namespace ModelZoo.Verification;

/// <summary>
/// How far a 3×3 convolution by Winograd's F(4×4, 3×3) or F(2×2, 3×3) may lie from the exact sum. Of y = Aᵀ·(Σ (G·w·Gᵀ) ⊙ (Bᵀ·x·B))·A each step rounds
/// relative to the sum of the absolute values of its terms; so with M = |A|ᵀ·(Σ (|G|·|w|·|G|ᵀ) ⊙ (|B|ᵀ·|x|·|B|))·|A| in the place of Σ|t| the error is at most
/// γₙ·M. n counts one rounding of the transformed weight, eight of the transformed image (two passes of up to four terms), one of each product, C of the sum
/// over the channels, and twelve of the last transformation (two passes of up to six terms); of the small tiles four (two terms) and six (three).
/// </summary>
/// <remarks>Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, 3.1 and 3.5, pass by pass.</remarks>
internal sealed class WinogradBound(NdArray x, NdArray weight, NdArray? bias, (int H, int W) padding, int tile)
{
    /// <summary>About how many times a plain sum's work one bound is.</summary>
    public const int Cost = 40;

    private static readonly double[,] LargeFilter = // |G|
    {
        { 1d / 4, 0, 0 }, { 1d / 6, 1d / 6, 1d / 6 }, { 1d / 6, 1d / 6, 1d / 6 }, { 1d / 24, 1d / 12, 1d / 6 }, { 1d / 24, 1d / 12, 1d / 6 }, { 0, 0, 1 },
    };

    private static readonly double[,] LargeInput = // |B|ᵀ
    {
        { 4, 0, 5, 0, 1, 0 }, { 0, 4, 4, 1, 1, 0 }, { 0, 4, 4, 1, 1, 0 }, { 0, 2, 1, 2, 1, 0 }, { 0, 2, 1, 2, 1, 0 }, { 0, 4, 0, 5, 0, 1 },
    };

    private static readonly double[,] LargeOutput = // |A|ᵀ
    {
        { 1, 1, 1, 1, 1, 0 }, { 0, 1, 1, 2, 2, 0 }, { 0, 1, 1, 4, 4, 0 }, { 0, 1, 1, 8, 8, 1 },
    };

    private static readonly double[,] SmallFilter = { { 1, 0, 0 }, { 1d / 2, 1d / 2, 1d / 2 }, { 1d / 2, 1d / 2, 1d / 2 }, { 0, 0, 1 } };

    private static readonly double[,] SmallInput = { { 1, 0, 1, 0 }, { 0, 1, 1, 0 }, { 0, 1, 1, 0 }, { 0, 1, 0, 1 } };

    private static readonly double[,] SmallOutput = { { 1, 1, 1, 0 }, { 0, 1, 1, 1 } };

    /// <summary>The exact sum of element (n, k, i, j), with the magnitude and the roundings of the algorithm.</summary>
    public Sum Of(Sum exact, int n, int k, int i, int j)
    {
        bool large = tile == Inference.Compilation.WinogradConvolution.Large;
        (double[,] filter, double[,] input, double[,] output) = large ? (LargeFilter, LargeInput, LargeOutput) : (SmallFilter, SmallInput, SmallOutput);
        int channels = weight.Shape[1], top = (i / tile * tile) - padding.H, left = (j / tile * tile) - padding.W, side = tile + 2;
        double magnitude = 0;
        var patch = new double[side, side];
        var kernel = new double[3, 3];
        for (int c = 0; c < channels; c++)
        {
            for (int row = 0; row < side; row++)
            {
                for (int column = 0; column < side; column++)
                {
                    patch[row, column] = Math.Abs(At(n, c, top + row, left + column));
                }
            }

            for (int row = 0; row < 3; row++)
            {
                for (int column = 0; column < 3; column++)
                {
                    kernel[row, column] = Math.Abs(weight.Data[(((((k * channels) + c) * 3) + row) * 3) + column]);
                }
            }

            double[,] u = Both(filter, kernel), v = Both(input, patch);
            for (int p = 0; p < side; p++)
            {
                for (int q = 0; q < side; q++)
                {
                    magnitude += output[i % tile, p] * output[j % tile, q] * u[p, q] * v[p, q];
                }
            }
        }

        return new(exact.Value, magnitude + Math.Abs(bias?.Data[k] ?? 0), channels + 1 + (large ? 1 + 8 + 12 : 1 + 4 + 6));
    }

    private double At(int n, int c, int row, int column) => row < 0 || row >= x.Shape[2] || column < 0 || column >= x.Shape[3]
        ? 0
        : x.Data[(((((n * x.Shape[1]) + c) * x.Shape[2]) + row) * x.Shape[3]) + column];

    // T·m·Tᵀ.
    private static double[,] Both(double[,] t, double[,] m)
    {
        int rows = t.GetLength(0), inner = t.GetLength(1);
        var half = new double[rows, inner];
        var whole = new double[rows, rows];
        for (int p = 0; p < rows; p++)
        {
            for (int q = 0; q < inner; q++)
            {
                for (int r = 0; r < inner; r++)
                {
                    half[p, q] += t[p, r] * m[r, q];
                }
            }
        }

        for (int p = 0; p < rows; p++)
        {
            for (int q = 0; q < rows; q++)
            {
                for (int r = 0; r < inner; r++)
                {
                    whole[p, q] += half[p, r] * t[q, r];
                }
            }
        }

        return whole;
    }
}
