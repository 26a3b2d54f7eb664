namespace ModelZoo.Reference.Tests;

internal static class RandomArrays
{
    /// <summary>Uniform in (−1, 1).</summary>
    public static NdArray Array(this Random random, params int[] shape) => NdArray.Zeros(shape).Map(_ => (2 * random.NextDouble()) - 1);

    public static NdArray ArrayLike(this Random random, NdArray other) => random.Array([.. other.Shape]);

    /// <summary>Odd multiples of 0.05, each once, shuffled: no two close to one another and none close to 0, ±3 or 6, where functions have kinks.</summary>
    public static NdArray Distinct(this Random random, params int[] shape)
    {
        NdArray x = NdArray.Zeros(shape);
        for (int i = 0; i < x.Count; i++)
        {
            x.Data[i] = (0.1 * (i - (x.Count / 2))) + 0.05;
        }

        random.Shuffle(x.Data);
        return x;
    }
}
