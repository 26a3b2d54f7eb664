using System.Numerics;
using ModelZoo.Weights.Pickle;

namespace ModelZoo.Weights;

/// <summary>What a .pth file holds: the pickled object, and where the bytes of each storage lie.</summary>
/// <param name="Root">The object, as <see cref="Unpickler"/> puts it together.</param>
/// <param name="Storages">By key: what holds the bytes, and where they begin in it.</param>
/// <param name="Inert">The names of classes and functions that stand for nothing here.</param>
internal sealed record PthContent(object? Root, IReadOnlyDictionary<string, (ByteSource Bytes, long Offset)> Storages, IReadOnlyList<string> Inert)
{
    private const int MostPickleBytes = 1 << 25;
    private const string Advice = "The file is damaged or not what torch.save writes; get or write it again.";

    private static readonly BigInteger Magic = new([0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]);

    /// <summary>Reads a zip archive: <c>name/data.pkl</c>, <c>name/data/0</c> … (torch.serialization, "_save").</summary>
    public static PthContent FromZip(ByteSource source, string file)
    {
        const string Description = "data.pkl";
        Dictionary<string, ZipItem> items = ZipDirectory.Read(source, file).ToDictionary(i => i.Name, StringComparer.Ordinal);
        string[] roots = [.. items.Keys.Where(n => n.EndsWith($"/{Description}", StringComparison.Ordinal) || n == Description).Take(2)
            .Select(n => n[..^Description.Length])];
        if (roots is not [string root])
        {
            throw roots.Length == 0 ? NotRead(file, ForeignFile.DescribeZip(items.Keys)) : Refused(file, "has more than one data.pkl");
        }

        if (items.ContainsKey($"{root}constants.pkl"))
        {
            throw NotRead(file, "is a TorchScript program. In Python, save its weights alone: torch.save(torch.jit.load(…).state_dict(), …). To run "
                + "it as it is: `zoo predict` and `zoo eval` with --run-program");
        }

        if (items.TryGetValue($"{root}byteorder", out ZipItem? order)
            && !(order.Length == 6 && Opened(order).Use(Place(order), 6, bytes => bytes.SequenceEqual("little"u8))))
        {
            throw NotRead(file, "was written on a big-endian machine, which is not supported; write it again on another");
        }

        ZipItem pickle = items[root + Description];
        if (pickle.Length is 0 or > MostPickleBytes)
        {
            throw Refused(file, $"its data.pkl has {pickle.Length} bytes, which is not supported");
        }

        var objects = new PickleObjects();
        object? value = Opened(pickle).Use(Place(pickle), (int)pickle.Length, bytes => Unpickler.Read(bytes, file, objects).Value);
        var storages = new Dictionary<string, (ByteSource, long)>(StringComparer.Ordinal);
        foreach ((string key, PickleStorage storage) in objects.Storages)
        {
            long length = storage.Count * storage.Type.Size();
            ZipItem item = items.GetValueOrDefault($"{root}data/{key}")
                ?? throw Refused(file, $"its storage {Printable.Name(key)} is missing; it may have been cut off");
            storages[key] = item.Length == length
                ? (Opened(item), Place(item))
                : throw Refused(file,
                    $"its storage {Printable.Name(key)} has {item.Length} bytes where {storage.Count} × {storage.Type.FormatName()} need {length}");
        }

        return new(value, storages, objects.InertNames);

        ByteSource Opened(ZipItem item) => item.Deflated ? new InflatedSource(source, item, file) : source;

        static long Place(ZipItem item) => item.Deflated ? 0 : item.Offset;
    }

    /// <summary>
    /// Reads the format before PyTorch 1.6: five pickles (magic number, version, machine, object, keys of the storages), then each storage after its number of
    /// elements (torch.serialization, "_legacy_save").
    /// </summary>
    public static PthContent FromLegacy(ByteSource source, string file)
    {
        long position = 0;
        if (Next(new PickleObjects()) is not BigInteger magic || magic != Magic)
        {
            throw NotRead(file, "is a pickle, but not one that torch.save wrote. In Python, load it and save the weights: torch.save(weights, …)");
        }

        if (Next(new PickleObjects()) is not 1001L || Next(new PickleObjects()) is not PickleDict machine)
        {
            throw NotRead(file, "has an unknown version of PyTorch's format before 1.6");
        }

        if (machine["little_endian"] is not true)
        {
            throw NotRead(file, "was written on a big-endian machine, which is not supported; write it again on another");
        }

        var objects = new PickleObjects();
        object? root = Next(objects);
        List<object?> keys = Next(new PickleObjects()) is PickleList list ? list.Items : throw Refused(file, "has no list of its storages");
        var storages = new Dictionary<string, (ByteSource, long)>(StringComparer.Ordinal);
        byte[] number = new byte[sizeof(long)];
        foreach (object? name in keys)
        {
            if (name is not string key || !objects.Storages.TryGetValue(key, out PickleStorage? storage))
            {
                throw Refused(file, $"lists a storage {Printable.Name($"{name}")} that no tensor uses");
            }

            long length = storage.Count * storage.Type.Size();
            if (position > source.Length - sizeof(long) || length > source.Length - sizeof(long) - position)
            {
                throw Refused(file, $"its storage {Printable.Name(key)} of {length} bytes is not all there; it may have been cut off");
            }

            source.CopyTo(position, number);
            if (BitConverter.ToInt64(number) != storage.Count || !storages.TryAdd(key, (source, position + sizeof(long))))
            {
                throw Refused(file,
                    $"its storage {Printable.Name(key)} has {BitConverter.ToInt64(number)} elements where tensors want {storage.Count}, or comes twice");
            }

            position += sizeof(long) + length;
        }

        string? missing = objects.Storages.Keys.FirstOrDefault(k => !storages.ContainsKey(k));
        return missing is null
            ? new(root, storages, objects.InertNames)
            : throw Refused(file, $"its storage {Printable.Name(missing)} is missing; it may have been cut off");

        object? Next(PickleObjects known)
        {
            if (position >= source.Length)
            {
                throw Refused(file, $"ends at byte {source.Length}, in the middle; it may have been cut off");
            }

            (object? value, int length) = source.Use(position, (int)Math.Min(source.Length - position, MostPickleBytes), bytes =>
                Unpickler.Read(bytes, file, known));
            position += length;
            return value;
        }
    }

    private static ZooException NotRead(string file, string what) => new($"{file}: {what}.");

    private static ZooException Refused(string file, string what) => new($"{file}: {what}. {Advice}");
}

/// <summary>Checks that a pickled tensor lies within its storage.</summary>
internal static class PthTensor
{
    private const long MostRepeatedBytes = 1 << 24;

    /// <returns>Bytes of the tensor without gaps, and how its elements lie.</returns>
    /// <exception cref="ZooException">It does not lie within its storage; the message names <paramref name="file"/> and the tensor.</exception>
    public static (long Length, Strided Elements) Check(PickleTensor tensor, string file, string name)
    {
        PickleStorage storage = tensor.View.Storage;
        (long[] shape, long[] strides, int size) = (tensor.Shape, tensor.Strides, storage.Type.Size());
        if (shape.Length != strides.Length || shape.Any(s => s < 0) || strides.Any(s => s < 0) || tensor.Offset < 0)
        {
            throw Refused(file, name,
                $"has the shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {tensor.Offset}, which do not go together");
        }

        // Without its zeros, so that [0, 2⁶²] does not pass as a tensor of nothing.
        if (storage.Type.ByteLength([.. shape.Where(s => s > 0)]) is not { } full)
        {
            throw Refused(file, name, $"{storage.Type.FormatName()} [{string.Join(", ", shape)}] has more bytes than a file can have");
        }

        long length = shape.Contains(0) ? 0 : full;
        Int128 last = tensor.Offset;
        for (int i = 0; i < shape.Length; i++)
        {
            last += (Int128)Math.Max(0, shape[i] - 1) * strides[i];
        }

        if (length > 0 ? last >= tensor.View.Count : tensor.Offset > tensor.View.Count)
        {
            throw Refused(file, name, $"needs element {last} of its storage {Printable.Name(storage.Key)}, which has {tensor.View.Count}");
        }

        if (length / size > tensor.View.Count && length > MostRepeatedBytes)
        {
            throw Refused(file, name, $"repeats {tensor.View.Count} elements to {length} bytes, which is not supported");
        }

        return (length, new Strided(shape, strides, size));
    }

    private static ZooException Refused(string file, string tensor, string what) =>
        new($"{file}: tensor {Printable.Name(tensor)} {what}. {PickleReader.Advice}");
}
