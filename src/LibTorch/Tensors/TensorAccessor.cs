using System.Collections;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Utils;

/// <summary>Typed access to the memory of a CPU tensor, in row-major order whatever its strides. It keeps the tensor alive, but does not own it.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly long[] sizes;
    private readonly long[] strides;
    private readonly bool contiguous;
    private Tensor? tensor;

    internal TensorAccessor(Tensor tensor)
    {
        this.tensor = tensor;
        sizes = tensor.size();
        strides = tensor.stride();
        contiguous = tensor.is_contiguous();
        Count = tensor.numel();
    }

    public long Count { get; }

    public bool IsReadOnly => false;

    private T* Data => (T*)(tensor ?? throw new ObjectDisposedException(nameof(TensorAccessor<>))).Info.Data;

    /// <summary>The element at these indices, one for each dimension; one alone counts in row-major order through a tensor of any shape.</summary>
    public T this[params long[] indices]
    {
        get
        {
            T value = *(Data + Offset(indices));
            GC.KeepAlive(tensor);
            return value;
        }
        set
        {
            *(Data + Offset(indices)) = value;
            GC.KeepAlive(tensor);
        }
    }

    public T[] ToArray()
    {
        var array = new T[Count];
        CopyTo(array);
        return array;
    }

    /// <summary>An array of the tensor's rank and shape; for a scalar, of rank 1 and one element.</summary>
    public Array ToNDArray()
    {
        if (sizes.Length <= 1)
        {
            return ToArray();
        }

        var array = Array.CreateInstance(typeof(T), sizes);
        ref T first = ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(array));
        CopyTo(MemoryMarshal.CreateSpan(ref first, checked((int)Count)));
        return array;
    }

    /// <summary>Copies the elements from <paramref name="tensorIndex"/> on into the array from <paramref name="arrayIndex"/> on.</summary>
    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        Span<T> target = array[arrayIndex..];
        long n = Math.Min(target.Length, Count - tensorIndex);
        T* data = Data;
        if (contiguous)
        {
            new ReadOnlySpan<T>(data + tensorIndex, checked((int)n)).CopyTo(target);
        }
        else
        {
            for (int i = 0; i < n; i++)
            {
                target[i] = data[Offset(tensorIndex + i)];
            }
        }

        GC.KeepAlive(tensor);
    }

    /// <summary>Copies the array's elements from <paramref name="arrayIndex"/> on into the tensor from <paramref name="tensorIndex"/> on.</summary>
    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        ReadOnlySpan<T> source = array[arrayIndex..];
        long n = Math.Min(source.Length, Count - tensorIndex);
        T* data = Data;
        for (int i = 0; i < n; i++)
        {
            data[Offset(tensorIndex + i)] = source[i];
        }

        GC.KeepAlive(tensor);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++)
        {
            yield return At(i);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() => tensor = null;

    public static bool operator ==(TensorAccessor<T>? left, TensorAccessor<T>? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(TensorAccessor<T>? left, TensorAccessor<T>? right) => !(left == right);

    /// <summary>Whether the other accessor has the same elements in the same order.</summary>
    public override bool Equals(object? obj) =>
        obj is TensorAccessor<T> other && (ReferenceEquals(this, other) || (Count == other.Count && this.SequenceEqual(other)));

    public override int GetHashCode() => HashCode.Combine(Count, Count > 0 ? At(0) : default);

    private T At(long i)
    {
        T value = *(Data + Offset(i));
        GC.KeepAlive(tensor);
        return value;
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1)
        {
            return (ulong)indices[0] < (ulong)Count ? Offset(indices[0]) : throw OutOfRange(indices);
        }

        if (indices.Length != sizes.Length)
        {
            throw new ArgumentException($"{indices.Length} indices for a tensor of {sizes.Length} dimensions.", nameof(indices));
        }

        long at = 0;
        for (int d = 0; d < indices.Length; d++)
        {
            at += (ulong)indices[d] < (ulong)sizes[d] ? indices[d] * strides[d] : throw OutOfRange(indices);
        }

        return at;
    }

    private long Offset(long i)
    {
        if (contiguous)
        {
            return i;
        }

        long at = 0;
        for (int d = sizes.Length - 1; d >= 0; d--)
        {
            at += i % sizes[d] * strides[d];
            i /= sizes[d];
        }

        return at;
    }

    private IndexOutOfRangeException OutOfRange(long[] indices) =>
        new($"[{string.Join(", ", indices)}] is outside a tensor of shape [{string.Join(", ", sizes)}].");
}
