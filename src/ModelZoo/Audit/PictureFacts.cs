using System.Security.Cryptography;
using ModelZoo.Imaging;

namespace ModelZoo.Audit;

/// <summary>What the pixels of one picture say, measured while it is decoded.</summary>
public sealed record PictureFacts
{
    /// <summary>Rows and columns of the thumbnail that pictures are compared by.</summary>
    public const int Thumb = 32;

    /// <summary>Larger pictures are looked at as so many pixels on the longer side.</summary>
    public const int Longest = 384;

    private const int Tiles = 4, Window = 9; // of the blur
    private const double LeastContrast = 0.25; // of the mean tile's, for a tile to say how sharp a picture is

    /// <summary>Columns, upright.</summary>
    public required int Width { get; init; }

    /// <summary>Rows, upright.</summary>
    public required int Height { get; init; }

    /// <summary>The same for the same pixels: size and all.</summary>
    public required UInt128 PixelHash { get; init; }

    /// <summary>[32,32,3]: the picture, squeezed.</summary>
    public required ReadOnlyMemory<byte> Small { get; init; }

    /// <summary>Brightness that 5 % of the pixels do not reach, in [0,1].</summary>
    public required double Low { get; init; }

    /// <summary>The mean brightness, in [0,1].</summary>
    public required double Mean { get; init; }

    /// <summary>Brightness that 5 % of the pixels exceed, in [0,1].</summary>
    public required double High { get; init; }

    /// <summary>
    /// How blurred the sharpest of 4 × 4 tiles is, in [0,1]: what is left of the differences between neighbors after another blur (F. Crété, T. Dolmière,
    /// P. Ladret, M. Nicolas, "The blur effect: perception and estimation with a new no-reference perceptual blur metric", 2007). A sharp animal before a soft
    /// background is sharp; a tile with little in it says nothing. 0 where the picture is too small to tell.
    /// </summary>
    public required double Blur { get; init; }

    /// <summary>Why it cannot be read; null for a picture that can.</summary>
    public string? Problem { get; init; }

    /// <summary>The longer side over the shorter one.</summary>
    public double Aspect => (double)Math.Max(Width, Height) / Math.Min(Width, Height);

    /// <summary>Measures a picture.</summary>
    public static PictureFacts Of(PixelImage picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        double scale = Math.Min(1, (double)Longest / Math.Max(picture.Width, picture.Height));
        int width = Math.Max(1, (int)Math.Round(scale * picture.Width)), height = Math.Max(1, (int)Math.Round(scale * picture.Height));
        PixelImage seen = scale < 1 ? Resampling.Resize(picture, width, height, Interpolation.Bilinear) : picture;
        PixelImage small = Resampling.Resize(seen, Thumb, Thumb, Interpolation.Bilinear);
        byte[] luma = Luma(seen.Rgb);
        (double low, double mean, double high) = Brightness(luma);
        return new()
        {
            Width = picture.Width,
            Height = picture.Height,
            PixelHash = Hash(picture),
            Small = small.Rgb,
            Low = low,
            Mean = mean,
            High = high,
            Blur = BlurOf(luma, width, height),
        };
    }

    /// <summary>What stands for a picture that cannot be read.</summary>
    /// <param name="problem">Why, a sentence that names the file.</param>
    internal static PictureFacts Unreadable(string problem) => new()
    {
        Width = 1,
        Height = 1,
        PixelHash = 0,
        Small = new byte[3 * Thumb * Thumb],
        Low = 0,
        Mean = 0,
        High = 0,
        Blur = 0,
        Problem = problem,
    };

    /// <summary>ITU-R BT.601's luma, as Pillow's "L".</summary>
    internal static byte[] Luma(ReadOnlySpan<byte> rgb)
    {
        var luma = new byte[rgb.Length / 3];
        for (int i = 0, at = 0; i < luma.Length; i++, at += 3)
        {
            luma[i] = (byte)(((19595 * rgb[at]) + (38470 * rgb[at + 1]) + (7471 * rgb[at + 2]) + 0x8000) >> 16);
        }

        return luma;
    }

    private static UInt128 Hash(PixelImage picture)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(picture.Rgb, digest);
        return BitConverter.ToUInt128(digest) ^ ((UInt128)(uint)picture.Width << 32) ^ (uint)picture.Height;
    }

    private static (double Low, double Mean, double High) Brightness(byte[] luma)
    {
        var counts = new int[256];
        foreach (byte value in luma)
        {
            counts[value]++;
        }

        double mean = counts.Index().Sum(c => (double)c.Index * c.Item) / luma.Length / 255;
        return (Quantile(0.05), mean, Quantile(0.95));

        double Quantile(double share)
        {
            long below = 0;
            for (int value = 0; value < 256; value++)
            {
                below += counts[value];
                if (below >= share * luma.Length)
                {
                    return value / 255.0;
                }
            }

            return 1;
        }
    }

    private static double BlurOf(byte[] luma, int width, int height)
    {
        if (Math.Min(width, height) < Tiles * 4)
        {
            return 0;
        }

        // Of each tile: the differences along the rows and along the columns, and how much of them another blur takes away.
        var sharp = new double[2, Tiles * Tiles];
        var kept = new double[2, Tiles * Tiles];
        for (int y = 0; y < height; y++)
        {
            Line(luma.AsSpan(y * width, width), 1, width, x => ((y * Tiles / height) * Tiles) + (x * Tiles / width), 0);
        }

        for (int x = 0; x < width; x++)
        {
            Line(luma.AsSpan(x), width, height, y => ((y * Tiles / height) * Tiles) + (x * Tiles / width), 1);
        }

        double blur = 1, enough = LeastContrast * Enumerable.Range(0, Tiles * Tiles).Average(t => sharp[0, t] + sharp[1, t]);
        for (int t = 0; t < Tiles * Tiles; t++)
        {
            if (sharp[0, t] + sharp[1, t] > enough && enough > 0)
            {
                blur = Math.Min(blur, Math.Max(Left(0, t), Left(1, t)));
            }
        }

        return blur;

        double Left(int axis, int t) => sharp[axis, t] > 0 ? 1 - (kept[axis, t] / sharp[axis, t]) : 0;

        void Line(ReadOnlySpan<byte> values, int step, int length, Func<int, int> tile, int axis)
        {
            // The mean of the window moves by what comes in less what goes out.
            const int half = Window / 2;
            for (int i = 1; i < length; i++)
            {
                int own = Math.Abs(values[i * step] - values[(i - 1) * step]);
                int entered = values[Math.Min(i + half, length - 1) * step], left = values[Math.Max(i - 1 - half, 0) * step];
                double blurred = Math.Abs(entered - left) / (double)Window;
                int t = tile(i);
                sharp[axis, t] += own;
                kept[axis, t] += Math.Max(0, own - blurred);
            }
        }
    }
}
