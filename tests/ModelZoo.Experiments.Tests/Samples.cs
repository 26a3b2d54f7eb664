using ModelZoo.Plots;

namespace ModelZoo.Experiments.Tests;

/// <summary>An experiment that counts its runs, and one figure of every kind.</summary>
internal sealed class Counting(string name = "counting", bool seeded = false, bool usesData = false)
    : Experiment(new(name, ExperimentGroup.Training, "Counting <runs> & \"more\"")
    {
        Claim = "Runs are counted.",
        Source = "None",
        Runs = "A counter",
        Seeded = seeded,
        UsesData = usesData,
    })
{
    internal int Runs { get; private set; }

    internal int Parts { get; private set; }

    /// <summary>Interrupts after so many parts.</summary>
    internal int? StopAfter { get; set; }

    public override ExperimentResult Run(ExperimentContext context)
    {
        Runs++;
        IReadOnlyList<IReadOnlyList<double>> results = context.OverSeeds<double>(["a", "b"], (variant, seed) =>
        {
            if (Parts == StopAfter)
            {
                throw new OperationCanceledException();
            }

            Parts++;
            return seed + (variant == "a" ? 0.25 : 0.5);
        });
        return new(Verdict.NotDecidable, new(1.5, "×", "One and a half."))
        {
            Seeds = context.Seeds,
            DataUsed = "nothing",
            Figures = Figures.OfEveryKind,
            Notes = [$"{results[0].Sum()} <&>"]
        };
    }
}

internal static class Figures
{
    internal static IReadOnlyList<Figure> OfEveryKind { get; } =
    [
        new LinePlot("Lines", new("epoch"), new("accuracy", "%"),
            [Series.OfRuns("batch <norm> & co", [1, 2, 3], [[10, 50, 90], [20, 40, 95]]), new("none", [1, 2, 3], [10, double.NaN, 40])]),
        new LinePlot("Log", new("batch", "images", Logarithmic: true) { Ticks = [2, 4, 8, 16, 32] }, new("loss", Logarithmic: true),
            [new("", [2, 4, 8, 16, 32], [0.001, 0.02, 0.4, 6, 800])]),
        new ScatterPlot("Circles", new("MACs", "", Logarithmic: true), new("top-1", "%"),
            [.. Enumerable.Range(0, 40).Select(i => new ScatterPoint($"model_{i}", 1e6 * (i + 1) * (i + 1), 40 + (i * 37 % 50), 1e6 * (1 + (i * 13 % 60)),
            i % 2 == 0 ? "even" : "odd"))]) { Area = new("parameters") },
        new BarChart("Bars", new("weights", Logarithmic: true), ["short", "a much longer name of a category"],
            [new("one", [27, 1e6]) { Low = [20, 5e5], High = [30, 2e6] }, new("two", [49, double.NaN])]),
        new BarChart("Below zero", new("change", "%"), ["up", "down"], [new("", [12.5, -3])]),
        new MirrorChart("Mirror", new("layer"), new("MACs", "%"), new("parameters", "%"),
            [.. Enumerable.Range(1, 23).Select(i => new MirrorBar($"layer{i} <&>", 100.0 / i, i))]),
        new HeatMap("Heat", new("column"), new("row"), [[1, -2, 3], [0, double.NaN, 2.5]]) { Unit = "units", Rows = ["first", "second"] },
        new ImageGrid("Images", [PlotImage.Gray("a <digit>", 2, 2, [0, 1, 0.5f, 0.25f]), new("color", 1, 1, 3, [255, 0, 10])], 2),
        new TableFigure("Table", ["name", ">number"], [["a & b", "1"], ["c", "2"]]),
    ];
}
