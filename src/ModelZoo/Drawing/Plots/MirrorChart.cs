namespace ModelZoo.Drawing.Plots;

/// <summary>Upright bars in a row, each with a second one hanging under it: two quantities of the same things.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">What the bars stand for; their place is their number, from 1 on.</param>
/// <param name="Up">The axis of the upper bars.</param>
/// <param name="Down">The axis of the lower bars, from the middle down.</param>
/// <param name="Bars">From left to right.</param>
public sealed record MirrorChart(string Title, Axis X, Axis Up, Axis Down, IReadOnlyList<MirrorBar> Bars) : Figure(Title);

/// <summary>One place of a <see cref="MirrorChart"/>.</summary>
/// <param name="Name">For the tooltip.</param>
/// <param name="Up">The upper bar.</param>
/// <param name="Down">The lower bar.</param>
public sealed record MirrorBar(string Name, double Up, double Down);
