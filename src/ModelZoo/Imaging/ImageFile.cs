using System.Buffers;

namespace ModelZoo.Imaging;

/// <summary>The bytes of a file in rented memory.</summary>
internal readonly struct ImageFile : IDisposable
{
    /// <summary>Larger files are refused: no picture within the limits of pixels comes near.</summary>
    private const int MaxBytes = 1 << 30;

    private readonly byte[] rented;

    private ImageFile(byte[] rented, int length)
    {
        this.rented = rented;
        Length = length;
    }

    public int Length { get; }

    public ReadOnlySpan<byte> Bytes => Memory.Span;

    public ReadOnlyMemory<byte> Memory => rented.AsMemory(0, Length);

    public static ImageFile Read(string path, int most = int.MaxValue)
    {
        RegularFile.Require(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            return Read(stream, path, most);
        }
        catch (Exception e) when (FileAccessError.Covers(e))
        {
            throw FileAccessError.Reading(path, e);
        }
    }

    /// <summary>Reads to the end, or the first <paramref name="most"/> bytes.</summary>
    public static ImageFile Read(Stream stream, string name, int most = int.MaxValue)
    {
        byte[] buffer = BufferFor(stream, most);
        int length = 0;
        try
        {
            while (length < most && stream.Read(buffer, length, Math.Min(buffer.Length, most) - length) is > 0 and int read)
            {
                length += read;
                if (length == buffer.Length && length < most)
                {
                    if (stream.CanSeek && stream.Position == stream.Length)
                    {
                        break;
                    }

                    buffer = Larger(buffer, name);
                }
            }

            return new ImageFile(buffer, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>Reads to the end without holding a thread: the stream may be a network's.</summary>
    public static async Task<ImageFile> ReadAsync(Stream stream, string name, CancellationToken cancel)
    {
        byte[] buffer = BufferFor(stream, int.MaxValue);
        int length = 0;
        try
        {
            while (await stream.ReadAsync(buffer.AsMemory(length), cancel).ConfigureAwait(false) is > 0 and int read)
            {
                length += read;
                buffer = length == buffer.Length ? Larger(buffer, name) : buffer;
            }

            return new ImageFile(buffer, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(rented);

    private static byte[] BufferFor(Stream stream, int most)
    {
        long known = stream.CanSeek ? stream.Length - stream.Position : 64 * 1024;
        return ArrayPool<byte>.Shared.Rent((int)Math.Clamp(Math.Min(known, most), 1024, MaxBytes));
    }

    private static byte[] Larger(byte[] buffer, string name)
    {
        if (buffer.Length >= MaxBytes)
        {
            throw new ImageException(name, $"has more than {MaxBytes >> 20} MiB, which is no picture for a network.");
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * buffer.Length, MaxBytes));
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}

/// <summary>What the first bytes of a picture's file say.</summary>
/// <param name="Format">How it is stored.</param>
/// <param name="Width">Columns, as stored: before any rotation that <paramref name="Orientation"/> asks for.</param>
/// <param name="Height">Rows, as stored.</param>
/// <param name="Channels">Stored channels: 1 gray or palette, 2 gray with alpha, 3 color, 4 color with alpha or CMYK.</param>
/// <param name="BitDepth">Bits of one stored value.</param>
/// <param name="Orientation">EXIF's orientation, 1 … 8; 1 where the file has none: as stored.</param>
public sealed record ImageInfo(ImageFormat Format, int Width, int Height, int Channels, int BitDepth, int Orientation)
{
    /// <summary>Columns and rows after the rotation that <see cref="Orientation"/> asks for.</summary>
    public (int Width, int Height) UprightSize => Orientation >= 5 ? (Height, Width) : (Width, Height);
}

/// <summary>How a picture is stored.</summary>
public enum ImageFormat
{
    /// <summary>JPEG: baseline or progressive; gray, YCbCr, RGB, CMYK or YCCK.</summary>
    Jpeg,

    /// <summary>PNG of any kind.</summary>
    Png,

    /// <summary>WebP, with or without loss; of an animation the first frame.</summary>
    WebP,

    /// <summary>Windows' bitmap.</summary>
    Bmp,

    /// <summary>GIF; of an animation the first frame.</summary>
    Gif,

    /// <summary>TIFF of up to 16 bits a value; of several pages the first.</summary>
    Tiff,
}
