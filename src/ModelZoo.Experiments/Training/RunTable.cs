using System.Globalization;

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

/// <summary>Variants that are each trained at several learning rates, because the best one is not the same for all.</summary>
/// <param name="Rates">For each variant, ascending.</param>
internal sealed record RateGrid(IReadOnlyList<(string Name, IReadOnlyList<double> Rates)> Rates)
{
    /// <summary>All of them: "adam-0.001".</summary>
    public IReadOnlyList<string> Variants { get; } = [.. Rates.SelectMany(r => r.Rates.Select(rate => Name(r.Name, rate)))];

    /// <summary>One of them.</summary>
    public static string Name(string variant, double rate) => string.Create(CultureInfo.InvariantCulture, $"{variant}-{rate}");

    /// <summary>The parts of a name.</summary>
    public static (string Variant, double Rate) Parse(string name)
    {
        int at = name.LastIndexOf('-');
        return (name[..at], double.Parse(name[(at + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>A variant at each of its rates.</summary>
    public IReadOnlyList<(double Rate, string Variant)> Of(string variant) =>
        [.. Rates.Single(r => r.Name == variant).Rates.Select(rate => (rate, Name(variant, rate)))];

    /// <summary>A variant at the rate at which the mean of a quantity is least.</summary>
    public string Best(RunTable runs, string variant, Func<Measured, double> quantity) => runs.Least(Of(variant).Select(v => v.Variant), quantity);
}
