using System.Runtime.InteropServices;

namespace ModelZoo.Imaging.Native;

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
