using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelZoo.Weights;

/// <summary>How the elements of a tensor lie in memory, and their way from there into rows without gaps.</summary>
internal sealed class Strided
{
    private readonly long[] shape;
    private readonly long[] strides; // in elements
    private readonly int size;

    /// <param name="shape">The dimensions.</param>
    /// <param name="strides">Elements from one index of a dimension to the next; none negative.</param>
    /// <param name="size">Bytes of an element: 1, 2, 4 or 8.</param>
    public Strided(long[] shape, long[] strides, int size)
    {
        (this.shape, this.strides, this.size) = (shape, strides, size);
        long expected = 1;
        IsContiguous = true;
        for (int i = shape.Length - 1; i >= 0 && IsContiguous; i--)
        {
            IsContiguous = shape[i] == 1 || strides[i] == expected;
            expected *= shape[i];
        }

        IsContiguous |= shape.Contains(0);
    }

    /// <summary>Whether they lie row by row without gaps already.</summary>
    public bool IsContiguous { get; }

    /// <summary>Copies bytes of the tensor as it would be without gaps, from its byte <paramref name="from"/> on.</summary>
    /// <param name="source">Where they lie.</param>
    /// <param name="start">The first element's place there.</param>
    /// <param name="destination">Where they go.</param>
    /// <param name="from">The first byte that is wanted.</param>
    public void CopyTo(ByteSource source, long start, Span<byte> destination, long from)
    {
        if (destination.IsEmpty)
        {
            return;
        }

        if (from % size != 0 || destination.Length % size != 0)
        {
            long first = from / size * size;
            byte[] whole = new byte[(from + destination.Length - first + size - 1) / size * size];
            CopyTo(source, start, whole, first);
            whole.AsSpan((int)(from - first), destination.Length).CopyTo(destination);
            return;
        }

        switch (size)
        {
            case 1:
                Gather<byte>(source, start, destination, from);
                break;
            case 2:
                Gather<ushort>(source, start, MemoryMarshal.Cast<byte, ushort>(destination), from / size);
                break;
            case 4:
                Gather<uint>(source, start, MemoryMarshal.Cast<byte, uint>(destination), from / size);
                break;
            default:
                Gather<ulong>(source, start, MemoryMarshal.Cast<byte, ulong>(destination), from / size);
                break;
        }
    }

    // Row by row of the last dimension.
    private void Gather<T>(ByteSource source, long start, Span<T> destination, long first)
        where T : unmanaged
    {
        (long columns, long step) = (shape[^1], strides[^1]);
        while (!destination.IsEmpty)
        {
            long column = first % columns;
            int count = (int)Math.Min(columns - column, destination.Length);
            long place = start + (RowOffset(first / columns) + column * step) * size;
            CopyRow(source, place, step, destination[..count]);
            destination = destination[count..];
            first += count;
        }
    }

    private long RowOffset(long row)
    {
        long offset = 0;
        for (int i = shape.Length - 2; i >= 0; i--)
        {
            offset += row % shape[i] * strides[i];
            row /= shape[i];
        }

        return offset;
    }

    private static void CopyRow<T>(ByteSource source, long place, long step, Span<T> destination)
        where T : unmanaged
    {
        if (step == 1)
        {
            source.CopyTo(place, MemoryMarshal.AsBytes(destination));
            return;
        }

        // As many elements at once as lie within one piece of at most this length.
        const long MostBytes = 1 << 30;
        int item = Unsafe.SizeOf<T>();
        int most = step == 0 ? destination.Length : (int)Math.Clamp(MostBytes / item / step, 1, destination.Length);
        while (!destination.IsEmpty)
        {
            int count = Math.Min(most, destination.Length);
            T[] row = source.Use(place, (int)(((count - 1) * step + 1) * item), bytes => Picked<T>(bytes, count, (int)Math.Min(step * item, MostBytes)));
            row.CopyTo(destination);
            destination = destination[count..];
            place += count * step * item;
        }
    }

    private static T[] Picked<T>(ReadOnlySpan<byte> bytes, int count, int step)
        where T : unmanaged
    {
        var row = new T[count];
        for (int i = 0; i < count; i++)
        {
            row[i] = MemoryMarshal.Read<T>(bytes[(i * step)..]);
        }

        return row;
    }
}
