using System.Globalization;
using ModelZoo.Imaging;

namespace ModelZoo.Loading.Augmentation;

/// <summary>
/// Where each pixel of a picture comes from, (A·x + B·y + C, D·x + E·y + F), with the roundings of torchvision's matrices and Pillow's
/// <c>Image.transform</c>.
/// </summary>
internal readonly record struct AffineMatrix(double A, double B, double C, double D, double E, double F)
{
    // torchvision goes by way of degrees.
    private static double ThereAndBack(double radians) => radians * (180 / Math.PI) * (Math.PI / 180);

    /// <summary>Rows and columns pushed along each other about the upper left corner.</summary>
    /// <param name="x">The angle by which columns lean, in radians.</param>
    /// <param name="y">The same of rows.</param>
    public static AffineMatrix Shear(double x, double y) => Of(ThereAndBack(x), ThereAndBack(y), 0, 0, 0, 0);

    /// <summary>The picture moved to the right and down.</summary>
    public static AffineMatrix Translation(PixelImage image, int right, int down) => Of(0, 0, right, down, image.Width * 0.5, image.Height * 0.5);

    /// <summary>The picture turned about its middle, against the clock.</summary>
    public static AffineMatrix Rotation(PixelImage image, double degrees)
    {
        // Pillow's Image.rotate.
        double turn = degrees % 360;
        double angle = -(turn < 0 ? turn + 360 : turn) * (Math.PI / 180), middleX = image.Width / 2.0, middleY = image.Height / 2.0;
        double cos = Rounded(Math.Cos(angle)), sin = Rounded(Math.Sin(angle));
        return new(cos, sin, cos * -middleX + sin * -middleY + 0 + middleX, -sin, cos, -sin * -middleX + cos * -middleY + 0 + middleY);
    }

    // torchvision's _get_inverse_affine_matrix without turn and scale.
    private static AffineMatrix Of(double sx, double sy, double tx, double ty, double cx, double cy)
    {
        double a = Math.Cos(-sy) / Math.Cos(sy), b = -Math.Cos(-sy) * Math.Tan(sx) / Math.Cos(sy);
        double c = Math.Sin(-sy) / Math.Cos(sy), d = -Math.Sin(-sy) * Math.Tan(sx) / Math.Cos(sy) + 1;
        return new(d, -b, 0 + (d * (-cx - tx) + -b * (-cy - ty)) + cx, -c, a, 0 + (-c * (-cx - tx) + a * (-cy - ty)) + cy);
    }

    /// <summary>The nearest pixels; black where there are none.</summary>
    public PixelImage Nearest(PixelImage image)
    {
        (int width, int height) = (image.Width, image.Height);
        var result = new byte[image.Rgb.Length];
        if (B == 0 && D == 0)
        {
            double fromY = F + E * 0.5;
            for (int y = 0; y < height; y++, fromY += E)
            {
                double fromX = C + A * 0.5;
                for (int x = 0; x < width; x++, fromX += A)
                {
                    Copy(x, y, fromX < 0 ? -1 : (int)fromX, fromY < 0 ? -1 : (int)fromY);
                }
            }

            return new PixelImage(width, height, result, image.IsGray);
        }

        // In 65,536ths of a pixel, as Pillow has it.
        (int a, int b, int d, int e) = (Fixed(A), Fixed(B), Fixed(D), Fixed(E));
        (int startX, int startY) = (Fixed(C + A * 0.5 + B * 0.5), Fixed(F + D * 0.5 + E * 0.5));
        for (int y = 0; y < height; y++, startX += b, startY += e)
        {
            for (int x = 0, atX = startX, atY = startY; x < width; x++, atX += a, atY += d)
            {
                Copy(x, y, atX >> 16, atY >> 16);
            }
        }

        return new PixelImage(width, height, result, image.IsGray);

        void Copy(int x, int y, int fromX, int fromY)
        {
            if (fromX >= 0 && fromX < width && fromY >= 0 && fromY < height)
            {
                image.Rgb.AsSpan(3 * (fromY * width + fromX), 3).CopyTo(result.AsSpan(3 * (y * width + x)));
            }
        }
    }

    /// <summary>Interpolated between the four pixels around; black where the place is outside the picture.</summary>
    public PixelImage Bilinear(PixelImage image)
    {
        (int width, int height) = (image.Width, image.Height);
        var result = new byte[image.Rgb.Length];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double fromX = A * (x + 0.5) + B * (y + 0.5) + C, fromY = D * (x + 0.5) + E * (y + 0.5) + F;
                if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height)
                {
                    continue;
                }

                (double left, double top) = (Math.Floor(fromX - 0.5), Math.Floor(fromY - 0.5));
                (double dx, double dy) = (fromX - 0.5 - left, fromY - 0.5 - top);
                (int x0, int x1) = (Math.Clamp((int)left, 0, width - 1), Math.Clamp((int)left + 1, 0, width - 1));
                int row = Math.Clamp((int)top, 0, height - 1), next = (int)top + 1 < height ? (int)top + 1 : row;
                for (int c = 0; c < 3; c++)
                {
                    double upper = Between(row, c), lower = Between(next, c);
                    result[3 * (y * width + x) + c] = (byte)(upper + (lower - upper) * dy);
                }

                double Between(int at, int c)
                {
                    (double a, double b) = (image.Rgb[3 * (at * width + x0) + c], image.Rgb[3 * (at * width + x1) + c]);
                    return a + (b - a) * dx;
                }
            }
        }

        return new PixelImage(width, height, result, image.IsGray);
    }

    // As Python rounds: to the double that is nearest to the decimal number.
    private static double Rounded(double value) =>
        double.Parse(value.ToString("F15", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static int Fixed(double value) => (int)Math.Floor(value * 65536 + 0.5);
}
