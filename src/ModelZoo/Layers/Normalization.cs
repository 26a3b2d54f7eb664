using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>The normalization layers that a network can be built with: the mean and variance of what are taken out.</summary>
/// <param name="Kind">Of what.</param>
/// <param name="Groups">With <see cref="NormalizationKind.Group"/>: into how many groups the channels are divided.</param>
public readonly record struct Normalization(NormalizationKind Kind, int Groups = 0)
{
    /// <summary>Batch normalization, which most architectures are published with.</summary>
    public static Normalization Batch { get; } = new(NormalizationKind.Batch);

    /// <summary>Reads "batch", "group:32", "layer" or "instance".</summary>
    /// <exception cref="UsageException">It is none of these.</exception>
    public static Normalization Parse(string? text)
    {
        string[] parts = (text ?? "batch").Split(':');
        return parts switch
        {
            ["batch"] => Batch,
            ["layer"] => new(NormalizationKind.Layer),
            ["instance"] => new(NormalizationKind.Instance),
            ["group"] => new(NormalizationKind.Group, 32), // Wu and He 2018: 32 groups by default
            ["group", string groups] when int.TryParse(groups, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0 =>
                new(NormalizationKind.Group, n),
            _ => throw new UsageException($"There is no normalization '{text}'. Write batch, group:<groups> (group:32), layer or instance."),
        };
    }

    /// <summary>A layer with a learned scale and shift per channel, on [N,channels,H,W].</summary>
    /// <param name="channels">Channels.</param>
    /// <param name="eps">Added to the variance.</param>
    /// <exception cref="ZooException">The channels can't be divided into that many groups.</exception>
    public nn.Module<Tensor, Tensor> Create(long channels, double eps = 1e-5) => Kind switch
    {
        NormalizationKind.Batch => nn.BatchNorm2d(channels, eps),
        NormalizationKind.Layer => Grouped(1, channels, eps), // over C, H and W: Wu and He 2018, section 3.1
        NormalizationKind.Instance => nn.InstanceNorm2d(channels, eps, affine: true),
        _ when channels % Groups != 0 =>
            throw new ZooException($"{channels} channels can't be divided into {Groups} groups; choose a divisor (group:{Divisor(channels)})."),
        _ => Grouped(Groups, channels, eps),
    };

    /// <summary>Whether a network's normalization layers are of this kind, and it has any.</summary>
    internal bool IsIn(nn.Module model)
    {
        nn.Module[] layers = [.. model.modules().Where(m => m is BatchNorm2d or GroupNorm or InstanceNorm2d)];
        NormalizationKind kind = Kind;
        return layers.Length > 0 && Array.TrueForAll(layers, layer => kind switch
        {
            NormalizationKind.Batch => layer is BatchNorm2d,
            NormalizationKind.Instance => layer is InstanceNorm2d,
            _ => layer is GroupNorm,
        });
    }

    // TorchSharp 0.105.1 leaves the scales and shifts of a fresh GroupNorm as the memory happened to be.
    private static GroupNorm Grouped(long groups, long channels, double eps)
    {
        GroupNorm layer = nn.GroupNorm(groups, channels, eps);
        using IDisposable none = no_grad();
        nn.init.ones_(layer.weight);
        nn.init.zeros_(layer.bias!);
        return layer;
    }

    private long Divisor(long channels)
    {
        long groups = Math.Min(Groups, channels);
        while (channels % groups != 0)
        {
            groups--;
        }

        return groups;
    }
}

/// <summary>Over what a mean and a variance are taken.</summary>
public enum NormalizationKind
{
    /// <summary>Each channel over the batch (Ioffe and Szegedy, 2015).</summary>
    Batch,

    /// <summary>Groups of channels of each image (Wu and He, 2018).</summary>
    Group,

    /// <summary>All channels of each image (Ba, Kiros, Hinton, 2016).</summary>
    Layer,

    /// <summary>Each channel of each image (Ulyanov, Vedaldi, Lempitsky, 2016).</summary>
    Instance,
}
