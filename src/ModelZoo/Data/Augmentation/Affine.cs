using ModelZoo.Imaging;

namespace ModelZoo.Data.Augmentation;

/// <summary>Pictures turned, scaled and moved about their middle, with bilinear sampling and black coming in.</summary>
public static class Affine
{
    /// <summary>Each amount is drawn evenly from −most to most.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="rotation">Degrees, at most.</param>
    /// <param name="scale">Share of the size, at most.</param>
    /// <param name="shift">Pixels along each axis, at most.</param>
    /// <param name="random">Where the draws come from.</param>
    public static PixelImage Random(PixelImage image, double rotation, double scale, double shift, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        AffineMove move = Draw(rotation, scale, shift, random);
        return Apply(image, move.Degrees, move.Scale, move.Right, move.Down);
    }

    /// <summary>The amounts of <see cref="Random"/>.</summary>
    internal static AffineMove Draw(double rotation, double scale, double shift, SeededRandom random)
    {
        double angle = Within(rotation), grown = 1 + Within(scale);
        double right = Within(shift);
        return new(angle, grown, right, Within(shift));

        double Within(double most) => most == 0 ? 0 : (2 * random.NextDouble() - 1) * most;
    }

    /// <summary>Turns a picture, scales it and moves it, in this order.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="degrees">Anticlockwise.</param>
    /// <param name="scale">Above 1: larger.</param>
    /// <param name="right">Pixels.</param>
    /// <param name="down">Pixels.</param>
    public static PixelImage Apply(PixelImage image, double degrees, double scale, double right, double down)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale);
        (double sin, double cos) = Math.SinCos(degrees * Math.PI / 180);
        (double middleX, double middleY) = ((image.Width - 1) / 2.0, (image.Height - 1) / 2.0);
        byte[] result = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        Span<byte> to = result;
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                (double dx, double dy) = ((x - middleX - right) / scale, (y - middleY - down) / scale);
                Sample(image, cos * dx - sin * dy + middleX, sin * dx + cos * dy + middleY, to.Slice(3 * (y * image.Width + x), 3));
            }
        }

        return new PixelImage(image.Width, image.Height, result, image.IsGray);
    }

    private static void Sample(PixelImage image, double x, double y, Span<byte> pixel)
    {
        (int left, int top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        (double fx, double fy) = (x - left, y - top);
        for (int c = 0; c < 3; c++)
        {
            double value = (1 - fy) * ((1 - fx) * At(image, left, top, c) + fx * At(image, left + 1, top, c))
                + fy * ((1 - fx) * At(image, left, top + 1, c) + fx * At(image, left + 1, top + 1, c));
            pixel[c] = (byte)Math.Round(value);
        }
    }

    private static byte At(PixelImage image, int x, int y, int channel) =>
        (uint)x < (uint)image.Width && (uint)y < (uint)image.Height ? image.Rgb[3 * (y * image.Width + x) + channel] : (byte)0;
}

/// <summary>What <see cref="Affine.Apply"/> is given.</summary>
/// <param name="Degrees">Anticlockwise.</param>
/// <param name="Scale">Above 1: larger.</param>
/// <param name="Right">Pixels.</param>
/// <param name="Down">Pixels.</param>
internal readonly record struct AffineMove(double Degrees, double Scale, double Right, double Down);
