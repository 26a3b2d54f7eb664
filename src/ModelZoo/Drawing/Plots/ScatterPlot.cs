namespace ModelZoo.Drawing.Plots;

/// <summary>Circles whose areas are a third quantity.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Points">The circles.</param>
public sealed record ScatterPlot(string Title, Axis X, Axis Y, IReadOnlyList<ScatterPoint> Points) : Figure(Title)
{
    /// <summary>What the circles' areas are ("parameters"); null where all are alike.</summary>
    public Axis? Area { get; init; }
}

/// <summary>One circle.</summary>
/// <param name="Label">What it stands for; written beside it where there is room, and always in its tooltip.</param>
/// <param name="X">Along the horizontal axis.</param>
/// <param name="Y">Along the vertical axis.</param>
/// <param name="Area">The third quantity.</param>
/// <param name="Group">Circles of one group have one colour; empty for none.</param>
public sealed record ScatterPoint(string Label, double X, double Y, double Area = 0, string Group = "");
