namespace ModelZoo.Plots;

/// <summary>
/// The color map viridis (S. van der Walt, N. Smith, matplotlib 2.0, CC0): from dark violet by green to yellow, equal steps looking equally large, in gray and
/// to eyes with any kind of color blindness too. Computed by M. Zucker's polynomial of degree six (2019, CC0), within 4 of 255 of the table.
/// </summary>
public static class Viridis
{
    private static readonly double[] Red = [0.2777273272234177, 0.1050930431085774, -0.3308618287255563, -4.634230498983486, 6.228269936347081,
        4.776384997670288, -5.435455855934631];
    private static readonly double[] Green = [0.005407344544966578, 1.404613529898575, 0.214847559468213, -5.799100973351585, 14.17993336680509,
        -13.74514537774601, 4.645852612178535];
    private static readonly double[] Blue = [0.3340998053353061, 1.384590162594685, 0.09509516302823659, -19.33244095627987, 56.69055260068105,
        -65.35303263337234, 26.3124352495832];

    /// <summary>The color of a share.</summary>
    /// <param name="share">In [0,1]; what lies outside is at the end, and what is not a number at the beginning.</param>
    public static (byte Red, byte Green, byte Blue) At(double share)
    {
        double t = double.IsNaN(share) ? 0 : Math.Clamp(share, 0, 1);
        return (Value(Red, t), Value(Green, t), Value(Blue, t));
    }

    private static byte Value(double[] coefficients, double t)
    {
        double value = 0;
        for (int power = coefficients.Length - 1; power >= 0; power--)
        {
            value = (value * t) + coefficients[power];
        }

        return (byte)Math.Round(255 * Math.Clamp(value, 0, 1));
    }
}
