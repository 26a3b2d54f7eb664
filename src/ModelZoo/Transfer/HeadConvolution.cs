using System.Reflection;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Gives a convolution other outputs.</summary>
internal static class HeadConvolution
{
    // TorchSharp lets nobody set out_channels; it is information only (forward reads the weight), but summaries and exports may show it.
    private static readonly FieldInfo? OutChannels = typeof(Convolution).GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
        .FirstOrDefault(f => f.Name.Contains("out_channels", StringComparison.Ordinal) && f.FieldType == typeof(long));

    public static void Replace(Conv2d layer, int classes)
    {
        if (classes % layer.groups != 0)
        {
            throw new ZooException($"A convolution of {layer.groups} groups cannot have {classes} outputs.");
        }

        using DisposeScope scope = NewDisposeScope(); // takes the view of its weight that a new convolution leaves behind
        (long rows, long columns) = (layer.kernel_size[0], layer.kernel_size[^1]);
        using (Conv2d fresh = nn.Conv2d(layer.in_channels, classes, (rows, columns), groups: layer.groups, bias: layer.bias is not null, device: layer.weight.device, dtype: layer.weight.dtype))
        {
            layer.weight = TransferLearning.Copy(fresh.weight);
            if (fresh.bias is { } bias)
            {
                layer.bias = TransferLearning.Copy(bias);
            }
        }

        OutChannels?.SetValue(layer, (long)classes);
    }
}
