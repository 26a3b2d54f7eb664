using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>A value of a graph that is being imported: what a layer makes, or a constant.</summary>
internal sealed class GraphValue
{
    private readonly Func<Tensor>? read;

    private GraphValue(long[] shape, int slot, Func<Tensor>? read, bool learned) => (Shape, Slot, this.read, Learned) = (shape, slot, read, learned);

    /// <summary>Its sizes; those that the number of images is in are multiples of <see cref="Shapes.Batch"/>.</summary>
    public long[] Shape { get; }

    /// <summary>Where a forward keeps it; −1 of a constant.</summary>
    public int Slot { get; }

    /// <summary>What the graph calls it; null of what a node's layers hand on among themselves.</summary>
    public string? Name { get; private init; }

    /// <summary>Whether it comes from an initializer, as learned numbers do, and not from a constant in the graph.</summary>
    public bool Learned { get; }

    /// <summary>Of places of maxima: rows and columns of the map that they are in. They are for MaxUnpool alone.</summary>
    public long[]? Plane { get; private init; }

    /// <summary>Of an initializer: the file's tensor that it is, as it stands there; else null.</summary>
    public TensorProto? Stored { get; private init; }

    public bool IsConstant => read is not null;

    public int Rank => Shape.Length;

    /// <summary>The same under a name.</summary>
    public GraphValue Named(string name) => new(Shape, Slot, read, Learned) { Name = name, Plane = Plane, Stored = Stored };

    public static GraphValue Computed(long[] shape, int slot) => new(shape, slot, null, false);

    /// <summary>Places of maxima.</summary>
    public static GraphValue Places(long[] shape, int slot, long[] plane) => new(shape, slot, null, false) { Plane = plane };

    /// <summary>An initializer.</summary>
    /// <param name="stored">The file's tensor.</param>
    /// <param name="read">Reads it anew each time, so that nothing large is held beside the layer that takes it.</param>
    public static GraphValue Read(TensorProto stored, Func<Tensor> read) => new([.. stored.Dims], -1, read, learned: true) { Stored = stored };

    /// <summary>A constant that was computed; it must live as long as this.</summary>
    public static GraphValue Of(Tensor constant, bool learned = false) => new(constant.shape, -1, constant.alias, learned);

    /// <summary>The constant; the caller's scope has it.</summary>
    public Tensor Constant() => read!();
}

/// <summary>Arithmetic with shapes in which the number of images is not known.</summary>
internal static class Shapes
{
    /// <summary>Stands for the number of images: a prime that no size is a multiple of by chance.</summary>
    public const long Batch = 1_000_003;

    public const int MostDimensions = 8;

    /// <summary>Whether the number of images is in a size.</summary>
    public static bool HasBatch(long size) => size != 0 && size % Batch == 0;

    public static long Count(IEnumerable<long> shape) => shape.Aggregate(1L, static (a, b) => checked(a * b));

    public static string Text(IEnumerable<long> shape) =>
        $"[{string.Join(",", shape.Select(size => !HasBatch(size) ? $"{size}" : size == Batch ? "N" : $"{size / Batch}·N"))}]";

    /// <summary>The shape of two tensors joined element by element; null where they do not fit.</summary>
    public static long[]? Broadcast(long[] a, long[] b)
    {
        long[] joined = new long[Math.Max(a.Length, b.Length)];
        for (int i = 1; i <= joined.Length; i++)
        {
            (long x, long y) = (i <= a.Length ? a[^i] : 1, i <= b.Length ? b[^i] : 1);
            if (x != y && x != 1 && y != 1)
            {
                return null;
            }

            joined[^i] = x == 1 ? y : x;
        }

        return joined;
    }
}
