using System.Runtime.InteropServices;

namespace ModelZoo.Imaging.Native;

/// <summary>PNG by libspng; where the system has none (<see cref="PictureLibrary"/>) by SkiaSharp.</summary>
/// <remarks>The binding is ours because no package for .NET binds it without a graphics library around it.</remarks>
internal static unsafe class PngCodec
{
    // The chunks beside the pixels (texts, color profiles) are not needed; these bounds keep them from taking much memory.
    private const int MaxChunk = 64 << 20, MaxCache = 64 << 20;

    /// <param name="bytes">The file.</param>
    /// <param name="info">What was read from it; its size was found acceptable.</param>
    /// <param name="name">For errors.</param>
    public static PixelImage Decode(ReadOnlySpan<byte> bytes, ImageInfo info, string name)
    {
        if (!PictureLibrary.IsTheSystems)
        {
            return SkiaImage.Decode(bytes, info.Width, info.Height, PngHeader.IsGray(bytes), name);
        }

        using SpngContext context = Open();
        fixed (byte* source = bytes)
        {
            Check(Spng.spng_set_image_limits(context, (uint)info.Width, (uint)info.Height), name);
            Check(Spng.spng_set_chunk_limits(context, MaxChunk, MaxCache), name);
            Check(Spng.spng_set_png_buffer(context, source, (nuint)bytes.Length), name);
            Check(Spng.spng_decoded_image_size(context, Spng.Rgb8, out nuint length), name);
            byte[] rgb = length == 3 * (nuint)info.Width * (nuint)info.Height
                ? GC.AllocateUninitializedArray<byte>((int)length)
                : throw new ImageException(name, "is damaged: it has two headers with different sizes.");
            fixed (byte* pixels = rgb)
            {
                Check(Spng.spng_decode_image(context, pixels, length, Spng.Rgb8, 0), name);
            }

            return new PixelImage(info.Width, info.Height, rgb, PngHeader.IsGray(bytes));
        }
    }

    private static void Check(int code, string name)
    {
        if (code != 0)
        {
            throw new ImageException(name, $"is damaged or cut off ({Spng.Error(code)}). Copy or download it again.");
        }
    }

    private static SpngContext Open()
    {
        try
        {
            return new SpngContext();
        }
        catch (DllNotFoundException e)
        {
            throw new ZooException("PNG pictures need libspng (libspng.so.0), which is not on this machine. On Debian and Ubuntu: apt-get install libspng0 "
                + $"(scripts/setup does it). {PictureLibrary.Otherwise}", e);
        }
    }
}

/// <summary>The functions of libspng that decoding needs.</summary>
internal static unsafe partial class Spng
{
    /// <summary>SPNG_FMT_RGB8: whatever is stored, 8 bits each of red, green and blue.</summary>
    public const int Rgb8 = 4;

    private const string Library = "libspng.so.0";

    [LibraryImport(Library)] public static partial nint spng_ctx_new(int flags);

    [LibraryImport(Library)] public static partial void spng_ctx_free(nint context);

    [LibraryImport(Library)] public static partial int spng_set_image_limits(SpngContext context, uint width, uint height);

    [LibraryImport(Library)] public static partial int spng_set_chunk_limits(SpngContext context, nuint chunkSize, nuint cacheSize);

    [LibraryImport(Library)] public static partial int spng_set_png_buffer(SpngContext context, byte* buffer, nuint size);

    [LibraryImport(Library)] public static partial int spng_decoded_image_size(SpngContext context, int format, out nuint length);

    [LibraryImport(Library)] public static partial int spng_decode_image(SpngContext context, byte* pixels, nuint length, int format, int flags);

    [LibraryImport(Library)] private static partial byte* spng_strerror(int error);

    /// <summary>What an error code says.</summary>
    public static string Error(int code) => Marshal.PtrToStringUTF8((nint)spng_strerror(code)) ?? $"error {code}";
}

/// <summary>A decoder of libspng; it reads one file.</summary>
internal sealed class SpngContext : SafeHandle
{
    public SpngContext()
        : base(0, ownsHandle: true)
    {
        SetHandle(Spng.spng_ctx_new(0));
        if (IsInvalid)
        {
            throw new ZooException("libspng could not start: there is no memory left.");
        }
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Spng.spng_ctx_free(handle);
        return true;
    }
}
