using ModelZoo.Weights.Pickle;

namespace ModelZoo.Weights;

/// <summary>
/// A file that PyTorch's <c>torch.save</c> wrote: a pickle that describes the tensors, and their storages, in a zip archive (since PyTorch 1.6) or one behind
/// the other (before). The pickle is read by <see cref="Unpickler"/>, which runs nothing. The state dict is the pickled object itself, or what a training
/// checkpoint has under state_dict, model and the like, or what a module that was pickled whole has in it. Objects beside it are passed over, and named.
/// </summary>
public sealed class PthFile : WeightsFile
{
    private readonly ByteSource source;
    private readonly List<PthEntry> entries = [];

    internal PthFile(string name, ByteSource source, string? section)
        : base(name)
    {
        this.source = source;
        byte[] head = new byte[Math.Min(2, source.Length)];
        source.CopyTo(0, head);
        bool zip = head.AsSpan().StartsWith("PK"u8);
        Format = zip ? "PyTorch .pth (zip)" : "PyTorch .pth (legacy)";
        PthContent content = zip ? PthContent.FromZip(source, name) : IsPickle(head) ? PthContent.FromLegacy(source, name)
            : throw new ZooException($"{name}: begins neither like a zip archive nor like a pickle, so torch.save did not write it. Get or write it again.");
        StateDictFinder finder = new(name);
        (string path, PickleDict dict) = finder.Find(content.Root, section);
        Add(dict, content);
        Dictionary<string, string> metadata = [];
        if (path.Length > 0)
        {
            metadata["section"] = path;
        }

        Metadata = metadata;
        Notes = [.. NotesOf(content, dict)];
        Index();
    }

    /// <inheritdoc/>
    public override string Format { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightsEntry> Entries => entries;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes { get; }

    internal static bool IsPickle(ReadOnlySpan<byte> head) => head.Length >= 2 && head[0] == 0x80 && head[1] is >= 2 and <= 5;

    private protected override void Read(WeightsEntry entry, Span<byte> destination, long from)
    {
        var tensor = (PthEntry)entry;
        if (tensor.Elements.IsContiguous)
        {
            tensor.Bytes.CopyTo(tensor.Start + from, destination);
        }
        else
        {
            tensor.Elements.CopyTo(tensor.Bytes, tensor.Start, destination, from);
        }
    }

    private protected override void Close() => source.Dispose();

    private static IEnumerable<string> NotesOf(PthContent content, PickleDict dict)
    {
        const int Most = 4;
        if (content.Root is PickleInert whole)
        {
            yield return $"it is a whole model ({Printable.Plain(whole.Name)}): its weights are read, nothing else of it";
        }

        var named = new List<string>();
        var classes = new HashSet<string>(content.Inert.Take(PickleObjects.MostNames), StringComparer.Ordinal);
        classes.Remove((content.Root as PickleInert)?.Name ?? "");
        foreach ((object? key, object? value) in ((content.Root as PickleDict)?.Items ?? []).Concat(content.Root == dict ? [] : dict.Items))
        {
            if (key is string text && value is PickleInert inert)
            {
                named.Add($"{Printable.Plain(text)} ({Printable.Plain(inert.Name)})");
                classes.Remove(inert.Name);
            }
        }

        string[] skipped = content.Root is PickleInert ? [.. named] : [.. named, .. classes.Select(Printable.Plain)];
        if (skipped.Length > 0)
        {
            yield return $"beside the weights, passed over and never made into objects: {string.Join(", ", skipped.Take(Most))}"
                + (skipped.Length > Most ? $" and {skipped.Length - Most} more" : "");
        }
    }

    private void Add(PickleDict dict, PthContent content)
    {
        foreach ((object? key, object? value) in dict.Items)
        {
            if (value is not PickleTensor tensor)
            {
                continue; // an epoch, a setting: plain data beside the tensors
            }

            string text = key as string
                ?? throw new ZooException($"{Name}: has a tensor under a key that is not a text, so it is no state dict. {PickleReader.Advice}");
            if (entries.Count == 1 << 16)
            {
                throw new ZooException($"{Name}: more than {entries.Count} tensors are not supported.");
            }

            PickleStorage storage = tensor.View.Storage;
            (long length, Strided elements) = PthTensor.Check(tensor, Name, text);
            (ByteSource bytes, long offset) = content.Storages[storage.Key];
            entries.Add(new(text, storage.Type, tensor.Shape, length, bytes, offset + (tensor.View.Offset + tensor.Offset) * storage.Type.Size(), elements));
        }
    }

    private sealed record PthEntry(string Name, DType Type, IReadOnlyList<long> Shape, long ByteLength, ByteSource Bytes, long Start, Strided Elements)
        : WeightsEntry(Name, Type, Shape, ByteLength);
}
