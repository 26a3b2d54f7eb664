namespace ModelZoo.Drawing.Plots;

/// <summary>A table.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">The columns' heads; one that starts with '>' is aligned to the right.</param>
/// <param name="Rows">As many cells each.</param>
public sealed record TableFigure(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : Figure(Title);
