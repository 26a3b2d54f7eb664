using System.Runtime.InteropServices;
using ModelZoo.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>Tensors to arrays of double and back. To double every narrower format converts exactly.</summary>
public static class TensorValues
{
    /// <summary>The tensor's values as an array of the same shape.</summary>
    public static NdArray ToNdArray(this Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new NdArray(ValuesAt(tensor, null), tensor.Sizes());
    }

    /// <summary>The values at some places of the row-major data, or at all: of a large tensor only what is asked for is converted.</summary>
    internal static double[] ValuesAt(Tensor source, int[]? places)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = source.detach().to(CPU).contiguous();
        if (values.dtype == ScalarType.Float32)
        {
            return Read(MemoryMarshal.Cast<byte, float>(values.bytes), places);
        }

        if (places is not null)
        {
            values = values.reshape(-1).index_select(0, tensor(Array.ConvertAll(places, place => (long)place)));
        }

        return values.to_type(ScalarType.Float64).data<double>().ToArray();
    }

    /// <summary>The shape.</summary>
    internal static int[] Sizes(this Tensor tensor) => [.. tensor.shape.Select(size => checked((int)size))];

    /// <summary>A tensor of the given type with the array's values, rounded to that type.</summary>
    public static Tensor ToTensor(this NdArray array, ScalarType type, Device device)
    {
        ArgumentNullException.ThrowIfNull(array);
        using DisposeScope scope = NewDisposeScope();
        if (type == ScalarType.Float32)
        {
            return tensor(Array.ConvertAll(array.Data, value => (float)value)).reshape([.. array.Shape.Select(size => (long)size)]).to(device).MoveToOuterDisposeScope();
        }

        Tensor values = tensor(array.Data).reshape([.. array.Shape.Select(size => (long)size)]);
        return values.to_type(type).to(device).MoveToOuterDisposeScope();
    }

    private static double[] Read(ReadOnlySpan<float> values, int[]? places)
    {
        var read = new double[places?.Length ?? values.Length];
        for (int i = 0; i < read.Length; i++)
        {
            read[i] = values[places is null ? i : places[i]];
        }

        return read;
    }
}
