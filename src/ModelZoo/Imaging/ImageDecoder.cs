using System.Text;

namespace ModelZoo.Imaging;

/// <summary>
/// Decodes JPEG, PNG, WebP, BMP, GIF and TIFF (of several frames or pages the first) to 8-bit RGB, the bytes that Pillow's
/// <c>Image.open(file).convert("RGB")</c> (torchvision's loader) gives: alpha is dropped, gray repeated, palettes looked up, CMYK converted. Two things differ
/// on purpose: 16-bit gray is scaled to 8 bits, where Pillow cuts everything above 255 off; and pictures are turned as their EXIF orientation says. A file's
/// content decides what it is, not the ending of its name. Threads may decode at the same time.
/// </summary>
public static class ImageDecoder
{
    private const int Prefix = 64 * 1024;

    private static readonly DecodeOptions Defaults = new();

    /// <summary>The formats that are read, for messages.</summary>
    public const string Formats = "JPEG, PNG, WebP, BMP, GIF and TIFF";

    /// <summary>Decodes a file.</summary>
    /// <exception cref="ImageException">It is no picture of a format that is read, is damaged, cut off or too large.</exception>
    /// <exception cref="ZooException">The file cannot be read, or the machine lacks the decoder's library.</exception>
    public static PixelImage Decode(string path, DecodeOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using ImageFile file = ImageFile.Read(path);
        return DecodeBytes(file.Bytes, path, options ?? Defaults, static picture => picture);
    }

    /// <summary>Decodes a file and makes something of the picture while its memory is counted (<see cref="DecodeMemory"/>).</summary>
    internal static T Decode<T>(string path, DecodeOptions options, Func<PixelImage, T> make)
    {
        using ImageFile file = ImageFile.Read(path);
        return DecodeBytes(file.Bytes, path, options, make);
    }

    /// <summary>Decodes a file that is in memory.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="displayName">What errors call it.</param>
    /// <param name="options">Limits and orientation.</param>
    /// <exception cref="ImageException">It is no picture of a format that is read, is damaged, cut off or too large.</exception>
    public static PixelImage Decode(ReadOnlyMemory<byte> bytes, string displayName, DecodeOptions? options = null) =>
        DecodeBytes(bytes.Span, displayName, options ?? Defaults, static picture => picture);

    /// <summary>Decodes what a stream holds from its position to its end.</summary>
    /// <inheritdoc cref="Decode(ReadOnlyMemory{byte}, string, DecodeOptions?)" path="/param|/exception"/>
    public static PixelImage Decode(Stream stream, string displayName, DecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using ImageFile file = ImageFile.Read(stream, displayName);
        return DecodeBytes(file.Bytes, displayName, options ?? Defaults, static picture => picture);
    }

    /// <summary>Reads a file's format and size, without decoding it.</summary>
    /// <exception cref="ImageException">It is no picture of a format that is read, or its header is damaged or cut off.</exception>
    /// <exception cref="ZooException">The file cannot be read.</exception>
    public static ImageInfo ReadInfo(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using (ImageFile prefix = ImageFile.Read(path, Prefix))
        {
            if (prefix.Length < Prefix || (HasShortHeader(prefix.Bytes) && Info(prefix.Bytes, path) is not null))
            {
                return ReadInfo(prefix.Bytes, path);
            }
        }

        using ImageFile all = ImageFile.Read(path);
        return ReadInfo(all.Bytes, path);
    }

    /// <summary>Reads the format and size of a file that is in memory.</summary>
    /// <exception cref="ImageException">It is no picture of a format that is read, or its header is damaged or cut off.</exception>
    public static ImageInfo ReadInfo(ReadOnlyMemory<byte> bytes, string displayName) => ReadInfo(bytes.Span, displayName);

    /// <summary>Whether the first bytes of a file (12 are enough) are those of a format that is read here.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> bytes) => FormatOf(bytes) is not null;

    /// <summary>The format that a file's first bytes are of; null for none that is read here.</summary>
    internal static ImageFormat? FormatOf(ReadOnlySpan<byte> bytes) =>
        JpegHeader.IsJpeg(bytes) ? ImageFormat.Jpeg
        : PngHeader.IsPng(bytes) ? ImageFormat.Png
        : bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8) ? ImageFormat.WebP
        : bytes.StartsWith("GIF87a"u8) || bytes.StartsWith("GIF89a"u8) ? ImageFormat.Gif
        : TiffCodec.IsTiff(bytes) ? ImageFormat.Tiff
        : bytes.Length >= 12 && bytes.StartsWith("BM"u8) && bytes.Slice(6, 4).IndexOfAnyExcept((byte)0) < 0 ? ImageFormat.Bmp // reserved: zeros
        : null;

    private static T DecodeBytes<T>(ReadOnlySpan<byte> bytes, string name, DecodeOptions options, Func<PixelImage, T> make)
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
                + $"smaller, or raise {nameof(DecodeOptions)}.{nameof(DecodeOptions.MaxPixels)} (--max-pixels).");
        }

        if (info.Format == ImageFormat.Jpeg)
        {
            JpegLimits.Check(bytes, JpegHeader.Read(bytes, name)!.Value, name);
        }

        bool turned = options.ApplyOrientation && info.Orientation != 1;
        using DecodeMemory.Lease lease = DecodeMemory.Shared.Take(pixels * (BytesOfPixel(bytes, info, name) + (turned ? 3 : 0)));
        PixelImage image = info.Format switch
        {
            ImageFormat.Jpeg => Native.JpegCodec.Decode(bytes, JpegHeader.Read(bytes, name)!.Value, name),
            ImageFormat.Png => Native.PngCodec.Decode(bytes, info, name),
            ImageFormat.Tiff => TiffCodec.Decode(bytes, info, name),
            ImageFormat.Gif => Native.SkiaImage.Decode(GifFrame.Opaque(bytes), info.Width, info.Height, isGray: false, name),
            _ => Native.SkiaImage.Decode(bytes, info.Width, info.Height, isGray: false, name),
        };
        return make(turned ? Orientation.Apply(image, info.Orientation) : image);
    }

    // While it is decoded: the pixels, and what the decoder keeps beside them.
    private static int BytesOfPixel(ReadOnlySpan<byte> bytes, ImageInfo info, string name) => info.Format switch
    {
        ImageFormat.Jpeg => 3 + (info.Channels == 4 ? 4 : 0) + (JpegHeader.Read(bytes, name)!.Value.IsOneScan ? 0 : 2 * info.Channels),
        ImageFormat.Png => 3,
        _ => 3 + 4,
    };

    // The others are short files, or have their facts anywhere.
    private static bool HasShortHeader(ReadOnlySpan<byte> bytes) => FormatOf(bytes) is ImageFormat.Jpeg or ImageFormat.Png or null;

    private static ImageInfo ReadInfo(ReadOnlySpan<byte> bytes, string name) =>
        Info(bytes, name) ?? throw new ImageException(name, bytes.IsEmpty ? "is empty." : "is cut off: it ends within its header. Copy or download it again.");

    private static ImageInfo? Info(ReadOnlySpan<byte> bytes, string name) => FormatOf(bytes) switch
    {
        ImageFormat.Jpeg => JpegHeader.Read(bytes, name)?.Info,
        ImageFormat.Png => PngHeader.Read(bytes, name),
        ImageFormat.Tiff => TiffCodec.ReadInfo(bytes, name),
        { } other => Native.SkiaImage.ReadInfo(bytes, other, name),
        null when bytes.IsEmpty => null,
        null => throw new ImageException(name, $"is {Guess(bytes)}. {Formats} are read here: convert it first."),
    };

    private static string Guess(ReadOnlySpan<byte> bytes)
    {
        string start = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 16)]);
        return start switch
        {
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
    /// Whether to turn and mirror the picture as its EXIF orientation says, so that it stands as viewers show it. torchvision's loader does not.
    /// </summary>
    public bool ApplyOrientation { get; init; } = true;
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
