using System.Globalization;
using ModelZoo.Tracing;
using static TorchSharp.torch;

namespace ModelZoo.Analysis;

/// <summary>Facts about layers and about their calls in a trace, read from one table of layer types.</summary>
public static class LayerFacts
{
    /// <summary>
    /// Multiply-accumulates per image. The convention of the zoo: convolutions and linear layers only, biases not counted;
    /// everything else is 0.
    /// </summary>
    public static long Macs(TraceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return LayerTable.Of(node.Module).Macs?.Invoke(node.Module, node) ?? 0;
    }

    /// <summary>The window of a node along rows (axis 0) and columns (axis 1): kernel, stride, padding, dilation; null where it has none.</summary>
    public static (long Kernel, long Stride, long Padding, long Dilation)? Window(TraceNode node, int axis)
    {
        ArgumentNullException.ThrowIfNull(node);
        return LayerTable.Of(node.Module).Window?.Invoke(node.Module, axis);
    }

    /// <summary>
    /// How a node spreads its input along rows (axis 0) and columns (axis 1): kernel, step between the input's pixels in the output, padding; null where it
    /// does not.
    /// </summary>
    public static (long Kernel, long Stride, long Padding)? Spread(TraceNode node, int axis)
    {
        ArgumentNullException.ThrowIfNull(node);
        return LayerTable.Of(node.Module).Spread?.Invoke(node.Module, node, axis);
    }

    /// <summary>
    /// A leaf's hyper-parameters as short text, usual values left out: "k3 s2 p1 d2 g32" is a 3×3 kernel, stride 2, padding 1, dilation 2, 32 groups; "400→120"
    /// a linear layer's features; "" where there are none. Of a class that is not TorchSharp's, its public numbers and switches by name.
    /// </summary>
    public static string Describe(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return string.Join(' ', LayerTable.Of(module).Settings(module).Where(part => part is not null));
    }

    /// <summary>
    /// Every hyper-parameter of a leaf by name, usual values included, in a fixed order for each type: what a blueprint records. Values have neither spaces
    /// nor '='.
    /// </summary>
    internal static IReadOnlyList<KeyValuePair<string, string>> Hyperparameters(nn.Module module) =>
        [.. LayerTable.Of(module).Hyperparameters(module).Select(one => KeyValuePair.Create(one.Name, LayerText.Text(one.Value)))];
}

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
