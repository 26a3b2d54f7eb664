using System.Runtime.InteropServices;
using ModelZoo.Data;
using ModelZoo.Imaging;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>
/// Images of one size as one tensor: bytes [N,H,W,C], or floats. What an <see cref="ImageDataset"/> holds as such bytes already is shared, not copied.
/// </summary>
internal static unsafe class PixelBlock
{
    /// <summary>Writes image <paramref name="index"/>.</summary>
    internal delegate void Writer<T>(int index, Span<T> destination);

    /// <summary>The bytes of a dataset that has a <see cref="ImageDataset.Maximum"/>, [N,H,W,C] on the CPU.</summary>
    public static Tensor Of(ImageDataset images)
    {
        ImageShape shape = images.Shape;
        if (images.Interleaved is { } bytes && MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array))
        {
            using Tensor flat = frombuffer(array.Array!, ScalarType.Byte, array.Count, array.Offset); // the array stays pinned as long as a tensor sees it
            return flat.view(images.Count, shape.Height, shape.Width, shape.Channels);
        }

        return Bytes(images.Count, shape, images.CopyBytes);
    }

    /// <summary>Bytes [N,H,W,C] on the CPU that several threads write.</summary>
    public static Tensor Bytes(int count, ImageShape shape, Writer<byte> write) =>
        Fill(empty([count, shape.Height, shape.Width, shape.Channels], ScalarType.Byte), write);

    /// <summary>Floats [N,C,H,W] on the CPU that several threads write.</summary>
    public static Tensor Floats(int count, ImageShape shape, Writer<float> write) =>
        Fill(empty([count, shape.Channels, shape.Height, shape.Width], ScalarType.Float32), write);

    /// <summary>Where the elements of a contiguous tensor on the CPU begin: native memory, which stays where it is.</summary>
    public static byte* Memory(Tensor tensor)
    {
        using Tensor flat = tensor.view(-1);
        using Tensor first = flat.narrow(0, 0, 1); // a span of all would end at two gigabytes
        fixed (byte* start = first.bytes)
        {
            return start;
        }
    }

    private static Tensor Fill<T>(Tensor block, Writer<T> write)
        where T : unmanaged
    {
        try
        {
            var memory = (T*)Memory(block);
            int count = (int)block.shape[0], length = (int)(block.numel() / count);
            Parallel.For(0, count, i => write(i, new Span<T>(memory + (long)i * length, length)));
            return block;
        }
        catch (Exception e)
        {
            block.Dispose();
            if (e is AggregateException { InnerException: ZooException cause })
            {
                throw cause;
            }

            throw;
        }
    }
}

/// <summary>
/// Pictures that were made once and are kept, as long as they fit into the budget. Threads may share one; which pictures fit may depend on their timing, what
/// is read does not.
/// </summary>
internal sealed class ImageCache(int count, long limit)
{
    private readonly PixelImage?[] kept = new PixelImage?[limit > 0 ? count : 0];
    private long bytes;

    public PixelImage GetOrMake(int index, Func<int, PixelImage> make)
    {
        if (kept.Length == 0)
        {
            return make(index);
        }

        if (Volatile.Read(ref kept[index]) is { } there)
        {
            return there;
        }

        PixelImage made = make(index);
        if (Interlocked.Add(ref bytes, made.Rgb.Length) > limit)
        {
            Interlocked.Add(ref bytes, -made.Rgb.Length);
        }
        else
        {
            Volatile.Write(ref kept[index], made);
        }

        return made;
    }
}
