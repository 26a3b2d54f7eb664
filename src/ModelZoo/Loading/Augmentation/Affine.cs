using System.Runtime.InteropServices;
using ModelZoo.Imaging;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Loading.Augmentation;

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

/// <summary>
/// Augmentation: every image of a batch is turned, scaled and moved by amounts of its own, with bilinear sampling and zeros coming in.
/// The amounts come from a <see cref="SeededRandom"/>, so that the same seed gives the same images.
/// </summary>
internal sealed class RandomAffine(Recipe recipe, SeededRandom random)
{
    /// <param name="images">[N,C,H,W], pixels not yet normalized (zero is background).</param>
    /// <returns>A new tensor of the same shape.</returns>
    public Tensor Apply(Tensor images)
    {
        (int count, int height, int width) = ((int)images.shape[0], (int)images.shape[2], (int)images.shape[3]);
        (float[] columns, float[] rows) = (Centers(width), Centers(height));
        using Tensor places = empty([count, height, width, 2], ScalarType.Float32);
        Span<float> all = MemoryMarshal.Cast<byte, float>(places.bytes);
        for (int n = 0; n < count; n++)
        {
            double angle = Within(recipe.RandomRotation) * Math.PI / 180;
            double scale = 1 / (1 + Within(recipe.RandomScale));
            (double x, double y) = (Within(recipe.RandomShift), Within(recipe.RandomShift));
            (double sin, double cos) = (Math.Sin(angle) * scale, Math.Cos(angle) * scale);

            // From output to input coordinates in [−1,1]: one pixel is 2/width wide. Rotation is in pixels, hence the ratio of the sides.
            (float, float, float) left = ((float)cos, (float)(-sin * height / width), (float)(2 * x / width));
            (float, float, float) top = ((float)(sin * width / height), (float)cos, (float)(2 * y / height));
            Fill(all.Slice(n * height * width * 2, height * width * 2), columns, rows, left, top);
        }

        using Tensor grid = places.to(images.device); // [N,H,W,2]
        return nn.functional.grid_sample(images, grid, align_corners: false);
    }

    // What affine_grid gives, to the bit; its product of many small matrices takes six times as long as the sampling.
    private static void Fill(Span<float> places, float[] columns, float[] rows, (float X, float Y, float One) left, (float X, float Y, float One) top)
    {
        int at = 0;
        foreach (float y in rows)
        {
            foreach (float x in columns)
            {
                places[at++] = x * left.X + y * left.Y + left.One;
                places[at++] = x * top.X + y * top.Y + top.One;
            }
        }
    }

    // The centers of the pixels, as affine_grid rounds them.
    private static float[] Centers(int count)
    {
        using DisposeScope scope = NewDisposeScope();
        return linspace(-1, 1, count, dtype: ScalarType.Float32).mul_((float)(count - 1)).div_((float)count).data<float>().ToArray();
    }

    private double Within(float most) => most == 0 ? 0 : (2 * random.NextDouble() - 1) * most;
}

/// <summary>
/// <see cref="Affine.Apply"/> for all images of a batch at once, to the byte, wherever the batch is; and the flips that follow it, as output places counted
/// from the other side.
/// </summary>
internal static class BatchAffine
{
    /// <param name="images">[B,H,W,C] uint8, contiguous.</param>
    /// <param name="places">[B], each with a move.</param>
    /// <returns>The same shape and type; the caller's, or its dispose scope's.</returns>
    public static Tensor Apply(Tensor images, ReadOnlySpan<Placement> places)
    {
        using DisposeScope scope = NewDisposeScope();
        (int height, int width) = ((int)images.shape[1], (int)images.shape[2]);
        (double middleX, double middleY) = ((width - 1) / 2.0, (height - 1) / 2.0);
        (double[] cosX, double[] sinX) = (new double[places.Length * width], new double[places.Length * width]);
        (double[] cosY, double[] sinY) = (new double[places.Length * height], new double[places.Length * height]);
        for (int b = 0; b < places.Length; b++)
        {
            AffineMove move = places[b].Move!.Value;
            (double sin, double cos) = Math.SinCos(move.Degrees * Math.PI / 180);
            for (int x = 0; x < width; x++)
            {
                double dx = ((places[b].Mirrored ? width - 1 - x : x) - middleX - move.Right) / move.Scale;
                (cosX[b * width + x], sinX[b * width + x]) = (cos * dx, sin * dx);
            }

            for (int y = 0; y < height; y++)
            {
                double dy = ((places[b].UpsideDown ? height - 1 - y : y) - middleY - move.Down) / move.Scale;
                (cosY[b * height + y], sinY[b * height + y]) = (cos * dy, sin * dy);
            }
        }

        // The place in the image that each pixel comes from, in the order of Affine.Apply's operations, so that the same bits decide about rounding.
        Tensor fromX = Columns(cosX).sub(Rows(sinY)).add_(middleX); // [B,H,W]
        Tensor fromY = Columns(sinX).add(Rows(cosY)).add_(middleY);
        (Tensor left, Tensor top) = (fromX.floor(), fromY.floor());
        (Tensor fx, Tensor fy) = (fromX.sub_(left).unsqueeze(3), fromY.sub_(top).unsqueeze(3)); // [B,H,W,1]
        (Tensor rx, Tensor ry) = (1 - fx, 1 - fy);
        Tensor first = arange(places.Length, dtype: ScalarType.Int64, device: images.device).mul_(height * width).view(-1, 1, 1); // [B,1,1], their first pixels
        Tensor pixels = images.view(-1, images.shape[3]); // [B·H·W,C]
        Tensor upper = rx.mul(At(0, 0)).add_(fx.mul(At(1, 0)));
        Tensor lower = rx.mul(At(0, 1)).add_(fx.mul(At(1, 1)));
        return ry.mul(upper).add_(fy.mul(lower)).round_().to(ScalarType.Byte).MoveToOuterDisposeScope();

        Tensor Columns(double[] values) => tensor(values, [values.Length / width, 1, width], device: images.device);

        Tensor Rows(double[] values) => tensor(values, [values.Length / height, height, 1], device: images.device);

        // [B,H,W,C], zero outside the image.
        Tensor At(int right, int down)
        {
            (Tensor x, Tensor y) = (left + right, top + down);
            Tensor inside = x.ge(0).logical_and_(x.lt(width)).logical_and_(y.ge(0)).logical_and_(y.lt(height)); // [B,H,W]
            Tensor index = y.clamp_(0, height - 1).mul_(width).add_(x.clamp_(0, width - 1)).to(ScalarType.Int64).add_(first);
            return pixels.index_select(0, index.view(-1)).view(images.shape).to(ScalarType.Float64).mul_(inside.unsqueeze(3));
        }
    }
}
