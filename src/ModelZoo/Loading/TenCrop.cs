using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading.Augmentation;
using TorchSharp;
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
    public static ImageLoader Open(LabeledImages images, Preprocessing preprocessing, LoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        return preprocessing.Fit == Fit.Crop && preprocessing.ShorterSide >= Math.Min(preprocessing.Height, preprocessing.Width)
            ? new ImageLoader(images, preprocessing, (options ?? new()) with { ChannelsLast = false }, (maker, index, destination, last) =>
                maker.MakeTen(index, destination, last), Views)
            : throw new ZooException("Ten crops are cut out of an image that is larger than the input; these weights take the whole image "
                + $"({preprocessing.Height}×{preprocessing.Width}).");
    }

    /// <summary>A model of [B,10·C,H,W] whose outputs [B,classes] are the logarithms of the crops' mean probabilities. It does not own the given one.</summary>
    /// <param name="model">[N,C,H,W] to logits [N,classes].</param>
    public static nn.Module<Tensor, Tensor> Average(nn.Module<Tensor, Tensor> model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new Averaged(model);
    }

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

    private sealed class Averaged : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> model;

        public Averaged(nn.Module<Tensor, Tensor> model)
            : base(nameof(TenCrop))
        {
            this.model = model;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            long[] s = input.shape;                                                             // [B,10·C,H,W]
            Tensor logits = model.call(input.reshape(s[0] * Views, s[1] / Views, s[2], s[3])); // [B·10,K]
            Tensor mean = nn.functional.softmax(logits, 1).reshape(s[0], Views, -1).mean([1]);  // [B,K]
            return mean.clamp_min(1.17549435e-38f).log().MoveToOuterDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing: false); // the inner model is its owner's
        }
    }
}
