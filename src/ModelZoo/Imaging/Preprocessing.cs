using System.Text.Json.Serialization;

namespace ModelZoo.Imaging;

/// <summary>How an image whose size is not the model's is brought to it.</summary>
public enum Fit
{
    /// <summary>Resampling to the input's size, whatever the aspect ratio (with a wider filter where the image shrinks).</summary>
    Resize,

    /// <summary>A border of zeros, the picture in the middle; a picture that is larger than the input is resized to it.</summary>
    Pad,

    /// <summary>
    /// Resampling to <see cref="Preprocessing.SizeBeforeCrop"/>, then the middle: what ImageNet's classifiers are measured with.
    /// </summary>
    Crop,
}

/// <summary>How pixels between pixels are made.</summary>
public enum Interpolation
{
    /// <summary>A triangle filter.</summary>
    Bilinear,

    /// <summary>A cubic filter, a = −0.5.</summary>
    Bicubic,
}

/// <summary>
/// From pixels in [0,1] to the model's input: fit to Height×Width, then (x − Mean) / Std per channel.
/// It belongs to the weights and travels with them in a checkpoint.
/// </summary>
/// <param name="Channels">Channels of the input.</param>
/// <param name="Height">Rows of the input, in pixels.</param>
/// <param name="Width">Columns of the input, in pixels.</param>
/// <param name="Fit">How other sizes are brought to this one.</param>
/// <param name="Mean">Per channel, subtracted.</param>
/// <param name="Std">Per channel, divided by.</param>
/// <param name="Border">With <see cref="Fit.Resize"/>: rows and columns of zeros left around the resampled image, in pixels (MNIST's digits have such a
/// margin).</param>
public sealed record Preprocessing(int Channels, int Height, int Width, Fit Fit, float[] Mean, float[] Std, int Border = 0)
{
    private static readonly float[] ImageNetMean = [0.485f, 0.456f, 0.406f];
    private static readonly float[] ImageNetStd = [0.229f, 0.224f, 0.225f];

    /// <summary>
    /// With <see cref="Fit.Crop"/>: how many pixels the input's shorter side has before the crop (of a square input: the picture's shorter side). The other
    /// fits do not look at it.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ShorterSide { get; init; }

    /// <summary>How the image is resampled, where the fit resamples.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Interpolation Interpolation { get; init; }

    /// <summary>
    /// What torchvision's ImageNet weights were trained and measured with: shorter side resized, center crop, ImageNet's mean and standard deviation.
    /// </summary>
    public static Preprocessing ImageNet(int crop = 224, int shorterSide = 256, Interpolation interpolation = Interpolation.Bilinear) =>
        new(3, crop, crop, Fit.Crop, ImageNetMean, ImageNetStd) { ShorterSide = shorterSide, Interpolation = interpolation };

    /// <summary>Images of CIFAR-10's size, standardized by the mean and standard deviation of its training images.</summary>
    public static Preprocessing Cifar10() => new(3, 32, 32, Fit.Resize, [0.4914f, 0.4822f, 0.4465f], [0.2470f, 0.2435f, 0.2616f]);

    /// <summary>The same for a square input of another side: what is cut off or left empty keeps its share.</summary>
    public Preprocessing Sized(int side)
    {
        double factor = (double)side / Math.Min(Height, Width);
        return this with
        {
            Height = side,
            Width = side,
            ShorterSide = (int)Math.Round(ShorterSide * factor),
            Border = (int)Math.Round(Border * factor),
        };
    }

    /// <summary>The rows and columns that a picture covers before the crop: as much larger than the input as <see cref="ShorterSide"/> says.</summary>
    [JsonIgnore]
    public (int Height, int Width) Covered
    {
        get
        {
            int shorter = Math.Min(Height, Width);
            return ((int)Math.Round((double)ShorterSide * Height / shorter), (int)Math.Round((double)ShorterSide * Width / shorter));
        }
    }

    /// <summary>
    /// With <see cref="Fit.Crop"/>: the size that a picture is resized to. It keeps its aspect ratio and just covers <see cref="Covered"/>; the side that is
    /// longer than needed is rounded down. Of a square input that is torchvision's <c>Resize(ShorterSide)</c>.
    /// </summary>
    public (int Width, int Height) SizeBeforeCrop(int width, int height)
    {
        (int rows, int columns) = Covered;
        return (long)width * rows <= (long)height * columns
            ? (columns, (int)Math.Min((long)columns * height / width, int.MaxValue))
            : ((int)Math.Min((long)rows * width / height, int.MaxValue), rows);
    }

    /// <summary>What is done to a picture, in words, a step each: "resize 24×40, bilinear".</summary>
    public IReadOnlyList<string> Describe() => PreprocessingSteps.Describe(this);

    /// <summary>
    /// Checks sizes, that there is one mean and one positive standard deviation for each channel, and that what a fit needs is there and nothing else.
    /// </summary>
    /// <exception cref="ZooException">One of them is impossible; the message names it.</exception>
    public void Check()
    {
        (int channels, int height, int width, Fit fit, float[] mean, float[] std, int border) = this;
        string? wrong = channels < 1 || height < 1 || width < 1 ? $"an input of {channels}×{height}×{width}"
            : !Enum.IsDefined(fit) ? $"the fit {fit}"
            : mean is null || mean.Length != channels || !mean.All(float.IsFinite) ? $"{mean?.Length ?? 0} means for {channels} channels"
            : std is null || std.Length != channels || !std.All(s => float.IsFinite(s) && s > 0)
                ? $"{std?.Length ?? 0} (positive) standard deviations for {channels} channels"
            : border < 0 || 2 * border >= Math.Min(height, width) ? $"a border of {border} around {height}×{width}"
            : !Enum.IsDefined(Interpolation) ? $"the interpolation {Interpolation}"
            : ShorterSide < (fit == Fit.Crop ? 1 : 0) ? $"a shorter side of {ShorterSide} pixels"
            : fit == Fit.Crop && border > 0 ? $"a border of {border} around a crop"
            : null;
        if (wrong is not null)
        {
            throw new ZooException($"The preprocessing has {wrong}, which is impossible.");
        }
    }
}
