namespace ModelZoo.Data;

/// <summary>
/// Loads CIFAR-10 and CIFAR-100, 32×32 color images, from the binary version's files: records of the label bytes and then 3,072 pixel bytes, red plane first
/// (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, www.cs.toronto.edu/~kriz/cifar.html).
/// </summary>
public static class Cifar
{
    private const int Side = 32;
    private const int Pixels = 3 * Side * Side;
    private static readonly ImageShape Shape = new(3, Side, Side);
    private const string Source = "A. Krizhevsky, \"Learning Multiple Layers of Features from Tiny Images\", 2009, www.cs.toronto.edu/~kriz/cifar.html";
    private const string License = "none is stated; the authors ask to be cited";

    /// <summary>Ten classes: 50,000 images to train, 10,000 to test.</summary>
    /// <param name="folder">Holds <c>data_batch_1.bin</c> … <c>data_batch_5.bin</c>, <c>test_batch.bin</c> and <c>batches.meta.txt</c>, or the folder
    /// <c>cifar-10-batches-bin</c> with them.</param>
    /// <param name="split">Which part; only its files are needed.</param>
    /// <returns>Images [N, 3, 32, 32] with 255 read as 1.</returns>
    /// <exception cref="ZooException">A file is missing or damaged; the message names it.</exception>
    public static ImageDataset Load10(string folder, DataSplit split)
    {
        string place = Place(folder, "cifar-10-batches-bin", "batches.meta.txt");
        string[] files = split == DataSplit.Train ? [.. Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin")] : ["test_batch.bin"];
        return Load(place, files, "cifar10", split, ReadNames(place, "batches.meta.txt", 10), labelBytes: 1);
    }

    /// <summary>A hundred classes (the fine labels): 50,000 images to train, 10,000 to test.</summary>
    /// <param name="folder">Holds <c>train.bin</c>, <c>test.bin</c> and <c>fine_label_names.txt</c>, or the folder <c>cifar-100-binary</c> with them.</param>
    /// <param name="split">Which part; only its file is needed.</param>
    /// <inheritdoc cref="Load10"/>
    public static ImageDataset Load100(string folder, DataSplit split)
    {
        string place = Place(folder, "cifar-100-binary", "fine_label_names.txt");
        return Load(place, [split == DataSplit.Train ? "train.bin" : "test.bin"], "cifar100", split, ReadNames(place, "fine_label_names.txt", 100),
            labelBytes: 2);
    }

    private static ImageDataset Load(string folder, string[] files, string name, DataSplit split, string[] names, int labelBytes)
    {
        RecordFile[] records = [.. files.Select(file => new RecordFile(Path.Combine(folder, file), labelBytes + Pixels))];
        var labels = new int[records.Sum(file => file.Count)];
        Span<byte> label = stackalloc byte[1];
        int n = 0;
        foreach (RecordFile file in records)
        {
            for (int i = 0; i < file.Count; i++, n++)
            {
                file.Read(i, labelBytes - 1, label);
                labels[n] = label[0] < names.Length
                    ? label[0]
                    : throw new ZooException($"{file.Path}: the label of record {i} is {label[0]}, outside 0 … {names.Length - 1}. "
                        + $"Is it the binary version of {name}?");
            }
        }

        var info = new DatasetInfo($"{name}/{(split == DataSplit.Train ? "train" : "test")}", Source, License, names)
        {
            Split = split == DataSplit.Train ? split : DataSplit.Test,
        };
        return ImageDataset.FromStore(info, new RecordStore(records, labelBytes, Shape), labels);
    }

    private static string[] ReadNames(string folder, string file, int count)
    {
        string path = Path.Combine(folder, file);
        string text = System.Text.Encoding.UTF8.GetString(Guard(path, () => File.ReadAllBytes(path)));
        string[] names = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        return names.Length == count ? names : throw new ZooException($"{path}: holds {names.Length} class names, not {count}.");
    }

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }
    }

    private static string Place(string folder, string inner, string file)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string[] places = [folder, Path.Combine(folder, inner)];
        return places.FirstOrDefault(place => File.Exists(Path.Combine(place, file)))
            ?? throw new ZooException(Directory.Exists(folder)
                ? $"{folder}: holds neither {file} nor {inner}/{file}. Give the folder with the files of the binary version."
                : $"{folder}: no such folder. Give the folder with the files of the binary version.");
    }
}
