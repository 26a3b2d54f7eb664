using System.Runtime.InteropServices;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>Turns ONNX's tensors into torch's and back.</summary>
internal static class TensorElements
{
    private const int MostDimensions = 16;
    private const int PieceBytes = 1 << 24;

    /// <summary>
    /// A tensor's elements, in torch's type: 16- and 32-bit numbers without sign become the next larger ones with sign. Nothing is allocated before the
    /// elements are known to be there.
    /// </summary>
    /// <exception cref="ZooException">Type, shape and elements do not fit together, or the type is not supported.</exception>
    public static Tensor Read(this OnnxFile file, TensorProto tensor)
    {
        (DType stored, int width) = Stored(file, tensor);
        long[] shape = [.. tensor.Dims];
        if (shape.Length > MostDimensions || stored.ByteLength(shape) is not { } bytes)
        {
            throw Refused(file, tensor, $"has the shape [{string.Join(", ", shape.Take(MostDimensions))}], which no tensor has");
        }

        long elements = bytes / stored.Size(), inFile = elements * width;
        RawBytes? raw = tensor.DataLocation switch
        {
            0 => tensor.RawData,
            1 => file.External.Find(tensor, inFile),
            _ => throw Refused(file, tensor, "says that its elements are at an unknown place"),
        };
        if (raw is null && file.Absent > 0 && OnnxSkeleton.IsAbsent(tensor))
        {
            return bytes <= file.Absent ? zeros(shape, dtype: stored.ToTorch())
                : throw Refused(file, tensor, $"has the shape {Shapes.Text(shape)}, which is more than the weights beside it");
        }

        if (raw is null)
        {
            return Typed(file, tensor, stored, shape, elements);
        }

        if (raw.Length != inFile)
        {
            throw Refused(file, tensor, $"has {raw.Length} bytes, but its shape and type need {inFile}");
        }

        try
        {
            return width == stored.Size() ? Copy(raw, stored, shape) : Widen(raw, tensor.DataType, shape);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileAccessError.Reading(file.Name, error);
        }
    }

    /// <summary>A tensor to be written as raw bytes: its elements are taken when the file is written, and it must be alive then.</summary>
    public static TensorProto ToProto(string name, Tensor tensor)
    {
        var proto = new TensorProto { Name = name, DataType = TypeOf(tensor.dtype), RawData = new(tensor) };
        proto.Dims.AddRange(tensor.shape);
        return proto;
    }

    /// <summary>Whole numbers of one dimension, as shapes and axes are.</summary>
    public static TensorProto ToProto(string name, params IReadOnlyList<long> values)
    {
        var proto = new TensorProto { Name = name, DataType = OnnxType.Int64 };
        proto.RawData = new(MemoryMarshal.AsBytes<long>(values.ToArray()).ToArray().AsMemory());
        proto.Dims.Add(values.Count);
        return proto;
    }

    public static OnnxType TypeOf(ScalarType type) => type switch
    {
        ScalarType.Float32 => OnnxType.Float,
        ScalarType.Float64 => OnnxType.Double,
        ScalarType.Float16 => OnnxType.Float16,
        ScalarType.BFloat16 => OnnxType.BFloat16,
        ScalarType.Int64 => OnnxType.Int64,
        ScalarType.Int32 => OnnxType.Int32,
        ScalarType.Int16 => OnnxType.Int16,
        ScalarType.Int8 => OnnxType.Int8,
        ScalarType.Byte => OnnxType.UInt8,
        ScalarType.Bool => OnnxType.Bool,
        _ => throw new ZooException($"Tensors of type {type} cannot be written as ONNX."),
    };

    /// <summary>torch's type for the elements, or null where there is none.</summary>
    public static ScalarType? TorchType(OnnxType type) => type switch
    {
        OnnxType.Float => ScalarType.Float32,
        OnnxType.Double => ScalarType.Float64,
        OnnxType.Float16 => ScalarType.Float16,
        OnnxType.BFloat16 => ScalarType.BFloat16,
        OnnxType.Int64 or OnnxType.UInt32 or OnnxType.UInt64 => ScalarType.Int64,
        OnnxType.Int32 or OnnxType.UInt16 => ScalarType.Int32,
        OnnxType.Int16 => ScalarType.Int16,
        OnnxType.Int8 => ScalarType.Int8,
        OnnxType.UInt8 => ScalarType.Byte,
        OnnxType.Bool => ScalarType.Bool,
        _ => null,
    };

    // The type in memory, and an element's bytes in the file.
    private static (DType Stored, int Width) Stored(OnnxFile file, TensorProto tensor)
    {
        DType stored = TorchType(tensor.DataType) is { } type
            ? type.ToFile()
            : throw Refused(file, tensor, $"has elements of type {Printable.Plain(tensor.DataType.ToString())}, which are not supported");
        return (stored, tensor.DataType switch { OnnxType.UInt16 => 2, OnnxType.UInt32 => 4, _ => stored.Size() });
    }

    private static Tensor Copy(RawBytes raw, DType type, long[] shape)
    {
        // A boolean that is neither 0 nor 1 is undefined behavior in libtorch.
        if (type == DType.Bool)
        {
            using Tensor bytes = Copy(raw, DType.U8, shape);
            return bytes.ne(0);
        }

        Tensor tensor = empty(shape, dtype: type.ToTorch(), device: CPU);
        try
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor flat = tensor.view(-1L);
            long most = PieceBytes / type.Size();
            for (long first = 0; first < flat.numel(); first += most)
            {
                using Tensor piece = flat.narrow(0, first, Math.Min(most, flat.numel() - first));
                raw.CopyTo(first * type.Size(), piece.bytes);
            }

            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    private static Tensor Widen(RawBytes raw, OnnxType type, long[] shape)
    {
        byte[] bytes = new byte[raw.Length];
        raw.CopyTo(0, bytes);
        return type == OnnxType.UInt16
            ? tensor(Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), x => (int)x), shape)
            : tensor(Array.ConvertAll(MemoryMarshal.Cast<byte, uint>(bytes).ToArray(), x => (long)x), shape);
    }

    private static Tensor Typed(OnnxFile file, TensorProto proto, DType stored, long[] shape, long elements)
    {
        int count = proto.DataType switch
        {
            OnnxType.Float => proto.FloatData.Count,
            OnnxType.Double => proto.DoubleData.Count,
            OnnxType.Int64 => proto.Int64Data.Count,
            OnnxType.UInt32 or OnnxType.UInt64 => proto.UInt64Data.Count,
            _ => proto.Int32Data.Count,
        };
        if (count != elements)
        {
            throw Refused(file, proto, $"has {count} elements, but its shape needs {elements}");
        }

        if (proto.DataType is OnnxType.Float16 or OnnxType.BFloat16)
        {
            short[] bits = Array.ConvertAll(proto.Int32Data.ToArray(), x => unchecked((short)x));
            return Copy(new(MemoryMarshal.AsBytes<short>(bits).ToArray().AsMemory()), stored, shape);
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor result = proto.DataType switch
        {
            OnnxType.Float => tensor(proto.FloatData.ToArray(), shape),
            OnnxType.Double => tensor(proto.DoubleData.ToArray(), shape),
            OnnxType.Int64 => tensor(proto.Int64Data.ToArray(), shape),
            OnnxType.UInt32 or OnnxType.UInt64 => tensor(Array.ConvertAll(proto.UInt64Data.ToArray(), x => unchecked((long)x)), shape),
            OnnxType.Bool => tensor(proto.Int32Data.ToArray(), shape).ne(0),
            _ => tensor(proto.Int32Data.ToArray(), shape).to_type(stored.ToTorch()),
        };
        return result.MoveToOuterDisposeScope();
    }

    private static ZooException Refused(OnnxFile file, TensorProto tensor, string what) =>
        new($"{file.Name}: tensor {Printable.Name(tensor.Name)} {what}. {OnnxFile.Advice}");
}
