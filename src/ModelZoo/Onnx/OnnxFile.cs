using Google.Protobuf;
using ModelZoo.Weights;

namespace ModelZoo.Onnx;

/// <summary>
/// An ONNX model, opened for reading: its messages are in memory, the bytes of its tensors stay in the file (and in those beside it) until they are asked for.
/// </summary>
internal sealed class OnnxFile : IDisposable
{
    internal const string Advice = "The file is damaged or not an ONNX model; get or write it again.";

    private readonly ByteSource source;

    private OnnxFile(string name, string? folder, ByteSource source, long? maxMemory = null)
    {
        (Name, this.source, Budget) = (name, source, new ImportBudget(name, maxMemory));
        External = new(name, folder);
        try
        {
            Model = Read(name, source, Budget);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>What messages call the file.</summary>
    public string Name { get; }

    public ModelProto Model { get; }

    /// <summary>
    /// Of a graph that travels without its large tensors (<see cref="OnnxSkeleton"/>): how many bytes they may have together, all zeros. 0: none may
    /// be missing.
    /// </summary>
    public long Absent { get; private init; }

    /// <summary>What reading it and building its network may take.</summary>
    public ImportBudget Budget { get; }

    /// <summary>The files beside it that hold tensors.</summary>
    public ExternalData External { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maxMemory">The most bytes that its messages and its network may take; null: <see cref="Registry.MemoryNeed.DefaultLimit"/>.</param>
    /// <exception cref="ZooException">It cannot be read or is none.</exception>
    public static OnnxFile Open(string path, long? maxMemory = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Directory.Exists(path))
        {
            throw new ZooException($"{path}: is a folder; give the .onnx file.");
        }

        try
        {
            return new(path, Path.GetDirectoryName(Path.GetFullPath(path)), new FileSource(path), maxMemory);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }
    }

    /// <summary>The same for bytes in memory, which are kept, not copied. Tensors in other files are refused.</summary>
    public static OnnxFile Parse(ReadOnlyMemory<byte> bytes, string displayName, long? maxMemory = null) =>
        new(displayName, null, new MemorySource(bytes), maxMemory);

    /// <summary>The same of a graph without its large tensors, which have at most <paramref name="absent"/> bytes together.</summary>
    public static OnnxFile ParseSkeleton(ReadOnlyMemory<byte> bytes, string displayName, long absent) =>
        new(displayName, null, new MemorySource(bytes)) { Absent = absent };

    /// <summary>Writes a file, atomically.</summary>
    /// <exception cref="ZooException">It cannot be written, or would have more bytes than the format allows.</exception>
    public static void Write(string path, ModelProto model)
    {
        long bytes = ProtoSize.Of(model);
        if (bytes > int.MaxValue)
        {
            throw new ZooException($"{path} is not written: it would have {bytes} bytes, and an ONNX file has less than 2 GiB. Keep its tensors in a file of "
                + "their own.");
        }

        AtomicFile.Write(path, stream => ProtoWriter.Write(model, stream));
    }

    /// <summary>The bytes of such a file.</summary>
    public static byte[] ToBytes(ModelProto model)
    {
        byte[] bytes = new byte[checked((int)ProtoSize.Of(model))]; // at once: a growing stream would need them three times
        using var stream = new MemoryStream(bytes);
        ProtoWriter.Write(model, stream);
        return stream.Position == bytes.Length ? bytes : bytes[..(int)stream.Position];
    }

    public void Dispose()
    {
        source.Dispose();
        External.Dispose();
    }

    private static ModelProto Read(string name, ByteSource source, ImportBudget budget)
    {
        if (source.Length > int.MaxValue)
        {
            throw new ZooException($"{name}: has {source.Length} bytes, but an ONNX file has less than 2 GiB; larger models keep their tensors "
                + "in files beside it.");
        }

        try
        {
            var model = ProtoReader.Read<ModelProto>(source, budget);
            return model.Graph is not null
                ? model
                : throw new ZooException($"{name}: {(source.Length == 0 ? "is empty" : "holds no graph")}. {Advice}");
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or InvalidDataException)
        {
            throw new ZooException($"{name}: cannot be read as ONNX ({Printable.Plain(error.Message)}). {Advice}", error);
        }
    }
}
