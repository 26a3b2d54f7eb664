namespace ModelZoo.Reference;

/// <summary>An array of <see cref="Sum"/>s, kept as three arrays of one shape: values, magnitudes and numbers of terms.</summary>
public sealed record Sums(NdArray Value, NdArray Magnitude, NdArray Terms)
{
    /// <summary>The sum at a place of the row-major data.</summary>
    public Sum this[int index] => new(Value.Data[index], Magnitude.Data[index], (long)Terms.Data[index]);

    public static Sums Zeros(params int[] shape) => new(NdArray.Zeros(shape), NdArray.Zeros(shape), NdArray.Zeros(shape));

    public static Sums ZerosLike(NdArray other) => Zeros([.. other.Shape]);

    /// <summary>The same sums, whose terms carry so many roundings more than a product's one.</summary>
    public Sums WithRoundings(long more) => this with { Terms = Terms.Map(terms => terms + more) };

    /// <summary>Evaluates a formula at every position (a) of an array of one dimension.</summary>
    internal static Sums Over(int size, Func<int, Sum> at)
    {
        Sums sums = Zeros(size);
        for (int a = 0; a < size; a++)
        {
            sums.Set(a, at(a));
        }

        return sums;
    }

    /// <summary>Evaluates a formula at every position (a,b).</summary>
    internal static Sums Over(int sizeA, int sizeB, Func<int, int, Sum> at)
    {
        Sums sums = Zeros(sizeA, sizeB);
        int index = 0;
        for (int a = 0; a < sizeA; a++)
        {
            for (int b = 0; b < sizeB; b++)
            {
                sums.Set(index++, at(a, b));
            }
        }

        return sums;
    }

    /// <summary>Evaluates a formula at every position (a,b,c,d).</summary>
    internal static Sums Over(int sizeA, int sizeB, int sizeC, int sizeD, Func<int, int, int, int, Sum> at)
    {
        Sums sums = Zeros(sizeA, sizeB, sizeC, sizeD);
        int index = 0;
        for (int a = 0; a < sizeA; a++)
        {
            for (int b = 0; b < sizeB; b++)
            {
                for (int c = 0; c < sizeC; c++)
                {
                    for (int d = 0; d < sizeD; d++)
                    {
                        sums.Set(index++, at(a, b, c, d));
                    }
                }
            }
        }

        return sums;
    }

    /// <summary>Adds one term to the sum at a place of the row-major data.</summary>
    internal void Add(int index, double term) => Set(index, this[index].Plus(term));

    internal void Set(int index, Sum sum)
    {
        Value.Data[index] = sum.Value;
        Magnitude.Data[index] = sum.Magnitude;
        Terms.Data[index] = sum.Terms;
    }
}
