using System.Buffers.Binary;
using System.IO.Compression;

namespace ModelZoo.Data;

/// <summary>Loads MNIST and Fashion-MNIST, 28×28 gray images of ten classes, from a folder that holds the official files.</summary>
public static class Mnist
{
    private const int Classes = 10;

    /// <summary>Handwritten digits: 60,000 to train, 10,000 to test.</summary>
    /// <param name="folder">Holds <c>train-images-idx3-ubyte</c>, <c>train-labels-idx1-ubyte</c>, <c>t10k-images-idx3-ubyte</c>, <c>t10k-labels-idx1-ubyte</c>,
    /// plain or with <c>.gz</c>, or with a dot in place of the hyphen before <c>idx</c>. Only the two files of the split are needed.</param>
    /// <param name="split">Which part.</param>
    /// <returns>Images [N, 1, 28, 28] with 255 read as 1.</returns>
    /// <exception cref="ZooException">A file is missing, damaged or does not fit to the other; the message names it.</exception>
    public static ImageDataset LoadDigits(string folder, DataSplit split) => Load(folder, split, new DatasetInfo(
        $"mnist/{SplitName(split)}",
        "Y. LeCun, C. Cortes, C. J. C. Burges, \"The MNIST database of handwritten digits\", 1998, yann.lecun.com/exdb/mnist",
        "Copyright Y. LeCun and C. Cortes; CC BY-SA 3.0",
        [.. Enumerable.Range(0, Classes).Select(digit => $"{digit}")]));

    /// <summary>Zalando's articles of clothing, in the same files and sizes as MNIST.</summary>
    /// <inheritdoc cref="LoadDigits"/>
    public static ImageDataset LoadFashion(string folder, DataSplit split) => Load(folder, split, new DatasetInfo(
        $"fashion-mnist/{SplitName(split)}",
        "H. Xiao, K. Rasul, R. Vollgraf, \"Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms\", 2017, arXiv:1708.07747",
        "MIT, copyright 2017 Zalando SE",
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]));

    private static ImageDataset Load(string folder, DataSplit split, DatasetInfo info)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
        {
            throw new ZooException($"{folder}: no such folder. Give the folder that holds the {info.Name} files.");
        }

        string part = split == DataSplit.Train ? "train" : "t10k";
        string imagesPath = Find(folder, $"{part}-images", "idx3-ubyte");
        string labelsPath = Find(folder, $"{part}-labels", "idx1-ubyte");
        (int[] size, byte[] pixels) = IdxFile.Read(imagesPath, dimensions: 3);
        (_, byte[] labels) = IdxFile.Read(labelsPath, dimensions: 1);
        if (labels.Length != size[0])
        {
            throw new ZooException($"{labelsPath}: {labels.Length} labels, but {imagesPath} holds {size[0]} images. Both must come from the same download.");
        }

        int wrong = labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(Classes - 1));
        return wrong >= 0
            ? throw new ZooException($"{labelsPath}: label {wrong} is {labels[wrong]}, outside 0 … {Classes - 1}. Download the file again.")
            : ImageDataset.FromBytes(info with { Split = split == DataSplit.Train ? split : DataSplit.Test }, new ImageShape(1, size[1], size[2]), pixels,
                maximum: 255, [.. labels.Select(label => (int)label)]);
    }

    private static string Find(string folder, string stem, string kind)
    {
        string[] names = [$"{stem}-{kind}", $"{stem}-{kind}.gz", $"{stem}.{kind}", $"{stem}.{kind}.gz"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new ZooException($"{folder}: holds no '{names[0]}' (nor {string.Join(", ", names[1..])}). Put the official files there, or give another "
                + "folder.");
    }

    private static string SplitName(DataSplit split) => split == DataSplit.Train ? "train" : "test";
}

/// <summary>
/// Reads the IDX files of MNIST and Fashion-MNIST, plain or gzip-compressed (decided by content, not by name). Format: two zero bytes, a type code, the number
/// of dimensions, each dimension as a big-endian 32-bit number, then the values, the last dimension varying fastest
/// (Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", yann.lecun.com/exdb/mnist).
/// </summary>
public static class IdxFile
{
    private const byte UnsignedByte = 0x08;

    // Deflate's best case: 258 bytes from two bits.
    private const long LargestGzipRatio = 1032;

    /// <summary>Reads a file of unsigned bytes, the only kind that these datasets use.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dimensions">The number of dimensions that it must have: 3 for images [N, H, W], 1 for labels [N].</param>
    /// <returns>The dimensions and the bytes, exactly their product.</returns>
    /// <exception cref="ZooException">The file cannot be read, is no IDX file of bytes with these dimensions, or is shorter or longer than its header
    /// says.</exception>
    public static (int[] Dimensions, byte[] Values) Read(string path, int dimensions)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        try
        {
            RegularFile.Require(path);
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            Span<byte> start = stackalloc byte[2];
            bool compressed = file.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start[0] == 0x1F && start[1] == 0x8B;
            file.Position = 0;
            if (!compressed)
            {
                return Read(path, file, dimensions, file.Length);
            }

            using var unzipped = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
            (int[] Dimensions, byte[] Values) content = Read(path, unzipped, dimensions, file.Length * LargestGzipRatio);
            CheckGzipLength(path, file, 4 + 4 * dimensions + content.Values.Length);
            return content;
        }
        catch (InvalidDataException error)
        {
            throw new ZooException($"{path}: damaged gzip data ({error.Message}). Download the file again.", error);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }
    }

    private static (int[] Dimensions, byte[] Values) Read(string path, Stream stream, int dimensions, long atMost)
    {
        Span<byte> header = stackalloc byte[4 + 4 * dimensions];
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
        {
            throw new ZooException($"{path}: ends within its {header.Length}-byte header. Download the file again.");
        }

        if (header[0] != 0 || header[1] != 0)
        {
            throw new ZooException($"{path}: not an IDX file (it starts with {Convert.ToHexString(header[..4])}; IDX starts with 0000). Download the official "
                + "file again.");
        }

        if (header[2] != UnsignedByte || header[3] != dimensions)
        {
            throw new ZooException($"{path}: holds {TypeName(header[2])} in {header[3]} dimension(s), but unsigned bytes in {dimensions} are needed here. "
                + "Are the files for images and labels exchanged?");
        }

        var sizes = new int[dimensions];
        long length = 1;
        for (int d = 0; d < dimensions; d++)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + 4 * d)..]);
            if (size is 0 or > int.MaxValue || (length *= size) > Array.MaxLength)
            {
                throw new ZooException($"{path}: dimension {d} is {size}, which is not a size that this file can have. Download the file again.");
            }

            sizes[d] = (int)size;
        }

        string expected = $"{path}: its header says {string.Join('×', sizes)} = {length} bytes";
        if (header.Length + length > atMost)
        {
            throw new ZooException($"{expected}, but the file is shorter. Download the file again.");
        }

        var values = new byte[length];
        int read = stream.ReadAtLeast(values, values.Length, throwOnEndOfStream: false);
        return read < length ? throw new ZooException($"{expected}, but only {read} follow. Download the file again.")
            : stream.ReadByte() >= 0 ? throw new ZooException($"{expected}, but more follow. Download the file again.")
            : (sizes, values);
    }

    // .NET checks the sum at a gzip file's end where there is one, but does not miss it where the file was cut just before.
    private static void CheckGzipLength(string path, FileStream file, long length)
    {
        Span<byte> end = stackalloc byte[4];
        file.Seek(-4, SeekOrigin.End);
        file.ReadExactly(end);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != (uint)length)
        {
            throw new ZooException($"{path}: damaged gzip data (its last bytes do not give its length). Download the file again.");
        }
    }

    private static string TypeName(byte code) => code switch
    {
        UnsignedByte => "unsigned bytes",
        0x09 => "signed bytes",
        0x0B => "16-bit integers",
        0x0C => "32-bit integers",
        0x0D => "32-bit floats",
        0x0E => "64-bit floats",
        _ => $"values of unknown type 0x{code:X2}",
    };
}
