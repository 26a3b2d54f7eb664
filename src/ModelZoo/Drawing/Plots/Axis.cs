namespace ModelZoo.Drawing.Plots;

/// <summary>What is measured along one side of a plot.</summary>
/// <param name="Name">"top-1 error".</param>
/// <param name="Unit">"%"; empty for a pure number.</param>
/// <param name="Logarithmic">Whether equal distances are equal ratios; values that are not positive are left out.</param>
public sealed record Axis(string Name, string Unit = "", bool Logarithmic = false)
{
    /// <summary>Where it begins; null for where the data do (and for bars 0).</summary>
    public double? From { get; init; }

    /// <summary>Where it ends; null for where the data do.</summary>
    public double? To { get; init; }

    /// <summary>The values that get a mark; null for round ones.</summary>
    public IReadOnlyList<double>? Ticks { get; init; }

    /// <summary>Name and unit: "top-1 error (%)".</summary>
    internal string Label => Unit.Length == 0 ? Name : $"{Name} ({Unit})";
}
