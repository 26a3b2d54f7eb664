namespace ModelZoo.Reference.Tests;

/// <summary>
/// One operation on given inputs in the form that every check reads: Forward reads the inputs' arrays anew each time; Backward gives a gradient
/// for each input, in order; Mistaken is a Backward with the operation's <see cref="Operation.Mistake"/> in it.
/// </summary>
internal sealed record OperationCase(
    string Description,
    (string Name, NdArray Value)[] Inputs,
    Func<Sums> Forward,
    Func<NdArray, NdArray[]> Backward,
    Func<NdArray, NdArray[]> Mistaken)
{
    /// <summary>Further results that PyTorch gives too: indices, running statistics.</summary>
    public Func<(string Name, NdArray Value)[]> Extras { get; init; } = () => [];

    /// <summary>Values without sums of their own: each is taken as computed from numbers of its input's size and its own, with so many roundings.</summary>
    public static Sums Rounded(NdArray y, NdArray x, int roundings = 8)
    {
        double size = x.Data.Max(Math.Abs);
        return new Sums(y, y.Map(value => Math.Abs(value) + size), y.Map(_ => roundings));
    }
}
