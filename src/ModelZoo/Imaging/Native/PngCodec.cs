namespace ModelZoo.Imaging.Native;

/// <summary>PNG by libspng.</summary>
internal static unsafe class PngCodec
{
    // The chunks beside the pixels (texts, colour profiles) are not needed; these bounds keep them from taking much memory.
    private const int MaxChunk = 64 << 20, MaxCache = 64 << 20;

    /// <param name="bytes">The file.</param>
    /// <param name="info">What was read from it; its size was found acceptable.</param>
    /// <param name="name">For errors.</param>
    public static PixelImage Decode(ReadOnlySpan<byte> bytes, ImageInfo info, string name)
    {
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
            throw new ZooException("PNG pictures need libspng (libspng.so.0), which is not on this machine. On Debian and Ubuntu: apt-get install libspng0 (scripts/setup does it).", e);
        }
    }
}
