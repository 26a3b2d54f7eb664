using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    /// <summary>A tensor from an array of any rank and a numeric type, or from an array of equally long arrays. The data is copied.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor from_array(Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        Type element = rawArray.GetType().GetElementType()!;
        return element.IsArray
            ? FromArray(Rectangular(rawArray), TypeOf(Innermost(element)), dtype, device, requires_grad, names)
            : FromArray(rawArray, TypeOf(element), dtype, device, requires_grad, names);
    }

    /// <summary>A tensor of some of an array's elements. The data is copied.</summary>
    public static Tensor frombuffer(Array rawArray, ScalarType dtype, long count = -1, long offset = 0, bool requires_grad = false)
    {
        long n = count < 0 ? rawArray.LongLength - offset : count;
        if (offset < 0 || n < 0 || offset + n > rawArray.LongLength)
        {
            throw new ArgumentException($"{n} elements from {offset} do not fit an array of {rawArray.LongLength}.", nameof(count));
        }

        ScalarType type = TypeOf(rawArray.GetType().GetElementType()!);
        Tensor t = empty([n], type, CPU);
        long size = t.element_size();
        fixed (byte* source = &MemoryMarshal.GetArrayDataReference(rawArray))
        {
            Buffer.MemoryCopy(source + offset * size, (void*)t.Info.Data, n * size, n * size);
        }

        return Converted(t, dtype, null, requires_grad);
    }

    private static Tensor FromScalar(Scalar scalar, ScalarType dtype, Device? device, bool requires_grad) => full([], scalar, dtype, device, requires_grad);

    /// <summary>Copies elements into a new tensor of the given shape, type and device.</summary>
    private static Tensor FromSpan<T>(ReadOnlySpan<T> data, long[] size, ScalarType own, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
        where T : unmanaged
    {
        long n = 1;
        foreach (long s in size)
        {
            n *= s;
        }

        if (n != data.Length)
        {
            throw new ArgumentException($"A tensor of shape [{string.Join(",", size)}] has {n} elements; the array has {data.Length}.", nameof(data));
        }

        Tensor t = empty(size, own, CPU);
        data.CopyTo(new Span<T>((void*)t.Info.Data, data.Length));
        return Made(Converted(t, dtype, device, requires_grad), false, names);
    }

    private static Tensor FromArray(Array data, ScalarType own, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
    {
        var size = new long[data.Rank];
        for (int i = 0; i < size.Length; i++)
        {
            size[i] = data.GetLongLength(i);
        }

        Tensor t = empty(size, own, CPU);
        TensorInfo info = t.Info;
        long n = info.NumElements * info.ElementSize;
        fixed (byte* source = &MemoryMarshal.GetArrayDataReference(data))
        {
            Buffer.MemoryCopy(source, (void*)info.Data, n, n);
        }

        return Made(Converted(t, dtype, device, requires_grad), false, names);
    }

    private static Tensor Converted(Tensor t, ScalarType? dtype, Device? device, bool requires_grad)
    {
        Device target = InitializeDevice(device);
        if ((dtype is { } type && type != t.dtype) || target.type != DeviceType.CPU)
        {
            t = t.to(dtype ?? t.dtype, target, disposeAfter: true);
        }

        return requires_grad ? t.requires_grad_() : t;
    }

    private static ReadOnlySpan<T> Contents<T>(IList<T> list) => list switch
    {
        T[] array => array,
        List<T> items => CollectionsMarshal.AsSpan(items),
        _ => list.ToArray(),
    };

    private static Type Innermost(Type t)
    {
        while (t.IsArray)
        {
            t = t.GetElementType()!;
        }

        return t;
    }

    /// <summary>Turns arrays of arrays into one array of as many dimensions; every array of a level must be equally long.</summary>
    private static Array Rectangular(Array nested)
    {
        var size = new List<int>();
        for (Array? level = nested; level is not null; level = level.Length > 0 ? level.GetValue(0) as Array : null)
        {
            size.Add(level.Length);
        }

        Array flat = Array.CreateInstance(Innermost(nested.GetType()), [.. size]);
        Fill(nested, flat, [], size);
        return flat;
    }

    private static void Fill(Array level, Array flat, int[] at, List<int> size)
    {
        if (level.Length != size[at.Length])
        {
            throw new ArgumentException($"An array of {level.Length} stands among arrays of {size[at.Length]}: the tensor would not be rectangular.", nameof(level));
        }

        for (int i = 0; i < level.Length; i++)
        {
            int[] here = [.. at, i];
            if (level.GetValue(i) is Array inner)
            {
                Fill(inner, flat, here, size);
            }
            else
            {
                flat.SetValue(level.GetValue(i), here);
            }
        }
    }

    /// <summary>The element type of a tensor made from .NET values of this type.</summary>
    internal static ScalarType TypeOf(Type t) => Type.GetTypeCode(t) switch
    {
        TypeCode.Byte => ScalarType.Byte,
        TypeCode.SByte => ScalarType.Int8,
        TypeCode.Int16 => ScalarType.Int16,
        TypeCode.Int32 => ScalarType.Int32,
        TypeCode.Int64 => ScalarType.Int64,
        TypeCode.Single => ScalarType.Float32,
        TypeCode.Double => ScalarType.Float64,
        TypeCode.Boolean => ScalarType.Bool,
        _ when t == typeof(Half) => ScalarType.Float16,
        _ => throw new NotSupportedException($"A tensor cannot hold elements of type {t}."),
    };
}
