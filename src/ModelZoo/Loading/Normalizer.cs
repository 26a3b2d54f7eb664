using ModelZoo.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>
/// Bytes [H,W,3] to normalized values [C,H,W] (or [H,W,C]): (byte / 255 − mean) / std in single precision, each step rounded, so that the values have the bits
/// of torchvision's ToTensor and Normalize.
/// </summary>
internal sealed class Normalizer(Preprocessing preprocessing)
{
    private readonly float[][] tables = [.. Enumerable.Range(0, preprocessing.Channels).Select(c => Table(preprocessing.Mean[c], preprocessing.Std[c], 0))];

    /// <param name="image">Of the input's size.</param>
    /// <param name="destination">C·H·W values.</param>
    /// <param name="channelsLast">Whether the channels of a pixel lie side by side.</param>
    /// <param name="light">Added to the pixels' red, green and blue in [0,1], if anything.</param>
    public void Write(PixelImage image, Span<float> destination, bool channelsLast, (float Red, float Green, float Blue)? light = null)
    {
        int channels = tables.Length, plane = image.Width * image.Height;
        for (int c = 0; c < channels; c++)
        {
            float[] table = light is { } add
                ? Table(preprocessing.Mean[c], preprocessing.Std[c], c switch { 0 => add.Red, 1 => add.Green, _ => add.Blue })
                : tables[c];
            ReadOnlySpan<byte> from = image.Rgb.AsSpan(c);
            if (channelsLast)
            {
                Span<float> to = destination[c..];
                for (int i = 0; i < plane; i++)
                {
                    to[i * channels] = table[from[3 * i]];
                }
            }
            else
            {
                Span<float> to = destination.Slice(c * plane, plane);
                for (int i = 0, at = 0; i < to.Length; i++, at += 3)
                {
                    to[i] = table[from[at]];
                }
            }
        }
    }

    private static float[] Table(float mean, float std, float light)
    {
        var table = new float[256];
        for (int b = 0; b < table.Length; b++)
        {
            table[b] = (b / 255f + light - mean) / std;
        }

        return table;
    }
}

/// <summary>
/// <see cref="Normalizer"/> for a batch of bytes on any device: (byte / maximum + light − mean) / std in single precision, each step rounded, so that the
/// values have the bits of
/// torchvision's ToTensor and Normalize there too. The divisors are tensors: a division by a number may become a product with its inverse, which rounds
/// otherwise.
/// </summary>
internal sealed class TensorNormalizer : IDisposable
{
    private readonly Tensor maximum; // [1]
    private readonly Tensor mean; // [1,C,1,1]
    private readonly Tensor std;
    private readonly Tensor meanRow; // [W,C]: side by side with a row of pixels, so that the inner loop is longer than C
    private readonly Tensor stdRow;

    /// <param name="preprocessing">The model's.</param>
    /// <param name="maximum">The byte that stands for 1.</param>
    /// <param name="device">Where the bytes are.</param>
    public TensorNormalizer(Preprocessing preprocessing, float maximum, Device device)
    {
        (int channels, int width) = (preprocessing.Channels, preprocessing.Width);
        using DisposeScope scope = NewDisposeScope();
        this.maximum = tensor([maximum], device: device).DetachFromDisposeScope();
        mean = tensor(preprocessing.Mean, [1, channels, 1, 1], device: device).DetachFromDisposeScope();
        std = tensor(preprocessing.Std, [1, channels, 1, 1], device: device).DetachFromDisposeScope();
        meanRow = mean.view(1, channels).expand(width, channels).clone().DetachFromDisposeScope();
        stdRow = std.view(1, channels).expand(width, channels).clone().DetachFromDisposeScope();
    }

    /// <summary>The model's input.</summary>
    /// <param name="bytes">[B,H,W,C] uint8, contiguous.</param>
    /// <param name="channelsLast">Whether the channels of a pixel stay side by side in memory.</param>
    /// <param name="light">[B,C], added to the values in [0,1], if anything is.</param>
    /// <returns>[B,C,H,W]; the caller's, or its dispose scope's.</returns>
    public Tensor Apply(Tensor bytes, bool channelsLast, Tensor? light = null)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] s = bytes.shape; // [B,H,W,C]
        Tensor scaled = Scale(bytes, channelsLast); // [B,C,H,W]
        if (!channelsLast)
        {
            scaled = light is null ? scaled : scaled.add_(light.view(s[0], s[3], 1, 1));
            return scaled.sub_(mean).div_(std).MoveToOuterDisposeScope();
        }

        Tensor rows = scaled.permute(0, 2, 3, 1); // [B,H,W,C], contiguous
        rows = light is null ? rows : rows.add_(light.view(s[0], 1, 1, s[3]).expand(s[0], 1, s[2], s[3]).contiguous());
        return rows.sub_(meanRow).div_(stdRow).permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>The values in [0,1], not normalized.</summary>
    /// <inheritdoc cref="Apply"/>
    public Tensor Scale(Tensor bytes, bool channelsLast)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] s = bytes.shape; // [B,H,W,C]
        Tensor values = channelsLast ? bytes.to(ScalarType.Float32).permute(0, 3, 1, 2)
            : (s[3] == 1 ? bytes.view(s[0], 1, s[1], s[2]) : bytes.permute(0, 3, 1, 2).contiguous()).to(ScalarType.Float32);
        return values.div_(maximum).MoveToOuterDisposeScope();
    }

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        maximum.Dispose();
        mean.Dispose();
        std.Dispose();
        meanRow.Dispose();
        stdRow.Dispose();
    }
}
