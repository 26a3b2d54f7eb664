namespace ModelZoo.Data;

/// <summary>Loads MNIST and Fashion-MNIST, 28×28 grey images of ten classes, from a folder that holds the official files.</summary>
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
            : ImageDataset.FromBytes(info, new ImageShape(1, size[1], size[2]), pixels, maximum: 255, [.. labels.Select(label => (int)label)]);
    }

    private static string Find(string folder, string stem, string kind)
    {
        string[] names = [$"{stem}-{kind}", $"{stem}-{kind}.gz", $"{stem}.{kind}", $"{stem}.{kind}.gz"];
        return names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new ZooException($"{folder}: holds no '{names[0]}' (nor {string.Join(", ", names[1..])}). Put the official files there, or give another folder.");
    }

    private static string SplitName(DataSplit split) => split == DataSplit.Train ? "train" : "test";
}
