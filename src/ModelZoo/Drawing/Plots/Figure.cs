using System.Text.Json.Serialization;

namespace ModelZoo.Drawing.Plots;

/// <summary>A figure as data: <see cref="FigureWriter"/> draws it, and JSON keeps it (the property "kind" names its type).</summary>
/// <param name="Title">What it shows, in a few words.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LinePlot), "line")]
[JsonDerivedType(typeof(ScatterPlot), "scatter")]
[JsonDerivedType(typeof(BarChart), "bars")]
[JsonDerivedType(typeof(MirrorChart), "mirror")]
[JsonDerivedType(typeof(HeatMap), "heat")]
[JsonDerivedType(typeof(ImageGrid), "images")]
[JsonDerivedType(typeof(TableFigure), "table")]
public abstract record Figure(string Title)
{
    /// <summary>What to see in it: a sentence or two under it; empty for none.</summary>
    public string Caption { get; init; } = "";
}
