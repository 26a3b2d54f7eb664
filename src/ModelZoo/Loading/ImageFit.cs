using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading.Augmentation;

namespace ModelZoo.Loading;

/// <summary>Brings pictures to a model's input size as bytes: what <see cref="ImageTransform"/> does, before the bytes become numbers.</summary>
internal static class ImageFit
{
    /// <summary>The picture as Height×Width bytes of the preprocessing; gray where the model takes one channel.</summary>
    /// <exception cref="ZooException">It may only be padded and is larger.</exception>
    public static PixelImage Apply(PixelImage image, Preprocessing p, string name)
    {
        image = p.Channels == 1 ? Gray(image) : image;
        (int width, int height) = p.Fit switch
        {
            Fit.Crop => ImageTransform.ShorterSideTo(p.ShorterSide, image.Width, image.Height),
            Fit.Pad => (image.Width, image.Height),
            _ => (p.Width - 2 * p.Border, p.Height - 2 * p.Border),
        };
        if (p.Fit == Fit.Pad && (width > p.Width || height > p.Height))
        {
            throw new ImageException(name, $"has {width}×{height} pixels and cannot be padded to {p.Width}×{p.Height}. Resize it to at most that size first.");
        }

        (int left, int columns, int column) = Middle(width, p.Width);
        (int top, int rows, int row) = Middle(height, p.Height);
        bool asItIs = (width, height, columns, rows) == (image.Width, image.Height, image.Width, image.Height);
        PixelImage part = asItIs ? image : Resampling.Resize(image, width, height, p.Interpolation, window: new Rectangle(left, top, columns, rows));
        return columns == p.Width && rows == p.Height ? part : Within(part, p.Width, p.Height, column, row);
    }

    /// <summary>The picture before the crop of <see cref="Fit.Crop"/>.</summary>
    public static PixelImage ShorterSide(PixelImage image, Preprocessing p)
    {
        image = p.Channels == 1 ? Gray(image) : image;
        (int width, int height) = ImageTransform.ShorterSideTo(p.ShorterSide, image.Width, image.Height);
        return Resampling.Resize(image, width, height, p.Interpolation);
    }

    /// <summary>A part of the picture, resized to the input.</summary>
    public static PixelImage Resize(PixelImage image, Preprocessing p, (int Left, int Top, int Width, int Height) part)
    {
        image = p.Channels == 1 ? Gray(image) : image;
        return Resampling.Resize(image, p.Width, p.Height, p.Interpolation, crop: new Rectangle(part.Left, part.Top, part.Width, part.Height));
    }

    /// <summary>The bytes of a picture side by side with as many channels as the model takes.</summary>
    /// <param name="image">Gray where there is one channel.</param>
    /// <param name="destination">[H,W,C], C being 1 or 3.</param>
    public static void Write(PixelImage image, Span<byte> destination)
    {
        if (destination.Length == image.Rgb.Length)
        {
            image.Rgb.CopyTo(destination);
            return;
        }

        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = image.Rgb[3 * i];
        }
    }

    // What lacks is zero. torchvision rounds a half to the even offset when it cuts, and down when it pads.
    private static (int Offset, int Count, int Position) Middle(int have, int want) =>
        have >= want ? ((int)Math.Round((have - want) / 2.0), want, 0) : (0, have, (want - have) / 2);

    private static PixelImage Within(PixelImage part, int width, int height, int left, int top)
    {
        var rgb = new byte[3 * width * height];
        for (int y = 0; y < part.Height; y++)
        {
            part.Rgb.AsSpan(3 * y * part.Width, 3 * part.Width).CopyTo(rgb.AsSpan(3 * ((y + top) * width + left)));
        }

        return new PixelImage(width, height, rgb, part.IsGray);
    }

    private static PixelImage Gray(PixelImage image)
    {
        if (image.IsGray)
        {
            return image;
        }

        byte[] gray = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        ReadOnlySpan<byte> rgb = image.Rgb;
        for (int i = 0; i + 2 < rgb.Length; i += 3)
        {
            gray.AsSpan(i, 3).Fill(ColorJitter.Luma(rgb[i], rgb[i + 1], rgb[i + 2]));
        }

        return new PixelImage(image.Width, image.Height, gray, isGray: true);
    }
}

/// <summary>
/// Makes one example of a model's input: decoded (or kept from before), fitted or cropped at random, changed, normalized. Threads may share one.
/// </summary>
internal sealed class ExampleMaker
{
    private readonly LabeledImages images;
    private readonly Preprocessing preprocessing;
    private readonly Normalizer normalizer;
    private readonly ImageCache fitted;
    private readonly ImageCache whole;

    public ExampleMaker(LabeledImages images, Preprocessing preprocessing, long cacheBytes)
    {
        (this.images, this.preprocessing) = (images, preprocessing);
        normalizer = new Normalizer(preprocessing);
        (fitted, whole) = (new ImageCache(images.Count, cacheBytes), new ImageCache(images.Count, cacheBytes));
    }

    /// <summary>An example for measuring.</summary>
    public void Make(int index, Span<float> destination, bool channelsLast) => normalizer.Write(Fitted(index), destination, channelsLast);

    /// <summary>An example for training.</summary>
    public void Make(int index, Augmenter augmenter, SeededRandom random, Span<float> destination, bool channelsLast)
    {
        PixelImage image = augmenter.CropsAtRandom ? augmenter.Crop(whole.GetOrMake(index, images.Picture), random)
            : augmenter.CutsAtRandom ? augmenter.Cut(Resized(index), random)
            : Fitted(index);
        image = augmenter.Change(image, random);
        normalizer.Write(image, destination, channelsLast, augmenter.Light(random));
        augmenter.Erase(destination, channelsLast, random);
    }

    /// <summary>Ten crops for measuring, one after the other; never with the channels last, which is a matter of one image.</summary>
    public void MakeTen(int index, Span<float> destination, bool channelsLast)
    {
        PixelImage resized = Resized(index);
        int length = destination.Length / TenCrop.Views;
        foreach ((int view, PixelImage crop) in TenCrop.Of(resized, preprocessing.Width, preprocessing.Height).Index())
        {
            normalizer.Write(crop, destination.Slice(view * length, length), channelsLast);
        }
    }

    private PixelImage Resized(int index) => whole.GetOrMake(index, i => ImageFit.ShorterSide(images.Picture(i), preprocessing));

    private PixelImage Fitted(int index) => fitted.GetOrMake(index, i => ImageFit.Apply(images.Picture(i), preprocessing, images.NameOf(i)));
}
