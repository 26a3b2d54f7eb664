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
        Place place = Find(file, tensor);
        if (place.Absent)
        {
            return zeros(place.Shape, dtype: place.Stored.ToTorch());
        }

        try
        {
            return place.Raw is not { } raw ? Typed(tensor, place)
                : place.Width == place.Stored.Size() ? Copy(raw, place.Stored, place.Shape)
                : Widen(raw, tensor.DataType, place.Shape);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileAccessError.Reading(file.Name, error);
        }
    }

    /// <summary>Reads a tensor's elements into another one: raw ones of its type straight from the file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tensor">The tensor there.</param>
    /// <param name="target">A floating-point tensor of the same shape.</param>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static void ReadInto(this OnnxFile file, TensorProto tensor, Tensor target)
    {
        Place place = Find(file, tensor);
        if (place.Absent)
        {
            target.zero_();
        }
        else if (place.Raw is { } raw && place.Stored.ToTorch() == target.dtype && target.is_contiguous() && target.device_type == DeviceType.CPU)
        {
            try
            {
                CopyInto(raw, target);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw FileAccessError.Reading(file.Name, error);
            }
        }
        else
        {
            using Tensor read = file.Read(tensor);
            target.copy_(read);
        }
    }

    /// <summary>Refuses a tensor whose elements are not there, before memory is taken for it.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static void MustHold(this OnnxFile file, TensorProto tensor) => _ = Find(file, tensor);

    /// <summary>Bytes of the elements that a tensor has by its type and shape.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static long ByteLength(this OnnxFile file, TensorProto tensor) => Stored(file, tensor).Stored.ByteLength([.. tensor.Dims])
        ?? throw Refused(file, tensor, "has a shape that no tensor has");

    private static Place Find(OnnxFile file, TensorProto tensor)
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
            return bytes <= file.Absent ? new(stored, width, shape, null, Absent: true)
                : throw Refused(file, tensor, $"has the shape {Shapes.Text(shape)}, which is more than the weights beside it");
        }

        if (raw is null)
        {
            long count = Count(tensor);
            return count == elements ? new(stored, width, shape, null)
                : throw Refused(file, tensor, $"has {count} elements, but its shape needs {elements}");
        }

        return raw.Length == inFile ? new(stored, width, shape, raw)
            : throw Refused(file, tensor, $"has {raw.Length} bytes, but its shape and type need {inFile}");
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
            CopyInto(raw, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    private static void CopyInto(RawBytes raw, Tensor target)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = target.detach().view(-1L);
        long size = flat.element_size(), most = PieceBytes / size;
        for (long first = 0; first < flat.numel(); first += most)
        {
            using Tensor piece = flat.narrow(0, first, Math.Min(most, flat.numel() - first));
            raw.CopyTo(first * size, piece.bytes);
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

    private static int Count(TensorProto proto) => proto.DataType switch
    {
        OnnxType.Float => proto.FloatData.Count,
        OnnxType.Double => proto.DoubleData.Count,
        OnnxType.Int64 => proto.Int64Data.Count,
        OnnxType.UInt32 or OnnxType.UInt64 => proto.UInt64Data.Count,
        _ => proto.Int32Data.Count,
    };

    private static Tensor Typed(TensorProto proto, Place place)
    {
        (DType stored, long[] shape) = (place.Stored, place.Shape);
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

    /// <summary>Where a tensor's elements are: raw, or (null) in the message's lists of numbers, or absent.</summary>
    private sealed record Place(DType Stored, int Width, long[] Shape, RawBytes? Raw, bool Absent = false);

    private static ZooException Refused(OnnxFile file, TensorProto tensor, string what) =>
        new($"{file.Name}: tensor {Printable.Name(tensor.Name)} {what}. {OnnxFile.Advice}");
}
