namespace ModelZoo.Weights;

/// <summary>
/// Named tensors in a file, opened for reading: safetensors, PyTorch's .pth or TorchSharp's .dat. Opening reads and checks what describes the tensors; their
/// bytes are read when asked for. Nothing of a file is ever executed. Threads may share one.
/// </summary>
public abstract class WeightsFile : IDisposable
{
    private readonly Dictionary<string, WeightsEntry> byName = new(StringComparer.Ordinal);

    private protected WeightsFile(string name) => Name = name;

    /// <summary>The path, or the name given to <see cref="Parse"/>: what error messages call this file.</summary>
    public string Name { get; }

    /// <summary>The format, for people: "safetensors", "PyTorch .pth (zip)" …</summary>
    public abstract string Format { get; }

    /// <summary>Texts that travel with the tensors; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private protected init; } = new Dictionary<string, string>();

    /// <summary>What the file holds beside its tensors and was passed over, a sentence each; empty where there is nothing to say.</summary>
    public virtual IReadOnlyList<string> Notes => [];

    /// <summary>The tensors in the order of the file.</summary>
    public abstract IReadOnlyList<WeightsEntry> Entries { get; }

    /// <summary>The tensor called <paramref name="name"/>.</summary>
    /// <exception cref="ZooException">There is none; the message gives the nearest name.</exception>
    public WeightsEntry this[string name] => byName.TryGetValue(name, out WeightsEntry? entry)
        ? entry
        : throw new ZooException($"{Name}: has no tensor {Printable.Name(name)}.{NearestName.Hint(name, byName.Keys)}");

    /// <summary>Opens and checks a file. Its content says which format it has, not its name.</summary>
    /// <param name="path">The file. Of a .pth that holds several state dicts, <c>file.pth#model</c> takes the one under that key.</param>
    /// <exception cref="ZooException">It cannot be read or is not well-formed: the message names the file, what is at fault and what to do.</exception>
    public static WeightsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        (string file, string? section) = WeightsFormat.Split(path);
        if (Directory.Exists(file))
        {
            throw new ZooException($"{file}: is a folder; give the file with the weights.{ShardedFile.HintIn(file)}");
        }

        try
        {
            if (ShardedFile.IsIndex(file))
            {
                return ShardedFile.OpenIndex(file, section);
            }

            return WeightsFormat.Open(file, section, new FileSource(file));
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(file, error);
        }
    }

    /// <summary>The same for bytes in memory, such as an embedded resource. They are kept, not copied.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="displayName">What error messages call it.</param>
    /// <param name="section">Of a .pth that holds several state dicts: the key of the wanted one.</param>
    /// <exception cref="ZooException">As for <see cref="Open(string)"/>.</exception>
    public static WeightsFile Parse(ReadOnlyMemory<byte> bytes, string displayName, string? section = null) =>
        WeightsFormat.Open(displayName, section, new MemorySource(bytes));

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Contains(string name) => byName.ContainsKey(name);

    /// <summary>
    /// Copies bytes of a tensor, row-major and little-endian, from its byte <paramref name="from"/> on, as many as <paramref name="destination"/> takes.
    /// </summary>
    /// <exception cref="ZooException">There is no such tensor, or the file can no longer be read.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has fewer bytes.</exception>
    /// <exception cref="ObjectDisposedException">This object is disposed.</exception>
    public void CopyTo(string name, Span<byte> destination, long from = 0)
    {
        WeightsEntry entry = this[name];
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, entry.ByteLength - from, nameof(destination));
        try
        {
            Read(entry, destination, from);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw FileAccessError.Reading(Name, error);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    private protected abstract void Read(WeightsEntry entry, Span<byte> destination, long from);

    private protected abstract void Close();

    /// <summary>To be called once, with distinct names.</summary>
    private protected void Index()
    {
        foreach (WeightsEntry entry in Entries)
        {
            byName.Add(entry.Name, entry);
        }
    }
}

/// <summary>One tensor to be written, to a file of any format: its key, type and shape, and what writes its bytes.</summary>
public sealed class WeightsTensor
{
    /// <summary>A tensor whose bytes are produced while the file is written, so that a large one is never held twice.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">Its dimensions, none for a scalar.</param>
    /// <param name="write">Writes exactly the tensor's bytes, row-major and little-endian. Called once.</param>
    /// <exception cref="ArgumentException">A dimension is negative or the product too large.</exception>
    public WeightsTensor(string name, DType type, IReadOnlyList<long> shape, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(write);
        (Name, Type, Shape, Write) = (name, type, [.. shape], write);
        ByteLength = type.ByteLength([.. shape])
            ?? throw new ArgumentException($"Tensor '{name}': the shape [{string.Join(", ", shape)}] is negative somewhere or too large.", nameof(shape));
    }

    /// <summary>A tensor whose bytes, row-major and little-endian, are there already.</summary>
    /// <exception cref="ArgumentException">As above, or there are more or fewer bytes than the shape and type say.</exception>
    public WeightsTensor(string name, DType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> bytes)
        : this(name, type, shape, stream => stream.Write(bytes.Span))
    {
        if (bytes.Length != ByteLength)
        {
            throw new ArgumentException($"Tensor '{name}': {type.FormatName()} [{string.Join(", ", shape)}] has {ByteLength} bytes, {bytes.Length} were given.",
                nameof(bytes));
        }
    }

    public string Name { get; }

    public DType Type { get; }

    public IReadOnlyList<long> Shape { get; }

    public long ByteLength { get; }

    internal Action<Stream> Write { get; }
}

/// <summary>One tensor of a weights file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its dimensions, none for a scalar; the last one varies fastest.</param>
/// <param name="ByteLength">How many bytes it has when its elements lie row by row without gaps: the product of <paramref name="Shape"/> times the element's
/// size.</param>
public record WeightsEntry(string Name, DType Type, IReadOnlyList<long> Shape, long ByteLength)
{
    /// <summary>"F32 [64, 3, 7, 7]".</summary>
    public string Described => $"{Type.FormatName()} [{string.Join(", ", Shape)}]";
}
