namespace ModelZoo.Reference;

/// <summary>One pixel that a value between pixels is made from.</summary>
/// <param name="Pixel">Which.</param>
/// <param name="Weight">How much of it.</param>
public readonly record struct Tap(int Pixel, double Weight);

/// <summary>
/// Rows and columns of x (N,C,H,W) at other places, y (N,C,I,J): y[n,c,i,j] = Σ_r Σ_s rows[i][r].Weight·columns[j][s].Weight·x[n, c, rows[i][r].Pixel,
/// columns[j][s].Pixel]. Source: ONNX's Resize, of which PyTorch's interpolation is a part.
/// </summary>
/// <param name="Rows">For each row of y what it is made from.</param>
/// <param name="Columns">The same for each column.</param>
public sealed record Resampling(Tap[][] Rows, Tap[][] Columns)
{
    /// <summary>The one pixel that is nearest to a place, by a rounding to whole numbers; a place outside takes the border's.</summary>
    public static Tap[] Nearest(double place, int pixels, Func<double, double> rounding) => [new(Math.Clamp((int)rounding(place), 0, pixels - 1), 1)];

    /// <summary>The two pixels around a place, in proportion to their nearness; what lies outside is the border's pixel.</summary>
    public static Tap[] Linear(double place, int pixels)
    {
        (int before, double part) = Split(place);
        return [At(before, pixels, 1 - part), At(before + 1, pixels, part)];
    }

    /// <summary>Four pixels around a place, by the cubic kernel with coefficient a. Keys 1981.</summary>
    public static Tap[] Cubic(double place, int pixels, double a)
    {
        (int before, double part) = Split(place);
        return [At(before - 1, pixels, Far(1 + part)), At(before, pixels, Near(part)), At(before + 1, pixels, Near(1 - part)),
            At(before + 2, pixels, Far(2 - part))];

        double Near(double d) => ((a + 2) * d * d * d) - ((a + 3) * d * d) + 1;

        double Far(double d) => (a * d * d * d) - (5 * a * d * d) + (8 * a * d) - (4 * a);
    }

    public NdArray Forward(NdArray x) => ForwardSums(x).Value;

    public Sums ForwardSums(NdArray x)
    {
        Require.Rank(x, 4, "What is resampled");
        return Sums.Over(x.Shape[0], x.Shape[1], Rows.Length, Columns.Length, (n, c, i, j) => ForwardAt(x, n, c, i, j));
    }

    /// <summary>One element y[n,c,i,j].</summary>
    public Sum ForwardAt(NdArray x, int n, int c, int i, int j)
    {
        Sum sum = default;
        foreach (Tap row in Rows[i])
        {
            foreach (Tap column in Columns[j])
            {
                sum = sum.Plus(row.Weight * column.Weight * x[n, c, row.Pixel, column.Pixel]);
            }
        }

        return sum;
    }

    /// <summary>∂/∂x = Σ of gradY times the weights with which the pixel went in; x is needed for its shape only.</summary>
    public Sums Backward(NdArray x, NdArray gradY)
    {
        Require.Shape(gradY, "The output gradient", x.Shape[0], x.Shape[1], Rows.Length, Columns.Length);
        Sums gradX = Sums.ZerosLike(x);
        for (int i = 0; i < gradY.Count; i++)
        {
            int map = i / (Rows.Length * Columns.Length);
            foreach (Tap row in Rows[i / Columns.Length % Rows.Length])
            {
                foreach (Tap column in Columns[i % Columns.Length])
                {
                    gradX.Add((((map * x.Shape[2]) + row.Pixel) * x.Shape[3]) + column.Pixel, gradY.Data[i] * row.Weight * column.Weight);
                }
            }
        }

        return gradX;
    }

    private static (int Before, double Part) Split(double place) => ((int)Math.Floor(place), place - Math.Floor(place));

    private static Tap At(int pixel, int pixels, double weight) => new(Math.Clamp(pixel, 0, pixels - 1), weight);
}
