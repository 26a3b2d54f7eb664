using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

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

    /// <summary>
    /// Augmentation by random operations (<see cref="Loading.Augmentation.AutoAugment"/>), one of <see cref="AutoAugments"/>; null: none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AutoAugment { get; init; }

    /// <summary>With rand_augment: operations on each image; null: 2.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? RandAugmentOperations { get; init; }

    /// <summary>With rand_augment: how far each goes, 0 … 30; null: 9.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? RandAugmentMagnitude { get; init; }

    /// <summary>With augmix: how far each operation may go, 1 … 10; null: 3.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? AugmixSeverity { get; init; }

    /// <summary>
    /// Progressive resizing: the side of the square input in each of as many equal parts of the epochs, the last being the input's; null: always that. What was
    /// learned on small pictures in a fraction of the time is gone on with on larger ones.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StepList? ProgressiveSizes { get; init; }

    /// <summary>What <see cref="AutoAugment"/> may be.</summary>
    public static IReadOnlyList<string> AutoAugments { get; } = ["none", "rand_augment", "trivial_augment", "augmix"];

    /// <summary>Whether training images are changed at random.</summary>
    public bool Augments => MovesAtRandom || ChangesPictures || MixesImages;

    /// <summary>The side of the input in an epoch, from 1; null: the input's own.</summary>
    internal int? SideIn(int epoch) =>
        ProgressiveSizes is { Count: > 0 } sizes ? sizes[(int)((long)Math.Clamp(epoch - 1, 0, Epochs - 1) * sizes.Count / Epochs)] : null;

    internal bool Operates => AutoAugment is not null and not "none";

    /// <summary>Whether they are turned, scaled or moved by parts of pixels.</summary>
    internal bool MovesAtRandom => RandomShift > 0 || RandomRotation > 0 || RandomScale > 0;

    /// <summary>Whether they are changed in ways that are defined on bytes of 255ths (<see cref="Loading.Augmentation.Augmenter"/>).</summary>
    internal bool ChangesPictures =>
        RandomCrop || RandomCropPadding > 0 || HorizontalFlip > 0 || VerticalFlip > 0 || NeedsPictures || PcaLighting > 0 || Cutout > 0 || RandomErasing > 0;

    /// <summary>
    /// Whether among these are some that are done picture by picture alone; for all others there are tensor operations too
    /// (<see cref="Loading.Augmentation.BatchAugmenter"/>).
    /// </summary>
    internal bool NeedsPictures => RandomResizedCrop > 0 || JittersColor || Operates || ProgressiveSizes is not null;

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
        oneOf("auto_augment", AutoAugment ?? AutoAugments[0], AutoAugments);
        range(RandAugmentOperations is null or (>= 1 and <= 15), "rand_augment_operations", RandAugmentOperations ?? 0, "1 … 15");
        range(RandAugmentMagnitude is null or (>= 0 and <= 30), "rand_augment_magnitude", RandAugmentMagnitude ?? 0, "0 … 30");
        range(AugmixSeverity is null or (>= 1 and <= 10), "augmix_severity", AugmixSeverity ?? 0, "1 … 10");
        range(AutoAugment == "rand_augment" || RandAugmentOperations is null, "rand_augment_operations", RandAugmentOperations ?? 0,
            "left out unless auto_augment is rand_augment");
        range(AutoAugment == "rand_augment" || RandAugmentMagnitude is null, "rand_augment_magnitude", RandAugmentMagnitude ?? 0,
            "left out unless auto_augment is rand_augment");
        range(AutoAugment == "augmix" || AugmixSeverity is null, "augmix_severity", AugmixSeverity ?? 0, "left out unless auto_augment is augmix");
        if (ProgressiveSizes is { } sizes)
        {
            range(sizes.Count >= 2 && sizes.All(side => side is >= 8 and <= 10_000), "progressive_sizes", FormattableStringFactory.Create("{0}", sizes),
                "two sides or more, each 8 … 10000 pixels");
            range(sizes.Count <= Epochs, "progressive_sizes", FormattableStringFactory.Create("{0}", sizes), $"no more sides than epochs ({Epochs})");
        }

        range(Mixup is >= 0 and <= 1000, "mixup", Mixup, "0 … 1000");
        range(Cutmix is >= 0 and <= 1000, "cutmix", Cutmix, "0 … 1000");
    }
}
