using ModelZoo.Data.Loading;
using ModelZoo.Imaging;
using ModelZoo.Training;

namespace ModelZoo.Data.Augmentation;

/// <summary>
/// All that a recipe changes in a training image, in this order: random resized crop or random crop (instead of the fit), padded crop, turn, scale and shift, flips, colour jitter, lighting,
/// and after the normalisation cutout and random erasing.
/// </summary>
internal sealed class Augmenter(Recipe recipe, Preprocessing preprocessing)
{
    /// <summary>Whether the part that is fitted to the input is drawn anew each time, so that nothing fitted can be kept.</summary>
    public bool CropsAtRandom { get; } = recipe.RandomResizedCrop > 0;

    /// <summary>Whether the input is cut at a random place out of the picture that <see cref="ImageFit.ShorterSide"/> gives.</summary>
    public bool CutsAtRandom { get; } = recipe.RandomCrop && preprocessing.Fit == Fit.Crop && preprocessing.ShorterSide >= Math.Max(preprocessing.Height, preprocessing.Width);

    /// <summary>The input's size, at a random place of a resized picture.</summary>
    public PixelImage Cut(PixelImage resized, SeededRandom random)
    {
        int top = random.Next(resized.Height - preprocessing.Height + 1);
        return resized.Crop(random.Next(resized.Width - preprocessing.Width + 1), top, preprocessing.Width, preprocessing.Height);
    }

    /// <summary>A random part of a whole picture, resized to the input.</summary>
    public PixelImage Crop(PixelImage whole, SeededRandom random) =>
        ImageFit.Resize(whole, preprocessing, RandomResizedCrop.Draw(whole.Width, whole.Height, recipe.RandomResizedCrop, recipe.RandomResizedCropRatio, random));

    /// <summary>What is done to bytes of the input's size.</summary>
    public PixelImage Change(PixelImage image, SeededRandom random)
    {
        if (recipe.RandomCropPadding is > 0 and var padding)
        {
            int top = random.Next(2 * padding + 1);
            image = PaddedCrop.Apply(image, padding, random.Next(2 * padding + 1), top, recipe.RandomCropMode == "reflect" ? PaddingMode.Reflect : PaddingMode.Zero);
        }

        if (recipe.MovesAtRandom)
        {
            image = Affine.Random(image, recipe.RandomRotation, recipe.RandomScale, recipe.RandomShift, random);
        }

        image = recipe.HorizontalFlip > 0 && random.NextDouble() < recipe.HorizontalFlip ? Flip.Horizontal(image) : image;
        image = recipe.VerticalFlip > 0 && random.NextDouble() < recipe.VerticalFlip ? Flip.Vertical(image) : image;
        return recipe.JittersColor ? ColorJitter.Random(image, recipe.Brightness, recipe.Contrast, recipe.Saturation, recipe.Hue, random) : image;
    }

    /// <summary>What is added to the colours.</summary>
    public (float Red, float Green, float Blue)? Light(SeededRandom random) => recipe.PcaLighting > 0 ? PcaLighting.Draw(recipe.PcaLighting, random) : null;

    /// <summary>What is taken out of the normalised image.</summary>
    public void Erase(Span<float> image, bool channelsLast, SeededRandom random)
    {
        var shape = new ImageShape(preprocessing.Channels, preprocessing.Height, preprocessing.Width);
        if (recipe.Cutout > 0)
        {
            Augmentation.Erasing.Apply(image, shape, Augmentation.Erasing.Cutout(shape.Width, shape.Height, recipe.Cutout, random), channelsLast);
        }

        if (recipe.RandomErasing > 0 && random.NextDouble() < recipe.RandomErasing && Augmentation.Erasing.Draw(shape.Width, shape.Height, random) is { } part)
        {
            Augmentation.Erasing.Apply(image, shape, part, channelsLast);
        }
    }
}
