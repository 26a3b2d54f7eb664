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
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor.detach().to(CPU).to_type(ScalarType.Float64).contiguous();
        return new NdArray(values.data<double>().ToArray(), [.. tensor.shape.Select(size => checked((int)size))]);
    }

    /// <summary>A tensor of the given type with the array's values, rounded to that type.</summary>
    public static Tensor ToTensor(this NdArray array, ScalarType type, Device device)
    {
        ArgumentNullException.ThrowIfNull(array);
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor(array.Data).reshape([.. array.Shape.Select(size => (long)size)]);
        return values.to_type(type).to(device).MoveToOuterDisposeScope();
    }
}
