using System.Text;

namespace ModelZoo.Weights;

/// <summary>
/// A file that TorchSharp's <c>module.save</c> wrote: the number of tensors, then each one's name, element type, number of dimensions, dimensions and elements.
/// The whole numbers are LEB128, the names UTF-8 after their length, the elements little-endian (github.com/dotnet/TorchSharp: docfx/articles/saveload.md,
/// TensorExtensionMethods.Save).
/// </summary>
public sealed class DatFile : WeightsFile
{
    private const int MostTensors = 1 << 16;
    private const int MostNameBytes = 1 << 12;
    private const int MostDimensions = 64;
    private const string Advice = "The file is damaged or not one that TorchSharp's module.save wrote; get or write it again.";

    // TorchSharp's numbers of element types.
    private static readonly (long Number, DType Type)[] Types =
    [
        (0, DType.U8), (1, DType.I8), (2, DType.I16), (3, DType.I32), (4, DType.I64), (5, DType.F16), (6, DType.F32), (7, DType.F64), (11, DType.Bool),
            (15, DType.BF16),
    ];

    private readonly ByteSource source;
    private readonly List<DatEntry> entries = [];

    internal DatFile(string name, ByteSource source)
        : base(name)
    {
        this.source = source;
        var cursor = new ByteCursor(source, what => Refused(name, what));
        long count = cursor.Number("its number of tensors");
        if (count > MostTensors)
        {
            throw Refused(name, $"says that it has {count} tensors; more than {MostTensors} are not supported");
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            DatEntry entry = ReadEntry(cursor, name, i);
            entries.Add(names.Add(entry.Name) ? entry : throw Refused(name, $"the name {Printable.Name(entry.Name)} appears twice"));
        }

        if (cursor.Position != source.Length)
        {
            throw Refused(name, $"{source.Length - cursor.Position} bytes follow the last tensor");
        }

        Index();
    }

    /// <inheritdoc/>
    public override string Format => "TorchSharp .dat";

    /// <inheritdoc/>
    public override IReadOnlyList<WeightsEntry> Entries => entries;

    /// <summary>The number that stands for an element type.</summary>
    internal static int NumberOf(DType type) => (int)Types.First(t => t.Type == type).Number;

    /// <summary>Whether a file's first tensor reads like one of this format, which has no signature.</summary>
    internal static bool Begins(ByteSource source)
    {
        try
        {
            var cursor = new ByteCursor(source, static what => new ZooException(what));
            return cursor.Number("") is > 0 and <= MostTensors && ReadEntry(cursor, "", 0).Name is { Length: > 0 } name && !name.Any(char.IsControl);
        }
        catch (ZooException)
        {
            return false;
        }
    }

    private protected override void Read(WeightsEntry entry, Span<byte> destination, long from) => source.CopyTo(((DatEntry)entry).Offset + from, destination);

    private protected override void Close() => source.Dispose();

    private static DatEntry ReadEntry(ByteCursor cursor, string file, long index)
    {
        string name = cursor.Text(MostNameBytes, $"the name of tensor {index}");
        long number = cursor.Number($"the element type of {Printable.Name(name)}");
        if (Array.FindIndex(Types, t => t.Number == number) is var known && known < 0)
        {
            throw Refused(file, $"tensor {Printable.Name(name)} has the element type {number}, which is unknown");
        }

        DType type = Types[known].Type;
        long dimensions = cursor.Number($"the number of dimensions of {Printable.Name(name)}");
        if (dimensions > MostDimensions)
        {
            throw Refused(file, $"tensor {Printable.Name(name)} says that it has {dimensions} dimensions; more than {MostDimensions} are not supported");
        }

        var shape = new long[dimensions];
        for (int i = 0; i < dimensions; i++)
        {
            shape[i] = cursor.Number($"the shape of {Printable.Name(name)}");
        }

        if (type.ByteLength(shape) is not { } length)
        {
            throw Refused(file, $"tensor {Printable.Name(name)}: {type.FormatName()} [{string.Join(", ", shape)}] has more bytes than a file can have");
        }

        var entry = new DatEntry(name, type, shape, length, cursor.Position);
        cursor.Skip(length, $"tensor {Printable.Name(name)}, {entry.Described},");
        return entry;
    }

    private static ZooException Refused(string file, string what) => new($"{file}: {what}. {Advice}");

    private sealed record DatEntry(string Name, DType Type, IReadOnlyList<long> Shape, long ByteLength, long Offset)
        : WeightsEntry(Name, Type, Shape, ByteLength);
}

/// <summary>Writes files that TorchSharp's <c>module.load</c> reads: the format of <see cref="DatFile"/>.</summary>
public static class DatWriter
{
    /// <summary>Writes a file, atomically.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">What to write; no name twice.</param>
    /// <exception cref="ZooException">The file cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A name appears twice.</exception>
    public static void Write(string path, IEnumerable<WeightsTensor> tensors)
    {
        WeightsTensor[] all = WeightsWriter.Checked(tensors);
        AtomicFile.Write(path, stream =>
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            writer.Write7BitEncodedInt64(all.Length);
            foreach (WeightsTensor tensor in all)
            {
                writer.Write(tensor.Name);
                writer.Write7BitEncodedInt(DatFile.NumberOf(tensor.Type));
                writer.Write7BitEncodedInt(tensor.Shape.Count);
                foreach (long size in tensor.Shape)
                {
                    writer.Write7BitEncodedInt64(size);
                }

                writer.Flush();
                WeightsWriter.WriteExactly(tensor, stream);
            }
        });
    }
}
