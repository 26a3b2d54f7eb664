using System.Globalization;
using System.Reflection;
using ModelZoo.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Analysis;

/// <summary>Hyper-parameters as short text. What has its usual value is left out: stride 1, padding 0, dilation 1, one group.</summary>
internal static class LayerSettings
{
    public static string Of(nn.Module module)
    {
        IEnumerable<string?> parts = module switch
        {
            ConvolutionTranspose c => [.. Convolution(c), Unless("op", c.output_padding, 0)],
            Convolution c => Convolution(c),
            TableConvolution t => [$"k{t.KernelSize}", $"{t.Table.Count} maps"],
            Subsampling => [$"k{Subsampling.Window}", $"s{Subsampling.Window}"],
            MaxPool2d m => [.. Pool(m.kernel_size, m.stride, m.padding, m.ceil_mode), Unless("d", m.dilation, 1)],
            AvgPool2d a => [.. Pool(a.kernel_size, a.stride, a.padding, a.ceil_mode), a.count_include_pad || Unless("p", a.padding, 0) is null ? null : "pads not counted"],
            AdaptiveAvgPool2d a => [$"to {Axes(a.output_size)}"],
            AdaptiveMaxPool2d a => [$"to {Axes(a.output_size)}"],
            Linear l => [$"{l.in_features}→{l.out_features}", l.bias is null ? "no bias" : null],
            GroupNorm g => [$"{g.num_groups} groups", Epsilon(g.eps)],
            NormBase n => [Epsilon(n.eps), n.affine ? null : "not affine"],
            LocalResponseNorm l => [$"n{l.size} α{Number(l.alpha)} β{Number(l.beta)} k{Number(l.k)}"],
            Dropout d => [$"p{Number(d.p)}"],
            Dropout2d d => [$"p{Number(d.p)}"],
            LeakyReLU l => [$"slope {Number(l.negative_slope)}"],
            Softmax s => [$"dim {s.dim}"],
            Flatten f => [f.start_dim == 1 && f.end_dim == -1 ? null : $"{f.start_dim}…{f.end_dim}"],
            Concat c => [c.Dim == 1 ? null : $"dim {c.Dim}"],
            _ => Declared(module),
        };
        return string.Join(' ', parts.Where(part => part is not null));
    }

    private static IEnumerable<string?> Convolution(Convolution c) =>
    [
        $"k{Axes(c.kernel_size)}",
        Unless("s", c.stride, 1),
        c.padding is null ? $"p {c.padding_type}" : Unless("p", c.padding, 0),
        c.padding_mode == PaddingModes.Zeros ? null : $"{c.padding_mode}",
        Unless("d", c.dilation, 1),
        c.groups == 1 ? null : $"g{c.groups}",
    ];

    private static IEnumerable<string?> Pool(long[] kernel, long[]? stride, long[]? padding, bool ceil) =>
        [$"k{Axes(kernel)}", $"s{Axes(stride is null or [] ? kernel : stride)}", Unless("p", padding, 0), ceil ? "ceil" : null];

    /// <summary>The numbers and switches that a leaf class of our own, or of a user, declares as public properties.</summary>
    private static IEnumerable<string?> Declared(nn.Module module)
    {
        Type type = module.GetType();
        return type.Namespace == typeof(Linear).Namespace
            ? []
            : type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(p => p.GetIndexParameters().Length == 0 && (p.PropertyType.IsPrimitive || p.PropertyType.IsEnum))
                .Select(p => $"{char.ToLowerInvariant(p.Name[0])}{p.Name[1..]} {Convert.ToString(p.GetValue(module), CultureInfo.InvariantCulture)}");
    }

    private static string? Unless(string letter, long[]? values, long usual) => values is null || Array.TrueForAll(values, v => v == usual) ? null : letter + Axes(values);

    private static string? Epsilon(double eps) => eps == 1e-5 ? null : $"eps {Number(eps)}";

    /// <summary>"3", or "1×7" where the axes differ.</summary>
    private static string Axes(long[] values) => Array.TrueForAll(values, v => v == values[0]) ? $"{values[0]}" : string.Join('×', values);

    private static string Number(double value) => value.ToString("g4", CultureInfo.InvariantCulture);
}
