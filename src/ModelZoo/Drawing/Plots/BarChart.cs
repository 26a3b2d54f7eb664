namespace ModelZoo.Drawing.Plots;

/// <summary>Horizontal bars: for each category one bar of each series.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Value">The axis along the bars.</param>
/// <param name="Categories">What the bars are of.</param>
/// <param name="Series">The bars.</param>
public sealed record BarChart(string Title, Axis Value, IReadOnlyList<string> Categories, IReadOnlyList<Bars> Series) : Figure(Title);

/// <summary>The bars of one series; a value that is not a number has none.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Values">One for each category.</param>
public sealed record Bars(string Name, IReadOnlyList<double> Values)
{
    /// <summary>The lower end of each bar's spread; null for none.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>The upper end of each bar's spread.</summary>
    public IReadOnlyList<double>? High { get; init; }
}
