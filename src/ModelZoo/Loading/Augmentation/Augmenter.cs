using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Training;

namespace ModelZoo.Loading.Augmentation;

/// <summary>
/// All that a recipe changes in a training image, in this order: random resized crop or random crop (instead of the fit), padded crop, turn, scale and shift,
/// flips, random operations, color jitter, lighting, and after the normalization cutout and random erasing. Every amount is drawn here, in this order, also for
/// <see cref="BatchAugmenter"/>, which changes all images of a batch at once.
/// </summary>
internal sealed class Augmenter
{
    private readonly Recipe recipe;
    private readonly Preprocessing preprocessing;

    /// <exception cref="ZooException">The input is too small to be mirrored so far.</exception>
    public Augmenter(Recipe recipe, Preprocessing preprocessing)
    {
        (this.recipe, this.preprocessing) = (recipe, preprocessing);
        if (Padding == PaddingMode.Reflect && recipe.RandomCropPadding >= Math.Min(preprocessing.Height, preprocessing.Width))
        {
            throw new ZooException($"random_crop_padding is {recipe.RandomCropPadding}; an input of {preprocessing.Height}×{preprocessing.Width} can be "
                + "mirrored by less than its shorter side. Lower it, or set random_crop_mode to zero.");
        }
    }

    /// <summary>Whether the part that is fitted to the input is drawn anew each time, so that nothing fitted can be kept.</summary>
    public bool CropsAtRandom => recipe.RandomResizedCrop > 0;

    /// <summary>Whether the input is cut at a random place out of the picture that <see cref="ImagePipeline.Uncropped"/> gives.</summary>
    public bool CutsAtRandom =>
        recipe.RandomCrop && preprocessing.Fit == Fit.Crop && preprocessing.ShorterSide >= Math.Min(preprocessing.Height, preprocessing.Width);

    /// <summary>What comes in at the edges of a padded crop.</summary>
    public PaddingMode Padding => recipe.RandomCropMode == "reflect" ? PaddingMode.Reflect : PaddingMode.Zero;

    /// <summary>The input's size, at a random place of a resized picture.</summary>
    public PixelImage Cut(PixelImage resized, SeededRandom random)
    {
        (int left, int top) = DrawCut(resized.Width, resized.Height, random);
        return resized.Crop(left, top, preprocessing.Width, preprocessing.Height);
    }

    /// <summary>Where the input begins in a resized picture of this size.</summary>
    public (int Left, int Top) DrawCut(int width, int height, SeededRandom random)
    {
        int top = random.Next(height - preprocessing.Height + 1);
        return (random.Next(width - preprocessing.Width + 1), top);
    }

    /// <summary>A random part of a whole picture, resized to the input.</summary>
    public PixelImage Crop(PixelImage whole, ImagePipeline pipeline, SeededRandom random) =>
        pipeline.Resized(whole, RandomResizedCrop.Draw(whole.Width, whole.Height, recipe.RandomResizedCrop, recipe.RandomResizedCropRatio, random));

    /// <summary>What is done to bytes of the input's size.</summary>
    public PixelImage Change(PixelImage image, SeededRandom random)
    {
        Placement place = DrawPlacement(random);
        image = recipe.RandomCropPadding > 0 ? PaddedCrop.Apply(image, recipe.RandomCropPadding, place.Left, place.Top, Padding) : image;
        image = place.Move is { } move ? Affine.Apply(image, move.Degrees, move.Scale, move.Right, move.Down) : image;
        image = place.Mirrored ? Flip.Horizontal(image) : image;
        image = place.UpsideDown ? Flip.Vertical(image) : image;
        image = recipe.AutoAugment switch
        {
            "rand_augment" => AutoAugment.RandAugment(image, recipe.RandAugmentOperations ?? 2, recipe.RandAugmentMagnitude ?? 9, random),
            "trivial_augment" => AutoAugment.TrivialAugment(image, random),
            "augmix" => AutoAugment.AugMix(image, recipe.AugmixSeverity ?? 3, random),
            _ => image,
        };
        return recipe.JittersColor ? ColorJitter.Random(image, recipe.Brightness, recipe.Contrast, recipe.Saturation, recipe.Hue, random) : image;
    }

    /// <summary>What <see cref="Change"/> moves the pixels by; the first of its draws.</summary>
    public Placement DrawPlacement(SeededRandom random)
    {
        int padding = recipe.RandomCropPadding;
        int top = padding > 0 ? random.Next(2 * padding + 1) : 0;
        int left = padding > 0 ? random.Next(2 * padding + 1) : 0;
        AffineMove? move = recipe.MovesAtRandom ? Affine.Draw(recipe.RandomRotation, recipe.RandomScale, recipe.RandomShift, random) : null;
        bool mirrored = recipe.HorizontalFlip > 0 && random.NextDouble() < recipe.HorizontalFlip;
        bool upsideDown = recipe.VerticalFlip > 0 && random.NextDouble() < recipe.VerticalFlip;
        return new(left, top, move, mirrored, upsideDown);
    }

    /// <summary>What is added to the colors.</summary>
    public (float Red, float Green, float Blue)? Light(SeededRandom random) => recipe.PcaLighting > 0 ? PcaLighting.Draw(recipe.PcaLighting, random) : null;

    /// <summary>What is taken out of the normalized image.</summary>
    public void Erase(Span<float> image, bool channelsLast, SeededRandom random)
    {
        var shape = new ImageShape(preprocessing.Channels, preprocessing.Height, preprocessing.Width);
        foreach ((int Left, int Top, int Width, int Height) part in DrawErased(random))
        {
            Augmentation.Erasing.Apply(image, shape, part, channelsLast);
        }
    }

    /// <summary>The rectangles of <see cref="Erase"/>.</summary>
    public IEnumerable<(int Left, int Top, int Width, int Height)> DrawErased(SeededRandom random)
    {
        if (recipe.Cutout > 0)
        {
            yield return Augmentation.Erasing.Cutout(preprocessing.Width, preprocessing.Height, recipe.Cutout, random);
        }

        if (recipe.RandomErasing > 0 && random.NextDouble() < recipe.RandomErasing
            && Augmentation.Erasing.Draw(preprocessing.Width, preprocessing.Height, random) is { } part)
        {
            yield return part;
        }
    }
}

/// <summary>Where the pixels of a training image come from.</summary>
/// <param name="Left">Where the padded crop begins, as in <see cref="PaddedCrop.Apply"/>; 0 without one.</param>
/// <param name="Top">The same.</param>
/// <param name="Move">How the crop is turned, scaled and moved, if it is.</param>
/// <param name="Mirrored">Whether left and right are exchanged then.</param>
/// <param name="UpsideDown">Whether top and bottom are.</param>
internal readonly record struct Placement(int Left, int Top, AffineMove? Move, bool Mirrored, bool UpsideDown);
