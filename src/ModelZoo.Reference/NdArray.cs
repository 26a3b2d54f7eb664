namespace ModelZoo.Reference;

/// <summary>
/// A dense array of doubles with a shape, stored row-major: the last index runs fastest. Images are (N,C,H,W): batch, channel, row, column.
/// Every index is checked against its own dimension, so a formula that leaves the array fails instead of reading a neighbour.
/// </summary>
public sealed class NdArray
{
    private readonly int[] shape;

    /// <summary>Wraps (does not copy) <paramref name="data"/>, whose length must be the product of the shape.</summary>
    public NdArray(double[] data, params int[] shape)
    {
        int count = 1;
        foreach (int size in shape)
        {
            if (size < 1)
            {
                throw new ArgumentException($"A shape holds positive sizes; [{string.Join(", ", shape)}] does not.");
            }

            count = checked(count * size);
        }

        if (data.Length != count)
        {
            throw new ArgumentException($"The shape [{string.Join(", ", shape)}] needs {count} values, but there are {data.Length}.");
        }

        this.shape = (int[])shape.Clone();
        Data = data;
    }

    public IReadOnlyList<int> Shape => shape;

    /// <summary>The values themselves, row-major; writing to them writes to the array.</summary>
    public double[] Data { get; }

    public int Rank => shape.Length;

    public int Count => Data.Length;

    public double this[int a]
    {
        get => Data[Offset(a)];
        set => Data[Offset(a)] = value;
    }

    public double this[int a, int b]
    {
        get => Data[Offset(a, b)];
        set => Data[Offset(a, b)] = value;
    }

    public double this[int a, int b, int c]
    {
        get => Data[Offset(a, b, c)];
        set => Data[Offset(a, b, c)] = value;
    }

    public double this[int a, int b, int c, int d]
    {
        get => Data[Offset(a, b, c, d)];
        set => Data[Offset(a, b, c, d)] = value;
    }

    public static NdArray Zeros(params int[] shape) => Full(0, shape);

    public static NdArray ZerosLike(NdArray other) => Zeros(other.shape);

    public static NdArray Full(double value, params int[] shape)
    {
        int count = 1;
        foreach (int size in shape)
        {
            count = checked(count * Math.Max(size, 0));
        }

        double[] data = new double[count];
        Array.Fill(data, value);
        return new NdArray(data, shape);
    }

    /// <summary>The same values in another shape, as a copy.</summary>
    public NdArray Reshape(params int[] newShape) => new((double[])Data.Clone(), newShape);

    public NdArray Copy() => Reshape(shape);

    /// <summary>f applied to each element.</summary>
    public NdArray Map(Func<double, double> f) => new(Array.ConvertAll(Data, value => f(value)), shape);

    /// <summary>f applied to the pairs of elements of two arrays of one shape.</summary>
    public NdArray Zip(NdArray other, Func<double, double, double> f)
    {
        Require.SameShape(this, other, "The two arrays");
        NdArray y = ZerosLike(this);
        for (int i = 0; i < Count; i++)
        {
            y.Data[i] = f(Data[i], other.Data[i]);
        }

        return y;
    }

    public override string ToString() => $"NdArray[{string.Join(", ", shape)}]";

    /// <summary>The place of an index in <see cref="Data"/>: ((a·B + b)·C + c)·D + d.</summary>
    private int Offset(params ReadOnlySpan<int> index)
    {
        if (index.Length != shape.Length)
        {
            throw new ArgumentException($"{this} takes {shape.Length} indices, not {index.Length}.");
        }

        int offset = 0;
        for (int axis = 0; axis < index.Length; axis++)
        {
            if (index[axis] < 0 || index[axis] >= shape[axis])
            {
                throw new ArgumentException($"The index [{string.Join(", ", index.ToArray())}] is outside {this}.");
            }

            offset = (offset * shape[axis]) + index[axis];
        }

        return offset;
    }
}
