using BitMiracle.LibTiff.Classic;

namespace ModelZoo.Imaging;

/// <summary>
/// The first page of a TIFF file, by LibTiff.Net: gray, palette, RGB, YCbCr or CMYK of up to 16 bits a value, of any compression that it knows.
/// </summary>
internal static class TiffCodec
{
    private const long LargeTile = 2048 * 2048; // pixels

    static TiffCodec() => Tiff.SetErrorHandler(new Silent());

    public static bool IsTiff(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("II*\0"u8) || bytes.StartsWith("MM\0*"u8) || bytes.StartsWith("II+\0"u8) || bytes.StartsWith("MM\0+"u8);

    /// <summary>Reads the first page's tags.</summary>
    /// <exception cref="ImageException">They make no sense, or say what is not read here.</exception>
    public static ImageInfo ReadInfo(ReadOnlySpan<byte> bytes, string name)
    {
        byte[] copy = bytes.ToArray();
        return Guard(name, () =>
        {
            using Tiff tiff = Open(copy, name);
            return Info(tiff, name);
        });
    }

    /// <summary>Decodes the first page, whose size was found acceptable.</summary>
    public static PixelImage Decode(ReadOnlySpan<byte> bytes, ImageInfo info, string name)
    {
        byte[] copy = bytes.ToArray();
        return Guard(name, () =>
        {
            using Tiff tiff = Open(copy, name);
            if (!tiff.RGBAImageOK(out string problem))
            {
                throw new ImageException(name, $"is a TIFF picture of a kind that is not read ({problem}). Save it again as PNG.");
            }

            MustBeTiledSensibly(tiff, info, name);

            // As stored: turned later; and where there is alpha, it is not to darken the colors.
            tiff.SetField(TiffTag.ORIENTATION, BitMiracle.LibTiff.Classic.Orientation.TOPLEFT);
            if (tiff.GetField(TiffTag.EXTRASAMPLES) is [var count, ..] && count.ToInt() > 0)
            {
                tiff.SetField(TiffTag.EXTRASAMPLES, 1, new short[] { (short)ExtraSample.ASSOCALPHA });
            }

            var raster = new int[checked(info.Width * info.Height)]; // A, B, G, R from the highest byte to the lowest
            if (!tiff.ReadRGBAImageOriented(info.Width, info.Height, raster, BitMiracle.LibTiff.Classic.Orientation.TOPLEFT, stopOnError: true))
            {
                throw new ImageException(name, "is damaged or cut off. Copy or download it again.");
            }

            byte[] rgb = GC.AllocateUninitializedArray<byte>(3 * raster.Length);
            for (int i = 0, to = 0; i < raster.Length; i++, to += 3)
            {
                (rgb[to], rgb[to + 1], rgb[to + 2]) = ((byte)raster[i], (byte)(raster[i] >> 8), (byte)(raster[i] >> 16));
            }

            return new PixelImage(info.Width, info.Height, rgb, info.Channels == 1 && IsGray(tiff));
        });
    }

    private static ImageInfo Info(Tiff tiff, string name)
    {
        (int width, int height) = (Number(tiff, TiffTag.IMAGEWIDTH), Number(tiff, TiffTag.IMAGELENGTH));
        return width < 0 || height < 0
            ? throw new ImageException(name, $"is damaged: it claims {(uint)width}×{(uint)height} pixels.")
            : new ImageInfo(ImageFormat.Tiff, width, height, Number(tiff, TiffTag.SAMPLESPERPIXEL), Number(tiff, TiffTag.BITSPERSAMPLE),
                Number(tiff, TiffTag.ORIENTATION) is >= 1 and <= 8 and int orientation ? orientation : 1);
    }

    // Room is made for a whole tile, however small the picture is.
    private static void MustBeTiledSensibly(Tiff tiff, ImageInfo info, string name)
    {
        if (tiff.IsTiled())
        {
            (long width, long height) = ((uint)Number(tiff, TiffTag.TILEWIDTH), (uint)Number(tiff, TiffTag.TILELENGTH));
            if (width * height > Math.Max(LargeTile, 4L * info.Width * info.Height))
            {
                throw new ImageException(name, $"is damaged: its tiles have {width}×{height} pixels, the picture {info.Width}×{info.Height}.");
            }
        }
    }

    private static bool IsGray(Tiff tiff) => (Photometric)Number(tiff, TiffTag.PHOTOMETRIC) is Photometric.MINISBLACK or Photometric.MINISWHITE;

    private static int Number(Tiff tiff, TiffTag tag) => tiff.GetFieldDefaulted(tag) is [var value, ..] ? value.ToInt() : 0;

    private static Tiff Open(byte[] bytes, string name)
    {
        TiffHeader.Check(bytes, name);
        return Tiff.ClientOpen(name, "r", new MemoryStream(bytes), new TiffStream())
            ?? throw new ImageException(name, "is damaged or cut off: its header cannot be read.");
    }

    // The library meets damage with exceptions of many kinds.
    private static T Guard<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (ZooException or OutOfMemoryException))
        {
            throw new ImageException(name, $"is damaged ({e.Message}).", e);
        }
    }

    // What is wrong is said by the exceptions here.
    private sealed class Silent : TiffErrorHandler
    {
        public override void ErrorHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void ErrorHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
        }

        public override void WarningHandler(Tiff tif, string method, string format, params object[] args)
        {
        }

        public override void WarningHandlerExt(Tiff tif, object clientData, string method, string format, params object[] args)
        {
        }
    }
}
