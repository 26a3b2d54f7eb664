using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BitMiracle.LibTiff.Classic;
using ModelZoo.Imaging;
using ModelZoo.Imaging.Native;
using Xunit;

namespace ModelZoo.Tests.Imaging;

/// <summary>
/// Files that are no pictures, are damaged, lie or are cut off: each is refused with a message that names it and the cause, and none ends the process.
/// </summary>
public class HostilePictureTests
{
    private static byte[] Golden(string name) => File.ReadAllBytes(Path.Combine(GoldenPictureTests.Folder, name));

    private static string Refused(byte[] bytes, DecodeOptions? options = null)
    {
        ImageException e = Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes, "photo.jpg", options));
        Assert.StartsWith("photo.jpg: ", e.Message, StringComparison.Ordinal);
        Assert.Equal("photo.jpg", e.ImageName);
        return e.Problem;
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("GIF89a,,,,,,,", "header")]
    [InlineData("RIFF....WEBPVP8 ", "header")]
    [InlineData("BM....\0\0\0\0....", "header")]
    [InlineData("II*\0............", "header")]
    [InlineData("....ftypheic....", "HEIC")]
    [InlineData("P5 8 8 255 ", "PGM")]
    [InlineData("<!DOCTYPE html><html>404", "error page")]
    [InlineData("\n  <?xml version='1.0'?>", "markup")]
    [InlineData("version https://git-lfs.github.com/spec/v1", "a text")]
    [InlineData("\0\0\0\0", "zeros")]
    [InlineData("\u0001\u0002\u0003\u0004", "not a picture")]
    public void Other_formats_are_named(string content, string expected) =>
        Assert.Contains(expected, Refused(Encoding.Latin1.GetBytes(content)), StringComparison.Ordinal);

    [Theory]
    [InlineData("q75-420.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("gray.jpg")]
    [InlineData("cmyk.jpg")]
    [InlineData("rgb8.png")]
    [InlineData("rgba8-interlaced.png")]
    [InlineData("palette8.png")]
    public void A_picture_that_was_cut_off_is_an_error_wherever_it_was_cut(string name)
    {
        byte[] whole = Golden(name);
        // without PNG's end chunk, or JPEG's end mark, all pixels are there
        int end = name.EndsWith(".png", StringComparison.Ordinal) ? whole.Length - 12 - 8 : whole.Length - 8;
        for (int length = 0; length < end; length += Math.Max(1, end / 100))
        {
            Assert.NotEqual("", Refused(whole[..length]));
        }
    }

    [Fact]
    public void A_jpeg_that_lacks_only_its_end_mark_is_whole()
    {
        byte[] whole = Golden("q75-420.jpg");
        if (JpegCodec.NeedsEndMark)
        {
            Assert.Contains("cut off", Refused(whole[..^2]), StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(ImageDecoder.Decode(whole, "whole").Rgb, ImageDecoder.Decode(whole.AsMemory(..^2), "endless").Rgb);
        }

        byte[] trailing = [.. whole, .. "a tail of other data"u8];
        Assert.Equal(ImageDecoder.Decode(whole, "whole").Rgb, ImageDecoder.Decode(trailing, "trailing").Rgb);
    }

    [Fact]
    public void Sizes_of_zero_and_impossible_headers_are_refused()
    {
        byte[] jpeg = Golden("q75-420.jpg");
        int frame = jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC0]);
        byte[] With(int offset, params byte[] values)
        {
            byte[] changed = [.. jpeg];
            values.CopyTo(changed, frame + offset);
            return changed;
        }

        Assert.Contains("none", Refused(With(5, 0, 0)), StringComparison.Ordinal);
        Assert.Contains("none", Refused(With(7, 0, 0)), StringComparison.Ordinal);
        Assert.Contains("2 components", Refused(With(9, 2)), StringComparison.Ordinal);
        Assert.Contains("damaged", Refused(With(4, 12)), StringComparison.Ordinal); // 12 bits
        Assert.Contains("damaged", Refused(With(2, 0, 1)), StringComparison.Ordinal); // a segment shorter than its length field
        Assert.Contains("damaged", Refused(PngFile.Make(5, 5, 3, 8, [1])), StringComparison.Ordinal); // no palette
        Assert.Contains("damaged", Refused(PngFile.Make(5, 5, 2, 8, [])), StringComparison.Ordinal);
        Assert.Contains("none", Refused(PngFile.Make(0, 5, 2, 8, [1])), StringComparison.Ordinal);
        Assert.Contains("color type 5", Refused(PngFile.Make(5, 5, 5, 8, [1])), StringComparison.Ordinal);
        Assert.Contains("damaged", Refused(PngFile.Make(5, 5, 2, 3, [1])), StringComparison.Ordinal); // 3 bits
    }

    [Fact]
    public void A_decompression_bomb_is_refused_before_memory_is_taken()
    {
        byte[] huge = PngFile.Make(200_000, 200_000, 2, 8, new byte[100]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("200000×200000 pixels", Refused(huge), StringComparison.Ordinal);
        Assert.Contains("2147483647×2147483647", Refused(PngFile.Make(int.MaxValue, int.MaxValue, 2, 8, new byte[100])), StringComparison.Ordinal);
        Assert.Contains("4294967295", Refused(PngFile.Make(-1, -1, 2, 8, new byte[100])), StringComparison.Ordinal);
        byte[] jpeg = Golden("q75-420.jpg");
        int frame = jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC0]);
        new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }.CopyTo(jpeg, frame + 5);
        Assert.Contains("65535×65535 pixels", Refused(jpeg), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);

        byte[] small = Golden("rgb8.png");
        Assert.Contains("more than the 100 that are allowed", Refused(small, new DecodeOptions { MaxPixels = 100 }), StringComparison.Ordinal);
        Assert.Equal(29, ImageDecoder.Decode(small, "rgb8.png", new DecodeOptions { MaxPixels = 29 * 34 }).Width);
        Assert.Equal(200_000, ImageDecoder.ReadInfo(huge, "huge").Width); // asking is allowed
    }

    [Theory]
    [InlineData("q75-420.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("gray.jpg")]
    public void A_jpeg_too_short_for_its_size_is_refused_before_memory_is_taken(string name)
    {
        byte[] jpeg = Golden(name);
        int frame = Math.Max(jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC0]), jpeg.AsSpan().IndexOf((byte[])[0xFF, 0xC2]));
        new byte[] { 0x34, 0x3A, 0x34, 0x3A }.CopyTo(jpeg, frame + 5); // 13,370 × 13,370: 178 million pixels, within the limit
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("cannot hold its 13370×13370 pixels", Refused(jpeg), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_jpeg_of_very_many_scans_is_refused()
    {
        byte[] jpeg = Golden("progressive.jpg");
        int last = jpeg.AsSpan().LastIndexOf((byte[])[0xFF, 0xDA]);
        byte[] scan = jpeg[last..^2];
        int before = JpegHeader.Read(jpeg, "")!.Value.CountScans(jpeg);
        byte[] With(int more) => [.. jpeg[..^2], .. Enumerable.Repeat(scan, more).SelectMany(s => s), .. jpeg[^2..]];
        byte[] most = With(JpegLimits.MaxScans - before), many = With(JpegLimits.MaxScans - before + 1);
        Assert.InRange(before, 2, 20);
        Assert.Equal(JpegLimits.MaxScans, JpegHeader.Read(most, "")!.Value.CountScans(most));
        Assert.Contains("has 101 scans, more than the 100", Refused(many), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tiff_whose_strip_or_tile_is_too_large_is_refused_before_memory_is_taken()
    {
        byte[] strips = Golden("rgb.tif"), tiles = Tiled();
        Assert.Equal((29, 34), (ImageDecoder.Decode(strips, "").Width, ImageDecoder.Decode(strips, "").Height));
        Assert.Equal((20, 10), (ImageDecoder.Decode(tiles, "").Width, ImageDecoder.Decode(tiles, "").Height));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("a part of its picture has 1107297509 bytes, the file 1394", Refused(With(strips, (279, 1_107_297_509))), StringComparison.Ordinal);
        Assert.Contains("a part of its picture has 1107297509 bytes", Refused(With(tiles, (325, 1_107_297_509))), StringComparison.Ordinal);
        Assert.Contains("has 36909917 strips or tiles", Refused(With(strips, (257, 1_107_297_509), (278, 30))), StringComparison.Ordinal);
        Assert.Contains("strips or tiles", Refused(With(tiles, (256, 1_107_297_509), (257, 1_107_297_509))), StringComparison.Ordinal);
        byte[] many = With(strips, (279, 1_107_297_509)); // of which the library takes the first for the one that it needs
        many[many.AsSpan().LastIndexOf((byte[])[0x17, 1, 4, 0, 1, 0, 0, 0]) + 4] = 42;
        Assert.Contains("lie outside the file", Refused(many), StringComparison.Ordinal);
        Assert.Contains("tiles have 16384×16384 pixels", Refused(With(tiles, (322, 16384), (323, 16384))), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);

        static byte[] Tiled()
        {
            using var stream = new MemoryStream();
            using (Tiff tiff = Tiff.ClientOpen("tiled", "w", stream, new TiffStream()))
            {
                (TiffTag Tag, int Value)[] fields = [(TiffTag.IMAGEWIDTH, 20), (TiffTag.IMAGELENGTH, 10), (TiffTag.TILEWIDTH, 32), (TiffTag.TILELENGTH, 16),
                    (TiffTag.BITSPERSAMPLE, 8), (TiffTag.SAMPLESPERPIXEL, 1), (TiffTag.PHOTOMETRIC, (int)Photometric.MINISBLACK)];
                foreach ((TiffTag tag, int value) in fields)
                {
                    Assert.True(tiff.SetField(tag, value));
                }

                tiff.WriteTile(new byte[32 * 16], 0, 0, 0, 0);
                tiff.WriteDirectory();
                stream.Flush();
            }

            return stream.ToArray();
        }

        // Little-endian tables of classic TIFF, one value a tag; as LONG.
        static byte[] With(byte[] tiff, params (ushort Tag, uint Value)[] values)
        {
            byte[] changed = [.. tiff];
            int table = (int)BinaryPrimitives.ReadUInt32LittleEndian(changed.AsSpan(4));
            int[] entries = [.. Enumerable.Range(0, Short(table)).Select(i => table + 2 + (12 * i))];
            foreach ((ushort tag, uint value) in values)
            {
                int at = entries.Single(e => Short(e) == tag);
                BinaryPrimitives.WriteUInt16LittleEndian(changed.AsSpan(at + 2), 4);
                BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(at + 8), value);
            }

            return changed;

            int Short(int at) => BinaryPrimitives.ReadUInt16LittleEndian(changed.AsSpan(at));
        }
    }

    [Theory]
    [InlineData("rgb.webp")]
    [InlineData("rgb.bmp")]
    [InlineData("palette.gif")]
    [InlineData("rgb.tif")]
    public void Other_formats_cut_off_or_with_flipped_bits_give_a_picture_or_an_error(string name)
    {
        byte[] whole = Golden(name);
        Assert.Equal(29, ImageDecoder.Decode(whole, name).Width);
        for (int length = 0; length < whole.Length * 9 / 10; length += Math.Max(1, whole.Length / 50))
        {
            Assert.NotEqual("", Refused(whole[..length]));
        }

        Assert.Contains("more than the 100 that are allowed", Refused(whole, new DecodeOptions { MaxPixels = 100 }), StringComparison.Ordinal);
        var random = new Random(4);
        var options = new DecodeOptions { MaxPixels = 1_000_000 };
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. whole];
            for (int flips = random.Next(1, 6); flips > 0; flips--)
            {
                damaged[random.Next(2) == 0 ? random.Next(whole.Length) : random.Next(100)] ^= (byte)(1 << random.Next(8));
            }

            try
            {
                PixelImage image = ImageDecoder.Decode(damaged, name, options);
                Assert.Equal(3L * image.Width * image.Height, image.Rgb.Length);
            }
            catch (ImageException)
            {
            }
        }
    }

    [Theory]
    [InlineData("q75-420.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("restart.jpg")]
    [InlineData("ycck.jpg")]
    [InlineData("gray.jpg")]
    [InlineData("palette4-interlaced.png")]
    [InlineData("rgb16.png")]
    [InlineData("rgba8-interlaced.png")]
    public void Flipped_bits_give_a_picture_or_an_error(string name)
    {
        byte[] whole = Golden(name);
        var random = new Random(17);
        var options = new DecodeOptions { MaxPixels = 1_000_000 };
        int decoded = 0, refused = 0;
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = [.. whole];
            for (int flips = random.Next(1, 6); flips > 0; flips--)
            {
                // Half of them in the header, where a bit means most.
                int at = random.Next(2) == 0 ? random.Next(whole.Length) : random.Next(Math.Min(whole.Length, 200));
                damaged[at] ^= (byte)(1 << random.Next(8));
            }

            if (name.EndsWith(".png", StringComparison.Ordinal) && i % 2 == 0)
            {
                PngFile.MendChecksums(damaged); // else the checksums keep the damage from the decoder
            }

            try
            {
                PixelImage image = ImageDecoder.Decode(damaged, name, options);
                Assert.Equal(3L * image.Width * image.Height, image.Rgb.Length);
                decoded++;
            }
            catch (ImageException)
            {
                refused++;
            }
        }

        Assert.Equal(500, decoded + refused);
        Assert.True(refused > 20, $"{refused} of 500 refused");
    }

    [Fact]
    public void Orientation_in_a_damaged_exif_segment_is_ignored()
    {
        byte[] jpeg = Golden("q75-420.jpg");
        var random = new Random(3);
        for (int i = 0; i < 500; i++)
        {
            byte[] exif = [.. "Exif\0\0"u8, .. (i % 2 == 0 ? "II*\0"u8 : "MM\0*"u8), .. new byte[random.Next(60)]];
            random.NextBytes(exif.AsSpan(Math.Min(exif.Length, i % 3 == 0 ? 10 : 14)));
            byte[] segment = [0xFF, 0xE1, (byte)((exif.Length + 2) >> 8), (byte)(exif.Length + 2), .. exif];
            byte[] file = [.. jpeg[..2], .. segment, .. jpeg[2..]];
            Assert.InRange(ImageDecoder.ReadInfo(file, "exif.jpg").Orientation, 1, 8);
        }
    }

    [Fact]
    public void Missing_files_and_folders_are_said_so()
    {
        using var folder = new TempFolder();
        Assert.Contains("no such file", Assert.Throws<ZooException>(() => ImageDecoder.Decode(folder.File("none.jpg"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<ZooException>(() => ImageDecoder.Decode(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<ZooException>(() => ImageDecoder.ReadInfo(folder.File("none.jpg"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_memory_and_files_give_the_same_also_in_parallel()
    {
        string path = Path.Combine(GoldenPictureTests.Folder, "progressive.jpg");
        byte[] bytes = File.ReadAllBytes(path), expected = ImageDecoder.Decode(path).Rgb;
        Assert.Equal(expected, ImageDecoder.Decode(bytes, "memory").Rgb);
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        zipped.Position = 0;
        using var unseekable = new GZipStream(zipped, CompressionMode.Decompress);
        Assert.Equal(expected, ImageDecoder.Decode(unseekable, "stream").Rgb);
        Parallel.For(0, 200, i => Assert.Equal(expected, ImageDecoder.Decode(path).Rgb));
    }

    [Fact]
    public void Gray_of_16_bits_is_scaled()
    {
        PixelImage image = ImageDecoder.Decode(PngFile.Make(2, 1, 0, 16, PngFile.Pack([0, 0x12, 0x34, 0xFF, 0x00])), "gray16.png");
        Assert.Equal([0x12, 0x12, 0x12, 0xFF, 0xFF, 0xFF], image.Rgb);
        Assert.True(image.IsGray);
    }
}
