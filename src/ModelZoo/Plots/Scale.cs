using System.Globalization;

namespace ModelZoo.Plots;

/// <summary>A mark on an axis.</summary>
/// <param name="Value">Where.</param>
/// <param name="Text">What stands there.</param>
internal readonly record struct Tick(double Value, string Text);

/// <summary>From values to places: a linear or logarithmic axis with round marks.</summary>
internal sealed class Scale
{
    private readonly double low;
    private readonly double high;
    private readonly bool logarithmic;
    private readonly IReadOnlyList<double>? given;

    /// <param name="axis">What is measured.</param>
    /// <param name="values">The data; the axis holds all that are numbers.</param>
    /// <param name="zero">Whether a linear axis begins at 0 unless data lie below.</param>
    /// <param name="round">Whether the ends move out to round values.</param>
    public Scale(Axis axis, IEnumerable<double> values, bool zero = false, bool round = true)
    {
        logarithmic = axis.Logarithmic;
        given = axis.Ticks;
        double[] shown = [.. values.Where(v => double.IsFinite(v) && (v > 0 || !logarithmic))];
        (double least, double greatest) = shown.Length == 0 ? (logarithmic ? 1 : 0, 1) : (shown.Min(), shown.Max());
        if (zero && !logarithmic)
        {
            (least, greatest) = (Math.Min(0, least), Math.Max(0, greatest));
        }

        if (logarithmic)
        {
            if (zero)
            {
                least *= 0.9999; // the smallest bar is seen
            }

            (low, high) = !round ? (least, greatest) : (zero ? Math.Pow(10, Math.Floor(Math.Log10(least))) : RoundDown(least), RoundUp(greatest));
            high = high <= low ? low * 10 : high;
        }
        else
        {
            if (greatest <= least)
            {
                (least, greatest) = least == 0 ? (0, 1) : (least - (0.5 * Math.Abs(least)), least + (0.5 * Math.Abs(least)));
            }

            double step = Step(greatest - least, 5);
            (low, high) = round ? (Math.Floor((least / step) + 1e-9) * step, Math.Ceiling((greatest / step) - 1e-9) * step) : (least, greatest);
        }

        (low, high) = (axis.From ?? low, axis.To ?? high);
    }

    /// <summary>The place of the lower end.</summary>
    public double Begin { get; set; }

    /// <summary>The place of the upper end.</summary>
    public double End { get; set; } = 1;

    /// <summary>The lower end.</summary>
    public double Low => low;

    /// <summary>Whether a value has a place.</summary>
    public bool Has(double value) => double.IsFinite(value) && (value > 0 || !logarithmic);

    /// <summary>The place of a value; what lies outside is at the end.</summary>
    public double At(double value)
    {
        double share = logarithmic ? Math.Log10(Math.Max(value, double.Epsilon) / low) / Math.Log10(high / low) : (value - low) / (high - low);
        return Begin + (Math.Clamp(share, 0, 1) * (End - Begin));
    }

    /// <summary>Round marks within the axis, at most about <paramref name="count"/>.</summary>
    public IReadOnlyList<Tick> Ticks(int count)
    {
        if (given is not null)
        {
            return [.. given.Where(v => v >= low && v <= high).Select(v => new Tick(v, PlotNumber.Of(v)))];
        }

        if (logarithmic)
        {
            (int first, int last) = ((int)Math.Floor(Math.Log10(low) - 1e-9), (int)Math.Ceiling(Math.Log10(high)));
            double decades = Math.Log10(high / low);
            int every = Math.Max(1, (int)Math.Ceiling(decades / count));
            int[] within = decades < 1 && count >= 6 ? [1, 2, 3, 5, 7] : decades < 2.5 && count >= (decades < 1 ? 3 : 6) ? [1, 2, 5] : [1];
            Tick[] ticks = [.. Enumerable.Range(first, last - first + 1).Where(p => (p - last) % every == 0)
                .SelectMany(p => within.Select(m => m * Math.Pow(10, p)))
                .Where(v => v >= low * 0.999999 && v <= high * 1.000001).Select(v => new Tick(v, PlotNumber.Of(v)))];
            if (ticks.Length > 1 || decades > 0.5)
            {
                return ticks;
            }
        }

        double step = Step(high - low, Math.Max(1, count));
        double largest = Math.Max(Math.Abs(low), Math.Abs(high));
        (long from, long to) = ((long)Math.Ceiling((low / step) - 1e-6), (long)Math.Floor((high / step) + 1e-6));
        return [.. Enumerable.Range(0, (int)Math.Clamp(to - from + 1, 0, 100)).Select(i => (from + i) * step)
            .Select(v => new Tick(v, PlotNumber.OfTick(v, step, largest)))];
    }

    private static double Step(double span, int count)
    {
        double rough = span / count, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double digit = rough / power;
        return power * (digit <= 1.0000001 ? 1 : digit <= 2.0000001 ? 2 : digit <= 5.0000001 ? 5 : 10);
    }

    private static double RoundDown(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * Math.Floor((value / power) + 1e-9);
    }

    private static double RoundUp(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * Math.Ceiling((value / power) - 1e-9);
    }
}

/// <summary>What is measured along one side of a plot.</summary>
/// <param name="Name">"top-1 error".</param>
/// <param name="Unit">"%"; empty for a pure number.</param>
/// <param name="Logarithmic">Whether equal distances are equal ratios; values that are not positive are left out.</param>
public sealed record Axis(string Name, string Unit = "", bool Logarithmic = false)
{
    /// <summary>Where it begins; null for where the data do (and for bars 0).</summary>
    public double? From { get; init; }

    /// <summary>Where it ends; null for where the data do.</summary>
    public double? To { get; init; }

    /// <summary>The values that get a mark; null for round ones.</summary>
    public IReadOnlyList<double>? Ticks { get; init; }

    /// <summary>Name and unit: "top-1 error (%)".</summary>
    internal string Label => Unit.Length == 0 ? Name : $"{Name} ({Unit})";
}

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

    private static string Digits(double value) =>
        (Math.Abs(value) >= 1000 ? Math.Round(value) : double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))
        .ToString("0.######", CultureInfo.InvariantCulture).Replace('-', '−');

    private static string Power(double value) => value.ToString("0.##e0", CultureInfo.InvariantCulture).Replace('-', '−');
}
