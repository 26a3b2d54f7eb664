namespace ModelZoo.Data;

/// <summary>Brings images to the size that a <see cref="Preprocessing"/> asks for; the normalisation that follows is done on tensors.</summary>
public static class PreprocessingExtensions
{
    /// <summary>
    /// The same images as [Channels, Height, Width] with values in [0,1]: <see cref="Fit.Pad"/> centres them in zeros, <see cref="Fit.Resize"/> resamples them to
    /// the size less <see cref="Preprocessing.Border"/> on each side and then puts the border of zeros around, <see cref="Fit.Crop"/> resamples them to
    /// <see cref="Preprocessing.ShorterSide"/> and cuts the middle out.
    /// </summary>
    /// <exception cref="ZooException">The images are larger than the input and may only be padded, or have another number of channels and are not grey.</exception>
    public static ImageDataset Apply(this ImageDataset images, Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Check();
        ImageDataset fitted = preprocessing.Fit switch
        {
            Fit.Pad => images,
            Fit.Crop => images.ResizeShorterSide(preprocessing.ShorterSide, preprocessing.Interpolation).CenterCrop(preprocessing.Height, preprocessing.Width),
            _ => images.Resize(preprocessing.Height - 2 * preprocessing.Border, preprocessing.Width - 2 * preprocessing.Border, preprocessing.Interpolation),
        };
        return fitted.PadTo(preprocessing.Height, preprocessing.Width).WithChannels(preprocessing.Channels);
    }

    /// <summary>Checks sizes, that there is one mean and one positive standard deviation for each channel, and that what a fit needs is there and nothing else.</summary>
    /// <exception cref="ZooException">One of them is impossible; the message names it.</exception>
    public static void Check(this Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        (int channels, int height, int width, Fit fit, float[] mean, float[] std, int border) = preprocessing;
        string? wrong = channels < 1 || height < 1 || width < 1 ? $"an input of {channels}×{height}×{width}"
            : !Enum.IsDefined(fit) ? $"the fit {fit}"
            : mean is null || mean.Length != channels || !mean.All(float.IsFinite) ? $"{mean?.Length ?? 0} means for {channels} channels"
            : std is null || std.Length != channels || !std.All(s => float.IsFinite(s) && s > 0) ? $"{std?.Length ?? 0} (positive) standard deviations for {channels} channels"
            : border < 0 || 2 * border >= Math.Min(height, width) ? $"a border of {border} around {height}×{width}"
            : !Enum.IsDefined(preprocessing.Interpolation) ? $"the interpolation {preprocessing.Interpolation}"
            : preprocessing.ShorterSide < (fit == Fit.Crop ? 1 : 0) ? $"a shorter side of {preprocessing.ShorterSide} pixels"
            : fit == Fit.Crop && border > 0 ? $"a border of {border} around a crop"
            : null;
        if (wrong is not null)
        {
            throw new ZooException($"The preprocessing has {wrong}, which is impossible.");
        }
    }
}
