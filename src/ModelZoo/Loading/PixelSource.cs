using ModelZoo.Data;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>The bytes of images of one size, from which batches are cut: in one tensor on a device, or in files.</summary>
internal abstract class PixelSource : IDisposable
{
    /// <summary>Rows and columns of an image.</summary>
    public abstract (int Height, int Width) Size { get; }

    /// <summary>Where what is chosen comes to lie.</summary>
    public abstract Device Device { get; }

    /// <summary>Those of a dataset that has a <see cref="ImageDataset.Maximum"/>: left in its files where it has any and the device is the CPU.</summary>
    public static PixelSource Of(ImageDataset images, Device? device) =>
        images.InFiles && (device is null || device.type == DeviceType.CPU) ? new FilePixels(images) : new TensorPixels(PixelBlock.Of(images), device);

    /// <summary>The images at <paramref name="indices"/>, in that order.</summary>
    /// <returns>[B,H,W,C] uint8, contiguous, on the device; the caller's, or its dispose scope's.</returns>
    /// <exception cref="ZooException">A file can no longer be read.</exception>
    public abstract Tensor Select(ReadOnlySpan<int> indices);

    /// <summary>All of them in one tensor, [N,H,W,C], which stays this object's.</summary>
    public abstract Tensor All();

    /// <summary>Writes the bytes [N,H,W,C].</summary>
    public abstract void Write(Stream stream);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>int64 [B] on a device.</summary>
    public static Tensor IndexOf(ReadOnlySpan<int> indices, Device device)
    {
        var chosen = new long[indices.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = indices[i];
        }

        return tensor(chosen, device: device);
    }
}

/// <summary>Bytes in a tensor.</summary>
internal sealed class TensorPixels : PixelSource
{
    private readonly Tensor pixels;

    /// <param name="bytes">[N,H,W,C] uint8, contiguous; this object's from now on.</param>
    /// <param name="device">Where they are to be kept; null: on the CPU.</param>
    public TensorPixels(Tensor bytes, Device? device)
    {
        pixels = bytes.to(device ?? CPU).DetachFromDisposeScope();
        if (pixels.Handle != bytes.Handle)
        {
            bytes.Dispose();
        }
    }

    public override (int Height, int Width) Size => ((int)pixels.shape[1], (int)pixels.shape[2]);

    public override Device Device => pixels.device;

    public override Tensor Select(ReadOnlySpan<int> indices)
    {
        using Tensor index = IndexOf(indices, pixels.device);
        return pixels.index_select(0, index);
    }

    public override Tensor All() => pixels;

    public override void Write(Stream stream) => TensorBytes.Write(pixels, stream);

    public override void Dispose() => pixels.Dispose();
}

/// <summary>Bytes that are read from files batch by batch: CIFAR-10 takes 180 MB that way less.</summary>
internal sealed class FilePixels(ImageDataset images) : PixelSource
{
    private Tensor? all;

    public override (int Height, int Width) Size => (images.Shape.Height, images.Shape.Width);

    public override Device Device => CPU;

    public override Tensor Select(ReadOnlySpan<int> indices)
    {
        int[] chosen = indices.ToArray();
        return PixelBlock.Bytes(chosen.Length, images.Shape, (i, destination) => images.CopyBytes(chosen[i], destination));
    }

    public override Tensor All() => all ??= PixelBlock.Of(images).DetachFromDisposeScope();

    public override void Write(Stream stream)
    {
        var image = new byte[images.Shape.Length];
        for (int i = 0; i < images.Count; i++)
        {
            images.CopyBytes(i, image);
            stream.Write(image);
        }
    }

    public override void Dispose() => all?.Dispose();
}
