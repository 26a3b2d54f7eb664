using ModelZoo.Weights.Pickle;

namespace ModelZoo.Weights;

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
            throw Refused(file, name, $"has the shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {tensor.Offset}, which do not go together");
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
            throw Refused(file, name, $"needs element {last} of its storage {Shown.Name(storage.Key)}, which has {tensor.View.Count}");
        }

        if (length / size > tensor.View.Count && length > MostRepeatedBytes)
        {
            throw Refused(file, name, $"repeats {tensor.View.Count} elements to {length} bytes, which is not supported");
        }

        return (length, new Strided(shape, strides, size));
    }

    private static ZooException Refused(string file, string tensor, string what) => new($"{file}: tensor {Shown.Name(tensor)} {what}. {PickleReader.Advice}");
}
