namespace ModelZoo.Drawing.Plots;

/// <summary>Lines over a common axis.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Series">The lines, at most eight.</param>
public sealed record LinePlot(string Title, Axis X, Axis Y, IReadOnlyList<Series> Series) : Figure(Title);

/// <summary>One line of a plot; a value that is not a number interrupts it.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="X">Ascending.</param>
/// <param name="Y">As many values.</param>
public sealed record Series(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>The lower edge of the band around the line (the least over seeds); null for no band.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>The upper edge of the band.</summary>
    public IReadOnlyList<double>? High { get; init; }

    /// <summary>The mean over several runs, with the band from the least to the greatest.</summary>
    /// <param name="name">For the legend.</param>
    /// <param name="x">Ascending.</param>
    /// <param name="runs">For each run as many values.</param>
    public static Series OfRuns(string name, IReadOnlyList<double> x, IReadOnlyList<IReadOnlyList<double>> runs) =>
        new(name, x, [.. x.Select((_, i) => runs.Average(run => run[i]))]) { Low = [.. x.Select((_, i) => runs.Min(run => run[i]))], High = [.. x.Select((_, i) => runs.Max(run => run[i]))] };
}
