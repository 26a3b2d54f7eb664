using System.Globalization;

namespace ModelZoo.Drawing.Plots;

/// <summary>Numbers short enough for axes: "2.5M" for 2,500,000.</summary>
internal static class PlotNumber
{
    private static readonly (double Size, string Letter)[] Sizes = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];

    /// <summary>A value by itself: three digits.</summary>
    public static string Of(double value)
    {
        double size = Math.Abs(value);
        return size == 0 ? "0"
            : size >= 1e4 && size < 1e15 ? Scaled(value, Sizes.First(s => size >= s.Size))
            : size is < 1e-3 or >= 1e15 ? Power(value)
            : Digits(value);
    }

    /// <summary>Marks of one axis: all with as many decimals as their distance asks for.</summary>
    public static string OfTick(double value, double step, double largest)
    {
        (double size, string letter) = largest >= 1e4 && largest < 1e15 ? Sizes.First(s => largest >= s.Size) : (1, "");
        if (largest >= 1e15 || (largest < 1e-3 && largest > 0))
        {
            return value == 0 ? "0" : Power(value);
        }

        int decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(step / size) - 1e-9), 0, 6);
        string text = (value / size).ToString($"F{decimals}", CultureInfo.InvariantCulture);
        return Math.Abs(value) < step * 1e-6 ? "0" : text.Replace('-', '−') + letter;
    }

    private static string Scaled(double value, (double Size, string Letter) size) => Digits(value / size.Size) + size.Letter;

    private static string Digits(double value) => (Math.Abs(value) >= 1000 ? Math.Round(value) : double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))
        .ToString("0.######", CultureInfo.InvariantCulture).Replace('-', '−');

    private static string Power(double value) => value.ToString("0.##e0", CultureInfo.InvariantCulture).Replace('-', '−');
}
