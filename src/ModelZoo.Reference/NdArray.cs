namespace ModelZoo.Reference;

/// <summary>
/// A dense array of doubles with a shape, stored row-major: the last index runs fastest. Images are (N,C,H,W): batch, channel, row, column.
/// Every index is checked against its own dimension, so a formula that leaves the array fails instead of reading a neighbor.
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

    private int Offset(int a) => Inside(1, a, 0, 0, 0) ? a : throw Outside(a);

    private int Offset(int a, int b) => Inside(2, a, b, 0, 0) ? (a * shape[1]) + b : throw Outside(a, b);

    private int Offset(int a, int b, int c) => Inside(3, a, b, c, 0) ? (((a * shape[1]) + b) * shape[2]) + c : throw Outside(a, b, c);

    private int Offset(int a, int b, int c, int d) =>
        Inside(4, a, b, c, d) ? (((((a * shape[1]) + b) * shape[2]) + c) * shape[3]) + d : throw Outside(a, b, c, d);

    /// <summary>Whether the array has this rank and each index lies in its own dimension (those beyond the rank are ignored).</summary>
    private bool Inside(int rank, int a, int b, int c, int d) =>
        shape.Length == rank
        && a >= 0 && a < shape[0]
        && (rank < 2 || (b >= 0 && b < shape[1]))
        && (rank < 3 || (c >= 0 && c < shape[2]))
        && (rank < 4 || (d >= 0 && d < shape[3]));

    private ArgumentException Outside(params int[] index) => new($"The index [{string.Join(", ", index)}] is outside {this}.");
}
