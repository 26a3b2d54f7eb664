using System.Text;

namespace ModelZoo.Imaging;

/// <summary>
/// Decodes JPEG and PNG to 8-bit RGB, the bytes that Pillow's <c>Image.open(file).convert("RGB")</c> (torchvision's loader) gives: alpha is dropped, gray
/// repeated, palettes looked up, CMYK converted. One thing differs on purpose: 16-bit gray is scaled to 8 bits, where Pillow cuts everything above 255 off.
/// Threads may decode at the same time.
/// </summary>
public static class ImageDecoder
{
    private const int Prefix = 64 * 1024;

    private static readonly DecodeOptions Defaults = new();

    /// <summary>Decodes a file.</summary>
    /// <exception cref="ImageException">It is no JPEG or PNG, is damaged, cut off or too large.</exception>
    /// <exception cref="ZooException">The file cannot be read, or the machine lacks the decoder's library.</exception>
    public static PixelImage Decode(string path, DecodeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using ImageFile file = ImageFile.Read(path);
        return DecodeBytes(file.Bytes, path, options ?? Defaults);
    }

    /// <summary>Decodes a file that is in memory.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="displayName">What errors call it.</param>
    /// <param name="options">Limits and orientation.</param>
    /// <exception cref="ImageException">It is no JPEG or PNG, is damaged, cut off or too large.</exception>
    public static PixelImage Decode(ReadOnlyMemory<byte> bytes, string displayName, DecodeOptions? options = null) =>
        DecodeBytes(bytes.Span, displayName, options ?? Defaults);

    /// <summary>Decodes what a stream holds from its position to its end.</summary>
    /// <inheritdoc cref="Decode(ReadOnlyMemory{byte}, string, DecodeOptions?)" path="/param|/exception"/>
    public static PixelImage Decode(Stream stream, string displayName, DecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using ImageFile file = ImageFile.Read(stream, displayName);
        return DecodeBytes(file.Bytes, displayName, options ?? Defaults);
    }

    /// <summary>Reads a file's format and size, without decoding it.</summary>
    /// <exception cref="ImageException">It is no JPEG or PNG, or its header is damaged or cut off.</exception>
    /// <exception cref="ZooException">The file cannot be read.</exception>
    public static ImageInfo ReadInfo(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using (ImageFile prefix = ImageFile.Read(path, Prefix))
        {
            if (prefix.Length < Prefix || Info(prefix.Bytes, path) is not null)
            {
                return ReadInfo(prefix.Bytes, path);
            }
        }

        using ImageFile all = ImageFile.Read(path);
        return ReadInfo(all.Bytes, path);
    }

    /// <summary>Reads the format and size of a file that is in memory.</summary>
    /// <exception cref="ImageException">It is no JPEG or PNG, or its header is damaged or cut off.</exception>
    public static ImageInfo ReadInfo(ReadOnlyMemory<byte> bytes, string displayName) => ReadInfo(bytes.Span, displayName);

    /// <summary>Whether the first bytes of a file (8 are enough) are those of a format that is read here.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> bytes) => JpegHeader.IsJpeg(bytes) || PngHeader.IsPng(bytes);

    internal static PixelImage DecodeBytes(ReadOnlySpan<byte> bytes, string name, DecodeOptions options)
    {
        ImageInfo info = ReadInfo(bytes, name);
        long pixels = (long)info.Width * info.Height;
        if (pixels == 0)
        {
            throw new ImageException(name, $"has {info.Width}×{info.Height} pixels: none.");
        }

        if (pixels > Math.Min(options.MaxPixels, Array.MaxLength / 4))
        {
            throw new ImageException(name,
                $"claims {info.Width}×{info.Height} pixels, more than the {Math.Min(options.MaxPixels, Array.MaxLength / 4)} that are allowed. Make it "
                + $"smaller, or raise {nameof(DecodeOptions)}.{nameof(DecodeOptions.MaxPixels)}.");
        }

        if (info.Format == ImageFormat.Jpeg && info.Channels is not (1 or 3 or 4))
        {
            throw new ImageException(name, $"has {info.Channels} components; JPEG pictures with 1 (gray), 3 (color) or 4 (CMYK) can be read.");
        }

        PixelImage image = info.Format == ImageFormat.Jpeg
            ? Native.JpegCodec.Decode(bytes, JpegHeader.Read(bytes, name)!.Value, name)
            : Native.PngCodec.Decode(bytes, info, name);
        return options.ApplyOrientation ? Orientation.Apply(image, info.Orientation) : image;
    }

    private static ImageInfo ReadInfo(ReadOnlySpan<byte> bytes, string name) =>
        Info(bytes, name) ?? throw new ImageException(name, bytes.IsEmpty ? "is empty." : "is cut off: it ends within its header. Copy or download it again.");

    private static ImageInfo? Info(ReadOnlySpan<byte> bytes, string name) =>
        JpegHeader.IsJpeg(bytes) ? JpegHeader.Read(bytes, name)?.Info
        : PngHeader.IsPng(bytes) ? PngHeader.Read(bytes, name)
        : bytes.IsEmpty ? null
        : throw new ImageException(name, $"is {Guess(bytes)}. JPEG and PNG are read here: convert it first.");

    private static string Guess(ReadOnlySpan<byte> bytes)
    {
        string start = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 16)]);
        return start switch
        {
            _ when start.StartsWith("GIF8", StringComparison.Ordinal) => "a GIF picture",
            _ when start.StartsWith("RIFF", StringComparison.Ordinal) && start.Length >= 12 && start.AsSpan(8, 4).SequenceEqual("WEBP") => "a WebP picture",
            _ when start.StartsWith("BM", StringComparison.Ordinal) => "a BMP picture",
            _ when start.StartsWith("II*\0", StringComparison.Ordinal) || start.StartsWith("MM\0*", StringComparison.Ordinal) => "a TIFF picture",
            _ when start.Length >= 12 && start.AsSpan(4, 4).SequenceEqual("ftyp") => "an HEIC, AVIF or video file",
            _ when start.StartsWith('P') && start.Length > 2 && start[1] is >= '1' and <= '7' && char.IsWhiteSpace(start[2]) => "a PBM, PGM or PPM picture",
            _ when start.TrimStart().StartsWith('<') => "a text of markup (perhaps the error page of a web server, saved as a picture)",
            _ when start.All(c => c is '\t' or '\n' or '\r' or (>= ' ' and <= '~')) => "a text, not a picture",
            _ when bytes.IndexOfAnyExcept((byte)0) < 0 => "nothing but zeros",
            _ => "not a picture of a known format",
        };
    }
}

/// <summary>How pictures are decoded.</summary>
public sealed record DecodeOptions
{
    /// <summary>
    /// The most pixels that a picture may have; larger ones are refused before memory is taken for them. The default is the size that Pillow refuses.
    /// </summary>
    public long MaxPixels { get; init; } = 178_956_970;

    /// <summary>
    /// Whether to turn and mirror the picture as its EXIF orientation says, so that it stands as viewers show it. Off by default: torchvision's loader ignores
    /// it, and published accuracies are measured so.
    /// </summary>
    public bool ApplyOrientation { get; init; }
}

/// <summary>A file is no picture that can be decoded here. The message names the file and the cause.</summary>
/// <param name="name">The file.</param>
/// <param name="problem">What is wrong with it, a sentence.</param>
/// <param name="innerException">What showed it.</param>
public sealed class ImageException(string name, string problem, Exception? innerException = null) : ZooException($"{name}: {problem}", innerException)
{
    /// <summary>The file, as it was named to the decoder.</summary>
    public string ImageName { get; } = name;

    /// <summary>What is wrong with it, without the name.</summary>
    public string Problem { get; } = problem;
}
