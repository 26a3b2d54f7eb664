namespace ModelZoo.Reference.Tests;

/// <summary>
/// The random decisions of one test case: whole numbers drawn by FsCheck, read one after another as sizes, strides, flags. Smaller numbers mean
/// smaller cases, so FsCheck's shrinking toward 0 finds a small case that fails. The first number seeds the values of arrays.
/// </summary>
internal sealed class Choices(int[] numbers)
{
    /// <summary>How many numbers a case may read, and what each of them stays below: a multiple of every small range.</summary>
    public const int Count = 48, Limit = 5040;

    private readonly Random values = new(numbers[0]);
    private int next = 1;

    /// <summary>A number from low to high, both included.</summary>
    public int From(int low, int high) => low + (numbers[next++] % (high - low + 1));

    public bool Coin() => From(0, 1) == 1;

    /// <summary>A number from low to high each for rows and for columns.</summary>
    public Pair Pair(int low, int high) => (From(low, high), From(low, high));

    /// <summary>Uniform between low and high.</summary>
    public double Number(double low, double high) => low + ((high - low) * values.NextDouble());

    /// <summary>Uniform in (−1, 1).</summary>
    public NdArray Array(params int[] shape) => values.Array(shape);

    public NdArray ArrayLike(NdArray other) => values.ArrayLike(other);

    /// <summary>
    /// Odd multiples of 0.05, each once, shuffled: no two closer than 0.1, and none closer than 0.05 to a multiple of 0.1, where functions have kinks.
    /// </summary>
    public NdArray Distinct(params int[] shape) => values.Distinct(shape);

    public void Shuffle<T>(T[] items) => values.Shuffle(items);
}
