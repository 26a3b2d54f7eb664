namespace ModelZoo.Drawing.Plots;

/// <summary>A matrix as shaded cells: the stronger the shade, the larger the value; negative ones have another colour.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">Along the columns.</param>
/// <param name="Y">Along the rows, from the top.</param>
/// <param name="Values">Rows of as many values each.</param>
public sealed record HeatMap(string Title, Axis X, Axis Y, IReadOnlyList<IReadOnlyList<double>> Values) : Figure(Title)
{
    /// <summary>A name for each column; null for 0, 1, 2 …</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>A name for each row; null for 0, 1, 2 …</summary>
    public IReadOnlyList<string>? Rows { get; init; }

    /// <summary>What the values are measured in ("accuracy, %").</summary>
    public string Unit { get; init; } = "";

    /// <summary>Whether the numbers stand in the cells, where these are large enough.</summary>
    public bool Numbers { get; init; } = true;
}
