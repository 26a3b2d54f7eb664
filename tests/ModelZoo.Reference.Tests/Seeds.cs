namespace ModelZoo.Reference.Tests;

/// <summary>Property tests on seeded random cases; a failure names its seed.</summary>
internal static class Seeds
{
    public static void ForAll(int count, Action<Random> property)
    {
        for (int seed = 0; seed < count; seed++)
        {
            try
            {
                property(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
            }
        }
    }

    /// <summary>A number from low to high, both included.</summary>
    public static int From(this Random random, int low, int high) => random.Next(low, high + 1);

    public static bool Coin(this Random random) => random.Next(2) == 0;

    /// <summary>Uniform in (−1, 1).</summary>
    public static NdArray Array(this Random random, params int[] shape) => NdArray.Zeros(shape).Map(_ => (2 * random.NextDouble()) - 1);

    public static NdArray ArrayLike(this Random random, NdArray other) => random.Array([.. other.Shape]);

    /// <summary>Multiples of 0.1 off by 0.05, each once, shuffled: no two close to one another and none close to 0, where functions have kinks.</summary>
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
