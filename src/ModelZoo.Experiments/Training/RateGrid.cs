using System.Globalization;

namespace ModelZoo.Experiments.Training;

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
