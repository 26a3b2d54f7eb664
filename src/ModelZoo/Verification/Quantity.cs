using System.Runtime.InteropServices;
using ModelZoo.Reference;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>One array that a layer must compute — its output, or one of its gradients — as the reference gives it, element by element.</summary>
/// <param name="Name">"output", "grad input" ("grad input 1" … for further inputs), or "grad " and the parameter's name.</param>
/// <param name="Shape">The shape that the array must have.</param>
/// <param name="At">The element at a place of the row-major data. Called from several threads at once.</param>
/// <param name="Terms">About how many terms one element takes to form.</param>
public sealed record Quantity(string Name, int[] Shape, Func<int, Bounded> At, long Terms = 0)
{
    /// <summary>The layer's result.</summary>
    public const string Output = "output";

    /// <summary>What goes before the name of an input or a parameter.</summary>
    public const string Grad = "grad ";

    /// <summary>The gradient to the first input; the second's is "grad input 1".</summary>
    public const string GradInput = Grad + "input";

    /// <summary>Values that must come out exactly: nothing is computed, only moved, selected or negated.</summary>
    public static Quantity Exact(string name, NdArray values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new(name, [.. values.Shape], i => Bounded.Exact(values.Data[i]));
    }

    /// <summary>Sums that the reference has formed already.</summary>
    public static Quantity Of(string name, Sums sums, Rounding rounding, int stores = 1)
    {
        ArgumentNullException.ThrowIfNull(sums);
        ArgumentNullException.ThrowIfNull(rounding);
        return new(name, [.. sums.Value.Shape], i => rounding.Of(sums[i], stores));
    }

    /// <summary>All elements at once, where the reference forms the whole array faster than element by element; null where it does not.</summary>
    public Func<NdArray>? Whole { get; init; }

    /// <summary>Numbers with bounds that are formed one by one of so many terms, at index (a,b,c,d) of a four-dimensional array.</summary>
    public static Quantity Of(string name, int[] shape, long terms, Func<int, int, int, int, Bounded> at)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(name, shape, i =>
            at(i / (shape[1] * shape[2] * shape[3]), i / (shape[2] * shape[3]) % shape[1], i / shape[3] % shape[2], i % shape[3]), terms);
    }

    /// <summary>Sums of so many terms that are formed one by one, at index (a,b,c,d) of a four-dimensional array.</summary>
    public static Quantity Of(string name, int[] shape, Rounding rounding, long terms, Func<int, int, int, int, Sum> at)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(name, shape, i =>
            rounding.Of(at(i / (shape[1] * shape[2] * shape[3]), i / (shape[2] * shape[3]) % shape[1], i / shape[3] % shape[2], i % shape[3])), terms);
    }

    /// <summary>Sums of so many terms that are formed one by one, at index (a,b) of a matrix.</summary>
    public static Quantity Of(string name, int[] shape, Rounding rounding, long terms, Func<int, int, Sum> at)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new(name, shape, i => rounding.Of(at(i / shape[1], i % shape[1])), terms);
    }

    /// <summary>Sums of so many terms that are formed one by one, at index (a) of a vector.</summary>
    public static Quantity Of(string name, int size, Rounding rounding, long terms, Func<int, Sum> at) => new(name, [size], i => rounding.Of(at(i)), terms);
}

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
            return tensor(Array.ConvertAll(array.Data, value => (float)value)).reshape([.. array.Shape.Select(size => (long)size)]).to(device)
                .MoveToOuterDisposeScope();
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
