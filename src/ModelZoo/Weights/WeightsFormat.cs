using System.Buffers.Binary;

namespace ModelZoo.Weights;

/// <summary>Recognizes the format of a file by its first bytes, and opens it.</summary>
internal static class WeightsFormat
{
    private const int HeadBytes = 16;
    private const string Known = "Weights are read from safetensors files, PyTorch's .pth or .pt, and TorchSharp's .dat.";

    /// <summary>Takes the section off <c>file.pth#section</c>; a file whose own name has a '#' stays whole.</summary>
    public static (string File, string? Section) Split(string path)
    {
        int at = path.LastIndexOf('#');
        return at <= 0 || at == path.Length - 1 || File.Exists(path) ? (path, null) : (path[..at], path[(at + 1)..]);
    }

    /// <summary>Opens what <paramref name="source"/> holds, and owns it from then on.</summary>
    /// <exception cref="ZooException">It is none of the formats, or not well-formed.</exception>
    public static WeightsFile Open(string name, string? section, ByteSource source)
    {
        try
        {
            byte[] head = new byte[Math.Min(HeadBytes, source.Length)];
            source.CopyTo(0, head);
            WeightsFile file = Open(name, section, source, head);
            return section is null || file is PthFile
                ? file
                : throw new ZooException($"{name}: is a {file.Format} file, which has no sections; leave out '#{section}'.");
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static WeightsFile Open(string name, string? section, ByteSource source, byte[] head)
    {
        // Eight bytes of length, of which the upper ones are zero, then JSON: nothing else begins like that. A length can look like a pickle's first bytes, so
        // this comes first.
        bool header = head.Length > 8 && BinaryPrimitives.ReadUInt64LittleEndian(head) < 1UL << 48 && "{ \t\r\n"u8.Contains(head[8]);
        if (header)
        {
            return new SafetensorsFile(name, source);
        }

        if (head.AsSpan().StartsWith("PK"u8) || PthFile.IsPickle(head))
        {
            return new PthFile(name, source, section);
        }

        if (DatFile.Begins(source))
        {
            return new DatFile(name, source);
        }

        return ForeignFile.Describe(source) is { } what ? throw new ZooException($"{name}: {what}. {Known}") : Path.GetExtension(name).ToUpperInvariant() switch
        {
            ".SAFETENSORS" => new SafetensorsFile(name, source),
            ".PTH" or ".PT" or ".TAR" or ".CKPT" or ".BIN" => new PthFile(name, source, section),
            ".DAT" => new DatFile(name, source),
            _ => throw new ZooException($"{name}: {ForeignFile.DescribeName(name) ?? "is in no format of weights that the zoo knows"}. {Known}"),
        };
    }
}

/// <summary>Writes tensors in the format that a file's name asks for: .safetensors, .pth or .pt (PyTorch), .dat (TorchSharp).</summary>
public static class WeightsWriter
{
    /// <summary>Writes a file, atomically: a file that was there before is there until the new one is complete.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">What to write; no name twice.</param>
    /// <exception cref="ZooException">The file cannot be written, or its name asks for no known format.</exception>
    public static void Write(string path, IEnumerable<WeightsTensor> tensors)
    {
        MustKnow(path);
        switch (Path.GetExtension(path).ToUpperInvariant())
        {
            case ".SAFETENSORS":
                SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });
                break;
            case ".PTH" or ".PT":
                PthWriter.Write(path, tensors);
                break;
            default:
                DatWriter.Write(path, tensors);
                break;
        }
    }

    /// <summary>Checks that a name asks for a known format.</summary>
    /// <exception cref="UsageException">It does not.</exception>
    public static void MustKnow(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (Path.GetExtension(path).ToUpperInvariant() is not (".SAFETENSORS" or ".PTH" or ".PT" or ".DAT"))
        {
            throw new UsageException($"{path}: its ending says no format. Give a name that ends in .safetensors, .pth (PyTorch) or .dat (TorchSharp).");
        }
    }

    internal static WeightsTensor[] Checked(IEnumerable<WeightsTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        WeightsTensor[] all = [.. tensors];
        var names = new HashSet<string>(StringComparer.Ordinal);
        return Array.Find(all, t => !names.Add(t.Name)) is { } twice
            ? throw new ArgumentException($"Two tensors are called '{twice.Name}'.", nameof(tensors))
            : all;
    }

    /// <summary>Has a tensor write its bytes, and sees to it that it writes as many as it has.</summary>
    internal static void WriteExactly(WeightsTensor tensor, Stream stream)
    {
        using var part = new BoundedWriteStream(stream, tensor.ByteLength);
        tensor.Write(part);
        if (part.Remaining != 0)
        {
            throw new InvalidOperationException($"Tensor '{tensor.Name}' wrote {tensor.ByteLength - part.Remaining} of its {tensor.ByteLength} bytes.");
        }
    }
}
