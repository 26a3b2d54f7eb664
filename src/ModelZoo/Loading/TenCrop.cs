using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading.Augmentation;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>
/// Ten-crop evaluation: of each image, resized as for the center crop, the four corners and the middle, and their mirror images; the ten answers' probabilities
/// are averaged (A. Krizhevsky et al., NIPS 2012, section 4.1; torchvision's TenCrop).
/// </summary>
public static class TenCrop
{
    /// <summary>Crops of an image.</summary>
    public const int Views = 10;

    /// <summary>Opens images for a model that <see cref="Average"/> made: examples of [10·C,H,W], crop after crop.</summary>
    /// <param name="images">The data.</param>
    /// <param name="preprocessing">The model's; it must cut the middle out of a larger image.</param>
    /// <param name="options">Workers, bad images, device.</param>
    /// <exception cref="ZooException">The preprocessing does not crop.</exception>
    public static ImageLoader Open(LabeledImages images, Preprocessing preprocessing, LoaderOptions? options = null) =>
        Open(images, preprocessing, TestViews.TenCrops, options);

    /// <summary>The same for five or ten.</summary>
    /// <param name="images">The data.</param>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="views">Which crops; not mirror images of the whole, which need no loader of their own.</param>
    /// <param name="options">Workers, bad images, device.</param>
    /// <exception cref="ZooException">The preprocessing does not crop.</exception>
    public static ImageLoader Open(LabeledImages images, Preprocessing preprocessing, TestViews views, LoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(views);
        views.MustSuit(preprocessing);
        return new ImageLoader(images, preprocessing, (options ?? new()) with { ChannelsLast = false }, (maker, index, destination, last) =>
            maker.MakeCrops(index, views, destination, last), views.Count);
    }

    /// <summary>A model of [B,10·C,H,W] whose outputs [B,classes] are the logarithms of the crops' mean probabilities. It does not own the given one.</summary>
    /// <param name="model">[N,C,H,W] to logits [N,classes].</param>
    public static nn.Module<Tensor, Tensor> Average(nn.Module<Tensor, Tensor> model) => TestViews.TenCrops.Average(model);

    /// <summary>The corners and the middle (upper left, upper right, lower left, lower right, middle), then the same of the mirrored image.</summary>
    /// <param name="image">At least as large as a crop.</param>
    /// <param name="width">Columns of a crop.</param>
    /// <param name="height">Rows of a crop.</param>
    public static IReadOnlyList<PixelImage> Of(PixelImage image, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(image);
        return [.. Five(image, width, height), .. Five(Flip.Horizontal(image), width, height)];
    }

    private static PixelImage[] Five(PixelImage image, int width, int height)
    {
        (int right, int below) = (image.Width - width, image.Height - height);
        return
        [
            image.Crop(0, 0, width, height), image.Crop(right, 0, width, height), image.Crop(0, below, width, height), image.Crop(right, below, width, height),
            image.Crop((int)Math.Round(right / 2.0), (int)Math.Round(below / 2.0), width, height),
        ];
    }
}
