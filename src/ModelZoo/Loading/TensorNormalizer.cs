using ModelZoo.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>
/// <see cref="ImagePipeline.Normalize"/> for a batch of bytes on any device: (byte / maximum + light − mean) / std in single precision, each step rounded,
/// so that the values have the bits of torchvision's ToTensor and Normalize there too. The divisors are tensors: a division by a number may become a product
/// with its inverse, which rounds otherwise.
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
