namespace ModelZoo.Training;

// How training images are changed at random; the definitions are in ModelZoo.Loading.Augmentation.
public sealed partial record Recipe
{
    private static readonly string[] CropModes = ["zero", "reflect"];

    /// <summary>
    /// Augmentation: each training image is padded by this many pixels on every side, and a part of its first size is cut out at a random place
    /// (<see cref="Loading.Augmentation.PaddedCrop"/>).
    /// </summary>
    public int RandomCropPadding { get; init; }

    /// <summary>With <see cref="RandomCropPadding"/>: "zero" pads with black, "reflect" mirrors.</summary>
    public string RandomCropMode { get; init; } = "zero";

    /// <summary>Augmentation: the share of the training images that are mirrored left to right.</summary>
    public double HorizontalFlip { get; init; }

    /// <summary>Augmentation: the share of the training images that are mirrored top to bottom.</summary>
    public double VerticalFlip { get; init; }

    /// <summary>
    /// Augmentation: the input is cut at a random place out of the resized picture, instead of from its middle, as AlexNet and VGG were trained; only where the
    /// model's preprocessing cuts (<see cref="ModelZoo.Imaging.Fit.Crop"/>), and not together with
    /// <see cref="ModelZoo.Loading.Augmentation.RandomResizedCrop"/>.
    /// </summary>
    public bool RandomCrop { get; init; }

    /// <summary>
    /// Augmentation: instead of the whole image, a part of at least this share of its area (0.08 in the paper) is resized to the input
    /// (<see cref="Loading.Augmentation.RandomResizedCrop"/>); 0: off.
    /// </summary>
    public double RandomResizedCrop { get; init; }

    /// <summary>With <see cref="RandomResizedCrop"/>: the largest width per height of the part, and of its height per width.</summary>
    public double RandomResizedCropRatio { get; init; } = 4.0 / 3;

    /// <summary>Augmentation: the brightness changes by up to this factor (<see cref="Loading.Augmentation.ColorJitter"/>).</summary>
    public double Brightness { get; init; }

    /// <summary>Augmentation: the contrast changes by up to this factor.</summary>
    public double Contrast { get; init; }

    /// <summary>Augmentation: the saturation changes by up to this factor.</summary>
    public double Saturation { get; init; }

    /// <summary>Augmentation: the hue turns by up to this share of the circle.</summary>
    public double Hue { get; init; }

    /// <summary>Augmentation: the standard deviation of AlexNet's color shift (<see cref="Loading.Augmentation.PcaLighting"/>), 0.1 in the paper.</summary>
    public double PcaLighting { get; init; }

    /// <summary>
    /// Augmentation: the side of a square that is taken out of each training image, in pixels (<see cref="Loading.Augmentation.Erasing.Cutout"/>).
    /// </summary>
    public int Cutout { get; init; }

    /// <summary>
    /// Augmentation: the share of the training images that a random rectangle is taken out of (<see cref="Loading.Augmentation.Erasing.Draw"/>).
    /// </summary>
    public double RandomErasing { get; init; }

    /// <summary>
    /// Augmentation: α of mixup, which blends each training image and its label with another's (<see cref="Loading.Augmentation.Mixing"/>); 0: off.
    /// </summary>
    public double Mixup { get; init; }

    /// <summary>
    /// Augmentation: α of CutMix, which replaces a rectangle of each training image by another's; 0: off. With mixup as well, each step takes one of them.
    /// </summary>
    public double Cutmix { get; init; }

    /// <summary>Whether training images are changed at random.</summary>
    public bool Augments => MovesAtRandom || ChangesPictures || MixesImages;

    /// <summary>Whether they are turned, scaled or moved by parts of pixels.</summary>
    internal bool MovesAtRandom => RandomShift > 0 || RandomRotation > 0 || RandomScale > 0;

    /// <summary>Whether they are changed in ways that are defined on bytes of 255ths (<see cref="Loading.Augmentation.Augmenter"/>).</summary>
    internal bool ChangesPictures =>
        RandomCrop || RandomCropPadding > 0 || HorizontalFlip > 0 || VerticalFlip > 0 || NeedsPictures || PcaLighting > 0 || Cutout > 0 || RandomErasing > 0;

    /// <summary>
    /// Whether among these are some that are done picture by picture alone; for all others there are tensor operations too
    /// (<see cref="Loading.Augmentation.BatchAugmenter"/>).
    /// </summary>
    internal bool NeedsPictures => RandomResizedCrop > 0 || JittersColor;

    /// <summary>Whether the images of a batch are mixed with each other.</summary>
    internal bool MixesImages => Mixup > 0 || Cutmix > 0;

    internal bool JittersColor => Brightness > 0 || Contrast > 0 || Saturation > 0 || Hue > 0;

    private void ValidateAugmentation(Action<bool, string, IFormattable, string> range, Action<string, string, IReadOnlyList<string>> oneOf)
    {
        range(RandomShift is >= 0 and <= 1000, "random_shift", RandomShift, "0 … 1000 (pixels)");
        range(RandomRotation is >= 0 and <= 180, "random_rotation", RandomRotation, "0 … 180 (degrees)");
        range(RandomScale is >= 0 and < 1, "random_scale", RandomScale, "0 … below 1");
        range(RandomCropPadding is >= 0 and <= 1000, "random_crop_padding", RandomCropPadding, "0 … 1000 (pixels)");
        oneOf("random_crop_mode", RandomCropMode, CropModes);
        range(HorizontalFlip is >= 0 and <= 1, "horizontal_flip", HorizontalFlip, "0 … 1");
        range(VerticalFlip is >= 0 and <= 1, "vertical_flip", VerticalFlip, "0 … 1");
        range(RandomResizedCrop is >= 0 and <= 1, "random_resized_crop", RandomResizedCrop, "0 … 1 (the least share of the area)");
        range(RandomResizedCrop == 0 || !RandomCrop, "random_resized_crop", RandomResizedCrop, "0 where random_crop is true");
        range(RandomResizedCropRatio is >= 1 and <= 10, "random_resized_crop_ratio", RandomResizedCropRatio, "1 … 10");
        range(Brightness is >= 0 and <= 10, "brightness", Brightness, "0 … 10");
        range(Contrast is >= 0 and <= 10, "contrast", Contrast, "0 … 10");
        range(Saturation is >= 0 and <= 10, "saturation", Saturation, "0 … 10");
        range(Hue is >= 0 and <= 0.5, "hue", Hue, "0 … 0.5 (of a turn)");
        range(PcaLighting is >= 0 and <= 10, "pca_lighting", PcaLighting, "0 … 10");
        range(Cutout is >= 0 and <= 10_000, "cutout", Cutout, "0 … 10000 (pixels)");
        range(RandomErasing is >= 0 and <= 1, "random_erasing", RandomErasing, "0 … 1");
        range(Mixup is >= 0 and <= 1000, "mixup", Mixup, "0 … 1000");
        range(Cutmix is >= 0 and <= 1000, "cutmix", Cutmix, "0 … 1000");
    }
}
