namespace ModelZoo.Weights;

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
        return Array.Find(all, t => !names.Add(t.Name)) is { } twice ? throw new ArgumentException($"Two tensors are called '{twice.Name}'.", nameof(tensors)) : all;
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
