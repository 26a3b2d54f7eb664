using System.Buffers.Binary;
using System.IO.Compression;
using ModelZoo.Data;
using ModelZoo.Imaging;

namespace ModelZoo.Tests.Data;

/// <summary>Pictures made of seeded noise, and PNG files of them.</summary>
internal static class Pictures
{
    public static PixelImage Noise(int width, int height, ulong seed = 1)
    {
        var random = new SeededRandom(seed);
        return new PixelImage(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(_ => (byte)random.Next(256))]);
    }

    /// <summary>Smooth, as photographs are.</summary>
    public static PixelImage Smooth(int width, int height, ulong seed = 1) => Resampling.Resize(Noise(Math.Max(2, width / 4), Math.Max(2, height / 4), seed), width, height, Interpolation.Bicubic);

    /// <summary>Class folders with <paramref name="each"/> PNG files of different sizes each.</summary>
    public static void WriteClasses(string root, string[] classes, int each, int least = 10)
    {
        foreach ((int label, string name) in classes.Index())
        {
            Directory.CreateDirectory(Path.Combine(root, name));
            for (int i = 0; i < each; i++)
            {
                File.WriteAllBytes(Path.Combine(root, name, $"{i:00}.png"), Png(Smooth(least + 3 * i, least + 5 + i, (ulong)(100 * label + i))));
            }
        }
    }

    /// <summary>An 8-bit RGB PNG file.</summary>
    public static byte[] Png(PixelImage image)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), image.Height);
        (header[8], header[9]) = (8, 2);
        Chunk("IHDR", header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int y = 0; y < image.Height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(image.Rgb.AsSpan(3 * y * image.Width, 3 * image.Width));
            }
        }

        Chunk("IDAT", packed.ToArray());
        Chunk("IEND", []);
        return file.ToArray();

        void Chunk(string type, byte[] data)
        {
            byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
            var number = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            file.Write(number);
            file.Write(body);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
            file.Write(number);
        }
    }

    private static uint Crc(byte[] data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
