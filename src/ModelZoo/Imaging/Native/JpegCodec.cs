using System.Runtime.InteropServices;

namespace ModelZoo.Imaging.Native;

/// <summary>
/// JPEG by libjpeg-turbo with its exact inverse DCT and smooth chroma upsampling: the settings of Pillow, and so its bits. Where the system has none
/// (<see cref="PictureLibrary"/>) by SkiaSharp.
/// </summary>
/// <remarks>The binding is ours because it sets these two, which SkiaSharp and others do not let be chosen.</remarks>
internal static unsafe class JpegCodec
{
    /// <summary>Whether a file that lacks its end mark alone counts as cut off: Skia does not say how much is missing.</summary>
    public static bool NeedsEndMark => !PictureLibrary.IsTheSystems;

    /// <param name="bytes">The file.</param>
    /// <param name="header">What was read from it; its size was found acceptable.</param>
    /// <param name="name">For errors.</param>
    public static PixelImage Decode(ReadOnlySpan<byte> bytes, JpegHeader header, string name)
    {
        (int width, int height) = (header.Width, header.Height);
        if (!PictureLibrary.IsTheSystems)
        {
            return SkiaImage.Decode(bytes, width, height, header.Components == 1, name);
        }

        byte[] rgb = GC.AllocateUninitializedArray<byte>(3 * width * height);
        switch (header.Components)
        {
            case 1:
                // The gray values go to the last third, and from there to all three channels.
                int gray = 2 * width * height;
                Decompress(bytes, header, rgb.AsSpan(gray), TurboJpeg.Gray, 1, name);
                for (int i = 0; i < width * height; i++)
                {
                    rgb.AsSpan(3 * i, 3).Fill(rgb[gray + i]);
                }

                break;
            case 3:
                Decompress(bytes, header, rgb, TurboJpeg.Rgb, 3, name);
                break;
            default:
                byte[] cmyk = GC.AllocateUninitializedArray<byte>(4 * width * height);
                Decompress(bytes, header, cmyk, TurboJpeg.Cmyk, 4, name);
                Cmyk.ToRgb(cmyk, rgb);
                break;
        }

        return new PixelImage(width, height, rgb, header.Components == 1);
    }

    private static void Decompress(ReadOnlySpan<byte> bytes, JpegHeader header, Span<byte> pixels, int format, int channels, string name)
    {
        if (Try(bytes, header, pixels, format, channels) is not { } error)
        {
            return;
        }

        // As Pillow, take what the library could make of a file with bad spots, but not of one that was cut off. Where one scan lacks nothing but the end mark,
        // all pixels are there.
        if (error.Fatal)
        {
            throw new ImageException(name, $"is damaged ({error.Text}).");
        }

        if (!header.HasEnd(bytes) && (!header.IsOneScan || Try([.. bytes, 0xFF, 0xD9], header, pixels, format, channels) is not null))
        {
            throw new ImageException(name, $"is cut off ({error.Text}). Copy or download it again.");
        }
    }

    private static (bool Fatal, string Text)? Try(ReadOnlySpan<byte> bytes, JpegHeader header, Span<byte> pixels, int format, int channels)
    {
        using TurboJpegHandle handle = Open();
        fixed (byte* source = bytes)
        fixed (byte* destination = pixels)
        {
            return TurboJpeg.tjDecompress2(handle, source, new CULong((uint)bytes.Length), destination, header.Width, header.Width * channels, header.Height,
                format, TurboJpeg.LimitScans) == 0
                ? null
                : (TurboJpeg.tjGetErrorCode(handle) != TurboJpeg.Warning, TurboJpeg.Error(handle));
        }
    }

    private static TurboJpegHandle Open()
    {
        try
        {
            return new TurboJpegHandle();
        }
        catch (DllNotFoundException e)
        {
            throw new ZooException("JPEG pictures need libjpeg-turbo (libturbojpeg.so.0), which is not on this machine. On Debian and Ubuntu: apt-get install "
                + $"libturbojpeg0 (scripts/setup does it). {PictureLibrary.Otherwise}", e);
        }
    }
}

/// <summary>The functions of libjpeg-turbo's TurboJPEG that decoding needs.</summary>
internal static unsafe partial class TurboJpeg
{
    /// <summary>TJPF_RGB, TJPF_GRAY and TJPF_CMYK.</summary>
    public const int Rgb = 0, Gray = 6, Cmyk = 11;

    /// <summary>TJFLAG_LIMITSCANS: more than 500 scans, which no honest progressive file has, are an error.</summary>
    public const int LimitScans = 32768;

    /// <summary>TJERR_WARNING: something is odd, but there are pixels.</summary>
    public const int Warning = 0;

    private const string Library = "libturbojpeg.so.0";

    [LibraryImport(Library)] public static partial nint tjInitDecompress();

    [LibraryImport(Library)]
    public static partial int tjDecompress2(TurboJpegHandle handle, byte* source, CULong length, byte* pixels, int width, int pitch,
        int height, int format, int flags);

    [LibraryImport(Library)] public static partial int tjGetErrorCode(TurboJpegHandle handle);

    [LibraryImport(Library)] private static partial byte* tjGetErrorStr2(TurboJpegHandle handle);

    [LibraryImport(Library)] public static partial int tjDestroy(nint handle);

    /// <summary>What the last call on this handle found.</summary>
    public static string Error(TurboJpegHandle handle) => Marshal.PtrToStringUTF8((nint)tjGetErrorStr2(handle)) ?? "";
}

/// <summary>A decompressor of TurboJPEG.</summary>
internal sealed class TurboJpegHandle : SafeHandle
{
    public TurboJpegHandle()
        : base(0, ownsHandle: true)
    {
        SetHandle(TurboJpeg.tjInitDecompress());
        if (IsInvalid)
        {
            throw new ZooException("libjpeg-turbo could not start: there is no memory left.");
        }
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle() => TurboJpeg.tjDestroy(handle) == 0;
}
