using System.Reflection;
using ModelZoo.Layers;
using ModelZoo.Tracing;
using TorchSharp;
using TorchSharp.Modules;
using static ModelZoo.Analysis.LayerText;
using static TorchSharp.torch;

namespace ModelZoo.Analysis;

/// <summary>What is known of a type of layer: a row of <see cref="LayerTable"/>.</summary>
internal sealed record LayerRow
{
    /// <summary>Every hyper-parameter by name, usual values included, in a fixed order.</summary>
    public required Func<nn.Module, IEnumerable<(string Name, object? Value)>> Hyperparameters { get; init; }

    /// <summary>The short text; null for parts that have their usual value.</summary>
    public Func<nn.Module, IEnumerable<string?>> Settings { get; init; } = static _ => [];

    /// <summary>Multiply-accumulates per image; null for none.</summary>
    public Func<nn.Module, TraceNode, long>? Macs { get; init; }

    /// <summary>Kernel, stride, padding and dilation along an axis; null where the layer has no window.</summary>
    public Func<nn.Module, int, (long Kernel, long Stride, long Padding, long Dilation)?>? Window { get; init; }

    /// <summary>Kernel, step between the input's pixels in the output, and padding along an axis; null where the layer does not spread its input.</summary>
    public Func<nn.Module, TraceNode, int, (long Kernel, long Stride, long Padding)?>? Spread { get; init; }
}

/// <summary>
/// The one table of what is known of each type of layer. A type that is not listed is described by its base class's row, else by its public numbers.
/// </summary>
internal static class LayerTable
{
    private static readonly Dictionary<Type, LayerRow> Rows = [];

    private static readonly LayerRow Unknown = new() { Hyperparameters = Declared, Settings = DeclaredText };

    static LayerTable()
    {
        Add<ConvolutionTranspose>(
            c => [.. Convolution(c), ("output_padding", c.output_padding)],
            c => [.. ConvolutionText(c), Unless("op", c.output_padding, 0)],
            macs: (c, node) => PerImage(node.InputShapes[0]) * c.weight.numel() / c.in_channels,
            spread: (c, _, axis) => (((At(c.kernel_size, axis) - 1) * At(c.dilation, axis)) + 1, At(c.stride, axis), At(c.padding, axis, 0)));
        Add<Convolution>(Convolution, ConvolutionText,
            macs: (c, node) => PerImage(node.OutputShape) * (c.in_channels / c.groups) * c.kernel_size.Aggregate(1L, (a, b) => a * b),
            window: (c, axis) => (At(c.kernel_size, axis), At(c.stride, axis), At(c.padding, axis, 0), At(c.dilation, axis)));
        Add<TableConvolution>(
            t => [("in", t.InChannels), ("kernel", t.KernelSize), ("table", string.Join('/', t.Table.Select(maps => string.Join('.', maps))))],
            t => [$"k{t.KernelSize}", $"{t.Table.Count} maps"],
            macs: (t, node) => node.OutputShape[2] * node.OutputShape[3] * t.Weight.numel(),
            window: (t, _) => (t.KernelSize, 1, 0, 1));
        Add<Linear>(
            l => [("in", l.in_features), ("out", l.out_features), ("bias", l.bias is not null)],
            l => [$"{l.in_features}→{l.out_features}", l.bias is null ? "no bias" : null],
            macs: (l, node) => PerImage(node.OutputShape) * l.in_features);
        Add<RbfOutput>(r => [("in", r.Codes.shape[1]), ("out", r.Codes.shape[0])], DeclaredText);

        Add<MaxPool2d>(
            m => [.. Pool(m.kernel_size, m.stride, m.padding, m.ceil_mode), ("dilation", m.dilation ?? [1])],
            m => [.. PoolText(m.kernel_size, m.stride, m.padding, m.ceil_mode), Unless("d", m.dilation, 1)],
            window: (m, axis) => (At(m.kernel_size, axis), At(m.stride ?? m.kernel_size, axis), At(m.padding, axis, 0), At(m.dilation, axis, 1)));
        Add<AvgPool2d>(
            a => [.. Pool(a.kernel_size, a.stride, a.padding, a.ceil_mode), ("count_include_pad", a.count_include_pad), ("divisor", a.divisor_override)],
            a => [.. PoolText(a.kernel_size, a.stride, a.padding, a.ceil_mode),
                a.count_include_pad || Unless("p", a.padding, 0) is null ? null : "pads not counted"],
            window: (a, axis) => (At(a.kernel_size, axis), At(a.stride ?? a.kernel_size, axis), At(a.padding, axis, 0), 1));
        Add<AdaptiveAvgPool2d>(a => [("to", a.output_size)], a => [$"to {Cross(a.output_size)}"]);
        Add<AdaptiveMaxPool2d>(a => [("to", a.output_size)], a => [$"to {Cross(a.output_size)}"]);
        Add<Subsampling>(s => [("channels", s.Channels), ("window", Subsampling.Window)], _ => [$"k{Subsampling.Window}", $"s{Subsampling.Window}"],
            window: (_, _) => (Subsampling.Window, Subsampling.Window, 0, 1));
        Add<MaxPoolWithIndices>(Declared, DeclaredText, window: (m, _) => (m.Kernel, m.Kernel, 0, 1));
        Add<MaxUnpool>(Declared, DeclaredText, spread: (u, _, _) => (u.Kernel, u.Kernel, 0));
        Add<BedOfNails>(Declared, DeclaredText, spread: (b, _, _) => (b.Scale, b.Scale, 0));
        Add<Upsample>(
            u => [("scale", Axes(u.scale_factor.ToArray())), ("size", Axes(u.size.ToArray())), ("mode", u.mode), ("align_corners", u.align_corners)],
            spread: (_, node, axis) => node.OutputShape[2 + axis] % node.InputShapes[0][2 + axis] == 0
                && node.OutputShape[2 + axis] / node.InputShapes[0][2 + axis] is var scale ? (scale, scale, 0) : null);

        Add<NormBase>(
            n => [("features", n.num_features), ("eps", n.eps), ("momentum", n.momentum), ("affine", n.affine), ("track_running_stats", n.track_running_stats)],
            n => [Epsilon(n.eps), n.affine ? null : "not affine"]);
        Add<GroupNorm>(g => [("groups", g.num_groups), ("eps", g.eps), ("affine", g.affine)], g => [$"{g.num_groups} groups", Epsilon(g.eps)]);
        Add<LayerNorm>(l => [("over", l.normalized_shape), ("eps", l.eps), ("affine", l.elementwise_affine)]);
        Add<LocalResponseNorm>(
            l => [("size", l.size), ("alpha", l.alpha), ("beta", l.beta), ("k", l.k)],
            l => [$"n{l.size} α{Short(l.alpha)} β{Short(l.beta)} k{Short(l.k)}"]);
        Add<Dropout>(d => [("p", d.p), ("inplace", d.inplace)], d => [$"p{Short(d.p)}"]);
        Add<Dropout2d>(d => [("p", d.p), ("inplace", d.inplace)], d => [$"p{Short(d.p)}"]);

        Add<ReLU>(r => [("inplace", r.inplace)]);
        Add<ReLU6>(r => [("inplace", r.inplace)]);
        Add<SiLU>(s => [("inplace", s.inplace)]);
        Add<LeakyReLU>(l => [("negative_slope", l.negative_slope), ("inplace", l.inplace)], l => [$"slope {Short(l.negative_slope)}"]);
        Add<Softmax>(s => [("dim", s.dim)], s => [$"dim {s.dim}"]);
        Add<ScaledTanh>(_ => [("amplitude", ScaledTanh.Amplitude), ("slope", ScaledTanh.Slope)], DeclaredText);

        Add<Flatten>(f => [("from", f.start_dim), ("to", f.end_dim)], f => [f.start_dim == 1 && f.end_dim == -1 ? null : $"{f.start_dim}…{f.end_dim}"]);
        Add<Concat>(Declared, c => [c.Dim == 1 ? null : $"dim {c.Dim}"]);
        Add<PadBase>(p => [("sides", string.Join('.', p.padding)), ("value", p.value)]);
        Add<ZeroPad2d>(p => [("sides", string.Join('.', p.padding)), ("value", p.value)],
            window: (z, axis) => (1, 1, z.padding.Length == 4 ? z.padding[axis == 0 ? 2 : 0] : z.padding[0], 1));
        Add<PaddedShortcut>(Declared, DeclaredText, window: (p, _) => (1, p.Stride, 0, 1));
        Add<MeanImage>(m => [("height", m.Height), ("width", m.Width)], m => [$"{m.Height}×{m.Width}"]);
        Add<TransformInput>(
            t => [("scale", string.Join('/', t.Scale.Select(v => Text(v)))), ("shift", string.Join('/', t.Shift.Select(v => Text(v))))], DeclaredText);
    }

    /// <summary>The row of a layer's type, else of the nearest base class that has one.</summary>
    public static LayerRow Of(nn.Module module)
    {
        for (Type? type = module.GetType(); type is not null; type = type.BaseType)
        {
            if (Rows.TryGetValue(type, out LayerRow? row))
            {
                return row;
            }
        }

        return Unknown;
    }

    private static void Add<T>(
        Func<T, IEnumerable<(string, object?)>> hyperparameters,
        Func<T, IEnumerable<string?>>? settings = null,
        Func<T, TraceNode, long>? macs = null,
        Func<T, int, (long, long, long, long)?>? window = null,
        Func<T, TraceNode, int, (long, long, long)?>? spread = null)
        where T : nn.Module
    {
        Rows.Add(typeof(T), new LayerRow
        {
            Hyperparameters = module => hyperparameters((T)module),
            Settings = settings is null ? static _ => [] : module => settings((T)module),
            Macs = macs is null ? null : (module, node) => macs((T)module, node),
            Window = window is null ? null : (module, axis) => window((T)module, axis),
            Spread = spread is null ? null : (module, node, axis) => spread((T)module, node, axis),
        });
    }

    private static IEnumerable<(string, object?)> Convolution(Convolution c) => [
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

    private static IEnumerable<string?> ConvolutionText(Convolution c) => [
        $"k{Cross(c.kernel_size)}",
        Unless("s", c.stride, 1),
        c.padding is null ? $"p {c.padding_type}" : Unless("p", c.padding, 0),
        c.padding_mode == PaddingModes.Zeros ? null : $"{c.padding_mode}",
        Unless("d", c.dilation, 1),
        c.groups == 1 ? null : $"g{c.groups}",
    ];

    private static IEnumerable<(string, object?)> Pool(long[] kernel, long[]? stride, long[]? padding, bool ceil) =>
        [("kernel", kernel), ("stride", stride is null or [] ? kernel : stride), ("padding", padding is null or [] ? [0] : padding), ("ceil_mode", ceil)];

    private static IEnumerable<string?> PoolText(long[] kernel, long[]? stride, long[]? padding, bool ceil) =>
        [$"k{Cross(kernel)}", $"s{Cross(stride is null or [] ? kernel : stride)}", Unless("p", padding, 0), ceil ? "ceil" : null];

    // The numbers and switches that a layer of another class declares as public properties.
    private static IEnumerable<(string, object?)> Declared(nn.Module module) =>
        module.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(p => p.CanRead && p.GetIndexParameters().Length == 0)
            .Where(p => p.PropertyType.IsPrimitive || p.PropertyType.IsEnum || p.PropertyType == typeof(long[]))
            .OrderBy(p => p.Name, StringComparer.Ordinal)
            .Select(p => ($"{char.ToLowerInvariant(p.Name[0])}{p.Name[1..]}", p.GetValue(module)));

    private static IEnumerable<string?> DeclaredText(nn.Module module) => module.GetType().Namespace == typeof(Linear).Namespace
        ? []
        : module.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(p => p.GetIndexParameters().Length == 0 && (p.PropertyType.IsPrimitive || p.PropertyType.IsEnum))
            .Select(p => $"{char.ToLowerInvariant(p.Name[0])}{p.Name[1..]} {Invariant(p.GetValue(module))}");

    private static long PerImage(IReadOnlyList<long> shape) => shape.Skip(1).Aggregate(1L, (a, b) => a * b);

    private static long At(long[] values, int axis) => values.Length == 1 ? values[0] : values[axis];

    private static long At(long[]? values, int axis, long otherwise) => values is null ? otherwise : At(values, axis);
}
