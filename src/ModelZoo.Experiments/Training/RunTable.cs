namespace ModelZoo.Experiments.Training;

/// <summary>What every variant came to with every seed.</summary>
public sealed class RunTable
{
    private readonly IReadOnlyDictionary<string, IReadOnlyList<Measured>> runs;

    /// <param name="runs">For each variant a run for each seed, in the seeds' order.</param>
    public RunTable(IReadOnlyDictionary<string, IReadOnlyList<Measured>> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        this.runs = runs;
    }

    /// <summary>The runs of a variant.</summary>
    public IReadOnlyList<Measured> this[string variant] => runs[variant];

    /// <summary>A quantity of each run of a variant.</summary>
    public double[] Each(string variant, Func<Measured, double> quantity) => [.. runs[variant].Select(quantity)];

    /// <summary>Its mean.</summary>
    public double Mean(string variant, Func<Measured, double> quantity) => Each(variant, quantity).Average();

    /// <summary>Seed by seed, how much more a quantity is in one variant than in another.</summary>
    public SeedDifference More(string larger, string smaller, Func<Measured, double> quantity) =>
        new([.. Each(larger, quantity).Zip(Each(smaller, quantity), (a, b) => a - b)]);

    /// <summary>Seed by seed, the logarithm to base 2 of the ratio.</summary>
    public SeedDifference Ratio(string larger, string smaller, Func<Measured, double> quantity) =>
        More(larger, smaller, m => Math.Log2(Math.Max(quantity(m), 1e-12)));

    /// <summary>The variant with the least mean of a quantity; the first of equals.</summary>
    public string Least(IEnumerable<string> variants, Func<Measured, double> quantity) => variants.MinBy(v => Mean(v, quantity))!;
}
