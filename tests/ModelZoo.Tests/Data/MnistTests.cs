using System.IO.Compression;
using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

public sealed class MnistTests : IDisposable
{
    private static readonly byte[] Pixels = [.. Enumerable.Range(0, 3 * 4 * 5).Select(i => (byte)(i * 4))];
    private static readonly byte[] Images = Idx(0x08, [3, 4, 5], Pixels);
    private static readonly byte[] Labels = Idx(0x08, [3], [7, 0, 9]);

    private readonly TempFolder folder = new();

    public static TheoryData<string, byte[], string> BadImages { get; } = new()
    {
        { "empty", [], "header" },
        { "half a header", Images[..10], "header" },
        { "no IDX", [0x89, .. "PNG and something else"u8], "not an IDX file" },
        { "floats", Idx(0x0D, [3, 4, 5], new byte[240]), "32-bit floats" },
        { "unknown type", Idx(0x42, [3, 4, 5], Pixels), "0x42" },
        { "labels in its place", [.. Labels, .. new byte[20]], "1 dimension(s)" },
        { "a dimension of zero", Idx(0x08, [3, 0, 5], []), "dimension 1 is 0" },
        { "a dimension of four thousand million", Idx(0x08, [3, 0xFFFFFFFF, 5], Pixels), "dimension 1 is 4294967295" },
        { "dimensions whose product overflows", Idx(0x08, [0x7FFFFF00, 0x7FFFFF00, 0x7FFFFF00], Pixels), "dimension 1" },
        { "two thousand million bytes promised", Idx(0x08, [2_000_000_000, 1, 1], Pixels), "shorter" },
        { "one byte short", Images[..^1], "shorter" },
        { "one byte long", [.. Images, 0], "more follow" },
        { "gzip of one byte short", Gzip(Images[..^1]), "59 follow" },
        { "gzip of one byte long", Gzip([.. Images, 0]), "more follow" },
        { "gzip of a huge promise", Gzip(Idx(0x08, [2_000_000_000, 1, 1], Pixels)), "shorter" },
        { "gzip without its last byte", Gzip(Images)[..^1], "damaged gzip" },
        { "gzip without its last ten bytes", Gzip(Images)[..^10], "Download" },
        { "gzip of which half is left", Gzip(Images)[..(Gzip(Images).Length / 2)], "Download" },
        { "gzip with a wrong checksum", Changed(Gzip(Images), -6), "damaged gzip" },
        { "gzip header alone", [0x1F, 0x8B], "Download" },
        { "gzip magic and nonsense", [0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "damaged gzip" },
    };

    public static TheoryData<string, byte[], string> BadLabels { get; } = new()
    {
        { "one too many", Idx(0x08, [4], [7, 0, 9, 1]), "4 labels" },
        { "a label of ten", Idx(0x08, [3], [7, 10, 9]), "label 1 is 10" },
        { "images in its place", Images, "3 dimension(s)" },
    };

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train-images-idx3-ubyte", "train-labels-idx1-ubyte", false)]
    [InlineData("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", true)]
    [InlineData("train-images.idx3-ubyte", "train-labels.idx1-ubyte", false)]
    [InlineData("train-images.idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", true)]
    [InlineData("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", false)]
    public void Official_names_are_read_plain_and_compressed(string images, string labels, bool compressed)
    {
        folder.Write(images, compressed ? Gzip(Images) : Images);
        folder.Write(labels, compressed ? Gzip(Labels) : Labels);
        ImageDataset data = Mnist.LoadDigits(folder.Path, DataSplit.Train);
        Assert.Equal("mnist/train", data.Name);
        Assert.Equal(new ImageShape(1, 4, 5), data.Shape);
        Assert.Equal([7, 0, 9], data.Labels.ToArray());
        var image = new float[20];
        data.CopyImage(2, image);
        Assert.Equal(Pixels[40..].Select(value => value / 255f), image);
    }

    [Fact]
    public void The_test_part_has_files_of_its_own_and_fashion_its_class_names()
    {
        folder.Write("t10k-images-idx3-ubyte", Images);
        folder.Write("t10k-labels-idx1-ubyte", Labels);
        ImageDataset data = Mnist.LoadFashion(folder.Path, DataSplit.Test);
        Assert.Equal("fashion-mnist/test", data.Name);
        Assert.Equal("Ankle boot", data.Info.ClassNames[data.Labels[2]]);
        AssertRefused(() => Mnist.LoadFashion(folder.Path, DataSplit.Train), folder.Path, "train-images-idx3-ubyte");
    }

    [Theory]
    [MemberData(nameof(BadImages))]
    public void Bad_images_are_refused_by_name(string what, byte[] content, string expected)
    {
        Assert.NotEmpty(what);
        string path = folder.Write("train-images-idx3-ubyte", content);
        folder.Write("train-labels-idx1-ubyte", Labels);
        AssertRefused(() => Mnist.LoadDigits(folder.Path, DataSplit.Train), path, expected);
    }

    [Theory]
    [MemberData(nameof(BadLabels))]
    public void Bad_labels_are_refused_by_name(string what, byte[] content, string expected)
    {
        Assert.NotEmpty(what);
        folder.Write("train-images-idx3-ubyte", Images);
        string path = folder.Write("train-labels-idx1-ubyte", content);
        AssertRefused(() => Mnist.LoadDigits(folder.Path, DataSplit.Train), path, expected);
    }

    [Fact]
    public void A_missing_folder_and_a_missing_file_are_named()
    {
        AssertRefused(() => Mnist.LoadDigits(folder.File("nowhere"), DataSplit.Train), folder.File("nowhere"), "no such folder");
        AssertRefused(() => IdxFile.Read(folder.File("nothing"), 1), folder.File("nothing"), "no such file");
        AssertRefused(() => IdxFile.Read(folder.Path, 1), folder.Path, "is a folder");
        AssertRefused(() => Mnist.LoadDigits(folder.Path, DataSplit.Train), folder.Path, "train-images-idx3-ubyte.gz");
    }

    private static void AssertRefused(Func<object> read, string path, string expected)
    {
        var error = Assert.Throws<ZooException>(read);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static byte[] Idx(byte type, uint[] sizes, byte[] values) =>
        [0, 0, type, (byte)sizes.Length, .. sizes.SelectMany(size => new[] { (byte)(size >> 24), (byte)(size >> 16), (byte)(size >> 8), (byte)size }),
            .. values];

    private static byte[] Gzip(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    private static byte[] Changed(byte[] content, int fromEnd)
    {
        content[content.Length + fromEnd] ^= 1;
        return content;
    }
}
