namespace ModelZoo.Drawing.Plots;

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
            Tick[] ticks = [.. Enumerable.Range(first, last - first + 1).Where(p => (p - last) % every == 0).SelectMany(p => within.Select(m => m * Math.Pow(10, p)))
                .Where(v => v >= low * 0.999999 && v <= high * 1.000001).Select(v => new Tick(v, PlotNumber.Of(v)))];
            if (ticks.Length > 1 || decades > 0.5)
            {
                return ticks;
            }
        }

        double step = Step(high - low, Math.Max(1, count));
        double largest = Math.Max(Math.Abs(low), Math.Abs(high));
        (long from, long to) = ((long)Math.Ceiling((low / step) - 1e-6), (long)Math.Floor((high / step) + 1e-6));
        return [.. Enumerable.Range(0, (int)Math.Clamp(to - from + 1, 0, 100)).Select(i => (from + i) * step).Select(v => new Tick(v, PlotNumber.OfTick(v, step, largest)))];
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
