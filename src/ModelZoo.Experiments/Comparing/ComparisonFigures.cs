using ModelZoo.Plots;
using ModelZoo.Registry;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Comparing;

/// <summary>The plots of a comparison.</summary>
internal static class ComparisonFigures
{
    private const int MostLines = 8, MostBars = 160;
    private const string MacsAxis = "multiply-accumulates per image";

    /// <summary>
    /// Accuracy against MACs, the area of a circle its parameters: one plot for each data set that at least two models have a top-1 of. Models are told apart
    /// by labels, sources by color.
    /// </summary>
    public static IEnumerable<Figure> Accuracy(ModelComparison comparison) => comparison.Models
        .SelectMany(m => m.Measured.Concat(m.Published).Where(a => a.Top1 is not null).DistinctBy(a => a.Data).Select(a => (Model: m, Accuracy: a)))
        .GroupBy(x => x.Accuracy.Data).Where(g => g.Count() > 1)
        .Select(g => Circles($"Accuracy against cost, {g.Key}", "top-1", g.Select(x => (x.Model, x.Accuracy.Top1!.Value, Group(x.Accuracy)))) with
        {
            Caption = "Of several sources a model’s first one in the table is shown. Published figures come from different protocols (crops, training): they "
                + "are no race.",
        });

    /// <summary>Test accuracy after the budget, for all models that learned.</summary>
    public static IEnumerable<Figure> TrainedAccuracy(ModelComparison comparison)
    {
        (ComparedModel, double, string)[] learned = [.. comparison.Models.Where(m => m.Trained?.TestAccuracy is not null).Select(m =>
            (m, m.Trained!.TestAccuracy!.Mean, ""))];
        return learned.Length < 2
            ? []
            : [Circles($"Accuracy within the budget against cost, {comparison.Training!.TestData}", "test accuracy",
                learned) with { Caption = $"Mean over {comparison.Training.Seeds.Count} seeds after {comparison.Training.BudgetInWords}. Parameters and MACs "
                + "are those of the network with its own number of classes." }];
    }

    /// <summary>Test accuracy over epochs and over seconds, the mean over seeds with the band from least to greatest.</summary>
    public static IEnumerable<Figure> Curves(ModelComparison comparison)
    {
        ComparedModel[] learned = [.. comparison.Models.Where(m => m.Trained?.TestAccuracy is not null)];
        string band = comparison.Training?.Seeds.Count > 1
            ? "Mean over the seeds; the band is from the least to the greatest."
            : "One seed: no spread is known.";
        foreach (ComparedModel[] some in learned.Chunk(MostLines))
        {
            yield return new LinePlot("Learning by epochs",
                Whole(new("epoch"), some.Max(m => m.Trained!.Runs.Where(r => r.Points.Count > 0).Max(r => r.Points[^1].Epoch))), new("test accuracy", "%"),
                [.. some.Select(m => Curve(m, c => c.Epoch))])
            { Caption = band };
            yield return new LinePlot("Learning by time", new("training", "s"), new("test accuracy", "%"),
                [.. some.Select(m => Curve(m, c => c.Seconds))])
            { Caption = $"{band} Seconds of training on this machine, tests not counted." };
        }
    }

    /// <summary>Times and memory as bars, and time against MACs.</summary>
    public static IEnumerable<Figure> Time(ModelComparison comparison)
    {
        ComparedModel[] timed = [.. comparison.Models.Where(m => m.Timing is not null)];
        if (timed.Length == 0)
        {
            yield break;
        }

        string[] names = [.. timed.Select(m => m.Name)];
        yield return new BarChart("Time per image", new("time per image", "ms", Logarithmic: true), names,
            [Bars("forward", m => m.ForwardMilliseconds),
            Bars("training step",
            m => m.TrainingMilliseconds)])
        {
            Caption = $"Median of {comparison.Timing!.Rounds} interleaved rounds at batch {comparison.Timing.Batch}; whiskers "
            + "from the least to the greatest."
        };
        if (timed.Any(m => m.Timing!.ForwardPeakBytes is not null))
        {
            yield return new BarChart("Peak memory of a batch", new("resident memory", "MB", Logarithmic: true), names,
                [new("forward", [.. timed.Select(m => Megabytes(m.Timing!.ForwardPeakBytes))]),
                new("training step", [.. timed.Select(m => Megabytes(m.Timing!.TrainingPeakBytes))])])
            {
                Caption = $"Rise of the process’ resident memory while the network was built and ran {comparison.Timing.Batch} images, weights included."
            };
        }

        if (timed.Length > 1)
        {
            yield return Against("Forward time against cost", "forward", timed,
                m => m.ForwardMilliseconds.Median) with
            {
                Caption = "Equal MACs need not take equal time: what a layer moves through memory costs time, too, "
                + "and small layers keep the processor less busy."
            };
            yield return Against("Training time against cost", "training step", timed, m => m.TrainingMilliseconds?.Median
                ?? double.NaN) with
            {
                Caption = "The optimizer’s work is shared by the images of a batch: at a small batch, networks with many parameters look costly."
            };
        }

        Bars Bars(string name, Func<ModelTiming, Spread?> of) => new(name, [.. timed.Select(m => of(m.Timing!)?.Median ?? double.NaN)])
        {
            Low = [.. timed.Select(m => of(m.Timing!)?.Min ?? double.NaN)],
            High = [.. timed.Select(m => of(m.Timing!)?.Max ?? double.NaN)],
        };
    }

    /// <summary>The receptive field over the weighted layers passed.</summary>
    public static IEnumerable<Figure> Fields(ModelComparison comparison) => comparison.Models
        .Select(m => (Model: m, Points: Field(m.Profile))).Where(m => m.Points.Length > 0).Chunk(MostLines)
        .Select(some => new LinePlot("Receptive field by depth",
            Whole(new("convolutions on the path from the input", Logarithmic: some.Max(m => m.Points.Length) > 30), some.Max(m => m.Points[^1].Depth)),
            new("receptive field", "pixels", Logarithmic: true),
            [.. some.Select(m => new Series(m.Model.Name, [.. m.Points.Select(p => (double)p.Depth)], [.. m.Points.Select(p => p.Size)]))])
        {
            Caption = "The side of what one output of a convolution sees of the input, by the kernels’ arithmetic; of several branches the widest. It may be "
                + "larger than the image.",
        });

    /// <summary>For each model, where its MACs and its parameters are: bars of its weighted layers, in per cent of the model.</summary>
    public static IEnumerable<Figure> Layers(ModelComparison comparison)
    {
        foreach (ComparedModel m in comparison.Models)
        {
            MirrorBar[] bars = Shares(m.Profile);
            int layers = m.Profile.Layers.Count(l => l.Weighted);
            double most = bars.Select(b => Math.Max(b.Up, b.Down)).DefaultIfEmpty(0).Max(),
                to = new[] { 5.0, 10, 20, 40, 60, 80, 100 }.First(limit => limit >= Math.Min(100, most) - 1e-9);
            yield return new MirrorChart(m.Name, new("layer, in order of execution"), new("MACs", "%") { To = to }, new("parameters", "%") { To = to }, bars)
            {
                Caption = $"{ComparisonTables.Macs(m.Profile.Macs)} MACs, {Count(m.Profile.Parameters)} parameters in {layers} convolutions and linear "
                    + $"layers{(bars.Length < layers ? $", {(layers + bars.Length - 1) / bars.Length} to a bar" : "")}.",
            };
        }
    }

    private static ScatterPlot Circles(string title, string quantity, IEnumerable<(ComparedModel Model, double Percent, string Group)> points) =>
        new(title, new(MacsAxis, Logarithmic: true), new(quantity, "%"),
            [.. points.Select(p => new ScatterPoint(p.Model.Name, p.Model.Profile.Macs, p.Percent, p.Model.Profile.Parameters, p.Group))])
        { Area = new("parameters") };

    private static ScatterPlot Against(string title, string what, ComparedModel[] timed, Func<ModelTiming, double> milliseconds) =>
        new(title, new(MacsAxis, Logarithmic: true), new($"{what}, per image", "ms", Logarithmic: true),
            [.. timed.Select(m => new ScatterPoint(m.Name, m.Profile.Macs, milliseconds(m.Timing!)))]);

    // Nothing lies between one layer and the next; longer axes have whole marks by themselves.
    private static Axis Whole(Axis axis, int most) => most <= 10 ? axis with { Ticks = [.. Enumerable.Range(1, most).Select(i => (double)i)] } : axis;

    private static Series Curve(ComparedModel model, Func<CurvePoint, double> x)
    {
        IReadOnlyList<IReadOnlyList<CurvePoint>> runs = model.Trained!.Curves();
        double[] places = [.. Enumerable.Range(0, runs[0].Count).Select(i => runs.Average(r => x(r[i])))];
        return Series.OfRuns(model.Name, places, [.. runs.Select(r => (IReadOnlyList<double>)[.. r.Select(p => 100 * p.TestAccuracy)])]);
    }

    private static (int Depth, double Size)[] Field(ModelProfile profile) =>
        [.. profile.Layers.Where(l => l.Weighted && l.ReceptiveField is not null).GroupBy(l => l.Depth).OrderBy(g => g.Key)
            .Select(g => (g.Key, g.Max(l => l.ReceptiveField!.Value)))];

    private static MirrorBar[] Shares(ModelProfile profile)
    {
        LayerProfile[] weighted = [.. profile.Layers.Where(l => l.Weighted)];
        int together = Math.Max(1, (int)Math.Ceiling((double)weighted.Length / MostBars));
        return [.. weighted.Chunk(together).Select(some => new MirrorBar(
            some.Length == 1 ? $"{some[0].Name} ({some[0].Op})" : $"{some[0].Name} … {some[^1].Name}",
            100.0 * some.Sum(l => l.Macs) / Math.Max(1, profile.Macs),
            100.0 * some.Sum(l => l.Parameters) / Math.Max(1, profile.Parameters)))];
    }

    private static double Megabytes(long? bytes) => bytes is { } b ? b / 1e6 : double.NaN;

    private static string Group(Accuracy accuracy) =>
        accuracy.Source.Split(',')[0] + (accuracy.Source.Contains("torchvision", StringComparison.Ordinal)
            ? ", torchvision"
            : accuracy.Source.StartsWith("published", StringComparison.Ordinal)
            ? ", paper"
            : "");
}
