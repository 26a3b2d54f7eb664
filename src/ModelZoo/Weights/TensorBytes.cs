using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>Moves the elements of tensors between files and memory.</summary>
internal static class TensorBytes
{
    private const long PieceBytes = 1 << 23;
    private const int Threads = 2; // one waits for memory while the other copies

    /// <summary>Fills a tensor: straight from the file into its memory where type and layout allow, else through a temporary one.</summary>
    /// <exception cref="ZooException">The file can no longer be read.</exception>
    public static void Read(WeightsFile file, WeightsEntry entry, Tensor target)
    {
        if (entry.ByteLength == 0)
        {
            return;
        }

        if (target.device_type == DeviceType.CPU && target.dtype == entry.Type.ToTorch() && target.is_contiguous())
        {
            Fill(file, entry, target);
            return;
        }

        using Tensor temporary = Read(file, entry);
        using Tensor shaped = temporary.reshape(target.shape);
        target.copy_(shaped);
    }

    /// <summary>The tensor as the file has it.</summary>
    public static Tensor Read(WeightsFile file, WeightsEntry entry)
    {
        Tensor tensor = empty([.. entry.Shape], dtype: entry.Type.ToTorch(), device: CPU);
        try
        {
            Fill(file, entry, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>Writes a tensor's elements row by row.</summary>
    public static void Write(Tensor tensor, Stream stream)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = tensor.detach().cpu().contiguous().view(-1L);
        long most = PieceBytes / flat.element_size();
        for (long first = 0; first < flat.numel(); first += most)
        {
            using Tensor piece = flat.narrow(0, first, Math.Min(most, flat.numel() - first));
            stream.Write(piece.bytes);
        }
    }

    // In pieces, because a span holds two gigabytes at most, and so that two threads can share the work.
    private static unsafe void Fill(WeightsFile file, WeightsEntry entry, Tensor tensor)
    {
        if (entry.ByteLength <= PieceBytes)
        {
            if (entry.ByteLength > 0)
            {
                file.CopyTo(entry.Name, tensor.bytes);
            }

            return;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor first = tensor.detach().view(-1L).narrow(0, 0, 1);
        fixed (byte* start = first.bytes)
        {
            byte* memory = start;
            long pieces = (entry.ByteLength + PieceBytes - 1) / PieceBytes;
            try
            {
                Parallel.For(0, pieces, new ParallelOptions { MaxDegreeOfParallelism = Threads }, piece =>
                {
                    long from = piece * PieceBytes;
                    file.CopyTo(entry.Name, new Span<byte>(memory + from, (int)Math.Min(PieceBytes, entry.ByteLength - from)), from);
                });
            }
            catch (AggregateException error) when (error.InnerException is ZooException cause)
            {
                throw cause;
            }
        }
    }
}

/// <summary>The element types of the safetensors format. All are little-endian; BOOL is one byte, 0 or 1.</summary>
public enum DType
{
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U8,
    Bool,
}

/// <summary>Sizes and names of <see cref="DType"/>.</summary>
public static class DTypes
{
    private static readonly string[] Names = ["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<DType> All { get; } = Enum.GetValues<DType>();

    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 or DType.I64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.F16 or DType.BF16 or DType.I16 => 2,
        DType.I8 or DType.U8 or DType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The name in a safetensors file: "F32", "BOOL" …</summary>
    public static string FormatName(this DType type) => Names[(int)type];

    /// <summary>
    /// Bytes of a tensor: the product of <paramref name="shape"/> (1 for a scalar) times the element's size, or null where a dimension is negative or the
    /// product overflows.
    /// </summary>
    public static long? ByteLength(this DType type, ReadOnlySpan<long> shape)
    {
        long length = type.Size();
        foreach (long size in shape)
        {
            if (size < 0 || Math.BigMul(length, size, out length) != 0 || length < 0)
            {
                return null;
            }
        }

        return length;
    }
}

/// <summary>Element types of torch and of safetensors.</summary>
internal static class TorchTypes
{
    private static readonly (ScalarType Torch, DType File)[] Pairs =
    [
        (ScalarType.Float32, DType.F32), (ScalarType.Float64, DType.F64), (ScalarType.Float16, DType.F16), (ScalarType.BFloat16, DType.BF16),
        (ScalarType.Int64, DType.I64), (ScalarType.Int32, DType.I32), (ScalarType.Int16, DType.I16), (ScalarType.Int8, DType.I8),
        (ScalarType.Byte, DType.U8), (ScalarType.Bool, DType.Bool),
    ];

    public static DType ToFile(this ScalarType type) => Array.Find(Pairs, p => p.Torch == type) is { } pair && pair.Torch == type
        ? pair.File
        : throw new ZooException($"Tensors of type {type} cannot be saved.");

    public static ScalarType ToTorch(this DType type) => Array.Find(Pairs, p => p.File == type).Torch;
}
