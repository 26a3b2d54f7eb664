using System.Globalization;
using System.Reflection;
using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Analysis;

/// <summary>
/// Every hyper-parameter of a leaf by name, usual values included: what a <see cref="Verification.Blueprint"/> records. Sizes that agree along both axes are written once ("3"), others
/// with a cross ("1x7"). Values have neither spaces nor '='.
/// </summary>
internal static class LayerHyperparameters
{
    /// <summary>Names and values, in a fixed order for each type.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(nn.Module module)
    {
        (string, object?)[] all = module switch
        {
            ConvolutionTranspose c => [.. Convolution(c), ("output_padding", c.output_padding)],
            Convolution c => Convolution(c),
            MaxPool2d m => [.. Window(m.kernel_size, m.stride, m.padding, m.ceil_mode), ("dilation", m.dilation ?? [1])],
            AvgPool2d a => [.. Window(a.kernel_size, a.stride, a.padding, a.ceil_mode), ("count_include_pad", a.count_include_pad), ("divisor", a.divisor_override)],
            AdaptiveAvgPool2d a => [("to", a.output_size)],
            AdaptiveMaxPool2d a => [("to", a.output_size)],
            Linear l => [("in", l.in_features), ("out", l.out_features), ("bias", l.bias is not null)],
            NormBase n => [("features", n.num_features), ("eps", n.eps), ("momentum", n.momentum), ("affine", n.affine), ("track_running_stats", n.track_running_stats)],
            GroupNorm g => [("groups", g.num_groups), ("eps", g.eps), ("affine", g.affine)],
            LayerNorm l => [("over", l.normalized_shape), ("eps", l.eps), ("affine", l.elementwise_affine)],
            LocalResponseNorm l => [("size", l.size), ("alpha", l.alpha), ("beta", l.beta), ("k", l.k)],
            Dropout d => [("p", d.p), ("inplace", d.inplace)],
            Dropout2d d => [("p", d.p), ("inplace", d.inplace)],
            ReLU r => [("inplace", r.inplace)],
            ReLU6 r => [("inplace", r.inplace)],
            SiLU s => [("inplace", s.inplace)],
            LeakyReLU l => [("negative_slope", l.negative_slope), ("inplace", l.inplace)],
            Softmax s => [("dim", s.dim)],
            Flatten f => [("from", f.start_dim), ("to", f.end_dim)],
            PadBase p => [("sides", string.Join('.', p.padding)), ("value", p.value)],
            Upsample u => [("scale", Axes(u.scale_factor.ToArray())), ("size", Axes(u.size.ToArray())), ("mode", u.mode), ("align_corners", u.align_corners)],
            RbfOutput r => [("in", r.Codes.shape[1]), ("out", r.Codes.shape[0])],
            TableConvolution t => [("in", t.InChannels), ("kernel", t.KernelSize), ("table", string.Join('/', t.Table.Select(maps => string.Join('.', maps))))],
            Subsampling s => [("channels", s.Channels), ("window", Subsampling.Window)],
            ScaledTanh => [("amplitude", ScaledTanh.Amplitude), ("slope", ScaledTanh.Slope)],
            TransformInput t => [("scale", string.Join('/', t.Scale.Select(v => Text(v)))), ("shift", string.Join('/', t.Shift.Select(v => Text(v))))],
            _ => Declared(module),
        };
        return [.. all.Select(one => KeyValuePair.Create(one.Item1, Text(one.Item2)))];
    }

    private static (string, object?)[] Convolution(Convolution c) =>
    [
        ("in", c.in_channels),
        ("out", c.out_channels),
        ("kernel", c.kernel_size),
        ("stride", c.stride),
        ("padding", c.padding is null ? c.padding_type : c.padding),
        ("dilation", c.dilation),
        ("groups", c.groups),
        ("bias", c.bias is not null),
        ("padding_mode", c.padding_mode),
    ];

    private static (string, object?)[] Window(long[] kernel, long[]? stride, long[]? padding, bool ceil) =>
        [("kernel", kernel), ("stride", stride is null or [] ? kernel : stride), ("padding", padding is null or [] ? [0] : padding), ("ceil_mode", ceil)];

    /// <summary>The numbers and switches that a leaf of another class declares as public properties.</summary>
    private static (string, object?)[] Declared(nn.Module module) =>
    [
        .. module.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(p => p.CanRead && p.GetIndexParameters().Length == 0 && (p.PropertyType.IsPrimitive || p.PropertyType.IsEnum || p.PropertyType == typeof(long[])))
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => ($"{char.ToLowerInvariant(p.Name[0])}{p.Name[1..]}", p.GetValue(module))),
    ];

    private static string Text(object? value) => value switch
    {
        null => "none",
        long[] axes => Axes(axes),
        bool yes => yes ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture).ToLowerInvariant(),
        _ => value.ToString()!,
    };

    private static string Axes<T>(T[] values) => values.Length == 0 ? "none" : Array.TrueForAll(values, v => v!.Equals(values[0])) ? Text(values[0]) : string.Join('x', values.Select(v => Text(v)));
}
