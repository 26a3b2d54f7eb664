using System.Globalization;

namespace ModelZoo.Analysis;

/// <summary>Values of hyper-parameters as text.</summary>
internal static class LayerText
{
    /// <summary>For a blueprint: no spaces and no '='. Sizes that agree along both axes are written once ("3"), others with a cross ("1x7").</summary>
    public static string Text(object? value) => value switch
    {
        null => "none",
        long[] axes => Axes(axes),
        bool yes => yes ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture).ToLowerInvariant(),
        _ => value.ToString()!,
    };

    public static string Axes<T>(T[] values) =>
        values.Length == 0 ? "none" : Array.TrueForAll(values, v => v!.Equals(values[0])) ? Text(values[0]) : string.Join('x', values.Select(v => Text(v)));

    /// <summary>For people: "3", or "1×7" where the axes differ.</summary>
    public static string Cross(long[] values) => Array.TrueForAll(values, v => v == values[0]) ? $"{values[0]}" : string.Join('×', values);

    /// <summary>A letter and its values; null where all have the usual one.</summary>
    public static string? Unless(string letter, long[]? values, long usual) =>
        values is null || Array.TrueForAll(values, v => v == usual) ? null : letter + Cross(values);

    public static string? Epsilon(double eps) => eps == 1e-5 ? null : $"eps {Short(eps)}";

    public static string Short(double value) => value.ToString("g4", CultureInfo.InvariantCulture);

    public static string? Invariant(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture);
}
