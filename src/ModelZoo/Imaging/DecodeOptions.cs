namespace ModelZoo.Imaging;

/// <summary>How pictures are decoded.</summary>
public sealed record DecodeOptions
{
    /// <summary>The most pixels that a picture may have; larger ones are refused before memory is taken for them. The default is the size that Pillow refuses.</summary>
    public long MaxPixels { get; init; } = 178_956_970;

    /// <summary>
    /// Whether to turn and mirror the picture as its EXIF orientation says, so that it stands as viewers show it. Off by default: torchvision's loader ignores it, and
    /// published accuracies are measured so.
    /// </summary>
    public bool ApplyOrientation { get; init; }
}
