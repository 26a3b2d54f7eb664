using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace ModelZoo.Plots;

/// <summary>Small images side by side, each pixel as a square.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Images">In rows.</param>
/// <param name="Columns">Images in a row.</param>
public sealed record ImageGrid(string Title, IReadOnlyList<PlotImage> Images, int Columns) : Figure(Title)
{
    /// <summary>A name over each row; null for none.</summary>
    public IReadOnlyList<string>? Rows { get; init; }
}

/// <summary>One image.</summary>
/// <param name="Label">Under it; may be empty.</param>
/// <param name="Width">Columns of pixels.</param>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Channels">1 for gray, 3 for red, green, blue.</param>
/// <param name="Pixels">[H,W,C], 0 … 255.</param>
public sealed record PlotImage(string Label, int Width, int Height, int Channels, byte[] Pixels)
{
    /// <summary>A gray image of numbers: <paramref name="low"/> becomes black, <paramref name="high"/> white; null for the least and the greatest.</summary>
    /// <param name="label">Under it.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="values">[H,W].</param>
    /// <param name="low">What is black.</param>
    /// <param name="high">What is white.</param>
    public static PlotImage Gray(string label, int width, int height, ReadOnlySpan<float> values, double? low = null, double? high = null)
    {
        (double least, double greatest) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (float value in values)
        {
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        }

        (double from, double to) = (low ?? least, high ?? greatest);
        var pixels = new byte[values.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            double share = to > from ? (values[i] - from) / (to - from) : 0.5;
            pixels[i] = (byte)Math.Round(255 * Math.Clamp(double.IsFinite(share) ? share : 0, 0, 1));
        }

        return new(label, width, height, 1, pixels);
    }
}

/// <summary>Writes PNG files of 8 bits a channel (W3C, Portable Network Graphics, third edition): enough for the pictures of a page.</summary>
public static class Png
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256)
        .Select(n => Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) == 1 ? 0xEDB88320u ^ (c >> 1) : c >> 1))];

    /// <summary>The file's bytes.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1 for gray, 3 for red, green, blue.</param>
    /// <param name="pixels">[H,W,C].</param>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public static byte[] Encode(int width, int height, int channels, ReadOnlySpan<byte> pixels)
    {
        if (width < 1 || height < 1 || channels is not (1 or 3) || pixels.Length != (long)width * height * channels)
        {
            throw new ArgumentException($"{width}×{height} pixels of {channels} channels (1 or 3) are not {pixels.Length} bytes.");
        }

        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> head = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], height);
        (head[8], head[9]) = (8, (byte)(channels == 1 ? 0 : 2));
        Chunk(file, "IHDR", head);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (int row = 0; row < height; row++)
            {
                zlib.WriteByte(0); // no filter
                zlib.Write(pixels.Slice(row * width * channels, width * channels));
            }
        }

        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, string type, ReadOnlySpan<byte> data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        uint crc = uint.MaxValue;
        foreach (byte b in body)
        {
            crc = Table[(crc ^ b) & 0xFF] ^ (crc >> 8);
        }

        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        file.Write(number);
    }
}
