using ModelZoo.Layers;
using ModelZoo.Plots;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>Batch normalization suffers from small batches, the others do not.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class NormsByBatch(TrainingSize? size = null)
    : TrainingExperiment(new("norms-by-batch", ExperimentGroup.Training, "Batch normalization needs large batches")
    {
        Claim = "The error with batch normalization rises as the batch shrinks from 32 to 2 images; with group normalization it does not.",
        Source = "Wu and He, arXiv 1803.08494, table 2 and figure 1",
        Runs = "Four 3×3 convolutions with batch, group, layer or instance normalization, in batches of 32, 8 and 2 with the rate in proportion (0.1 at 32), "
        + "equal epochs",
        UsesData = true,
        Seeded = true,
        Revision = 2,
    }, size)
{
    private static readonly (string Name, string Norm)[] Norms = [("batch", "batch"), ("group", "group:8"), ("layer", "layer"), ("instance", "instance")];
    private static readonly int[] Batches = [2, 8, 32];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => [.. Norms.SelectMany(n => Batches.Select(b => $"{n.Name}-{b}"))];

    /// <inheritdoc/>
    public override string Rule =>
        "with batches of 2 the test error is higher with batch normalization than with group normalization, and from 32 to 2 it grows more.";

    /// <inheritdoc/>
    protected override string SourceSize =>
        "ResNet-50 on ImageNet, 100 epochs: at 32/16/8/4/2 images 23.6/23.7/24.8/27.3/34.7 % with batch and 24.1/24.2/24.0/24.2/24.1 % with group "
            + "normalization; layer 25.3 % and instance 28.4 % at 32";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(512, 640, 8, 5, 32, 32), new(50_000, int.MaxValue, 32, 30, 32, 64));

    /// <inheritdoc/>
    protected override (TrainingSize Size, string Shrunk)? Photographs => (new(1000, 1000, 16, 8, 32, 16),
        "1,000 pictures of 16×16 and four layers: the statistics of a batch are as noisy whatever the network, and they are what the claim is of.");

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        static double Error(Measured m) => m.TestError;
        SeedDifference small = runs.More("batch-2", "group-2", Error), batch = runs.More("batch-2", "batch-32", Error),
            group = runs.More("group-2", "group-32", Error);
        var growth = new SeedDifference([.. batch.Values.Zip(group.Values, (b, g) => b - g)]);
        (string, string)[] smallest = [.. Norms.Select(n => ($"{n.Name}-2", n.Name))];
        var parts = new ClaimParts(("in batches of 2 it errs more than group normalization", small, 0), ("and grows more from 32 on", growth, 0));
        return new(parts.Verdict, new(small.Mean, "percentage points",
            $"With batches of 2 the test error is {small.Text} percentage points higher with batch than with group normalization; from 32 to 2 it changes by "
                + $"{Number(batch.Mean)} against {Number(group.Mean)}. The last training loss in batches of 2 is "
                + $"{Number(runs.Mean("batch-2", m => m.LastLoss))} against {Number(runs.Mean("group-2", m => m.LastLoss))}."))
        {
            Figures =
            [
                RunPlots.Over("Test error by batch size", runs, new("batch", "images", Logarithmic: true) { Ticks = [.. Batches.Select(b => (double)b)] },
                    new("test error", "%", Logarithmic: true), Error,
                    [.. Norms.Select(n => (n.Name, (IReadOnlyList<(double, string)>)[.. Batches.Select(b => ((double)b, $"{n.Name}-{b}"))]))]),
                RunPlots.Loss(runs, smallest) with { Title = "Training loss in batches of 2" },
                new TableFigure("Test error (%), mean over the seeds", ["normalization", .. Batches.Reverse().Select(b => $">batch {b}")],
                    [.. Norms.Select(n => (IReadOnlyList<string>)[n.Name, .. Batches.Reverse().Select(b => Number(runs.Mean($"{n.Name}-{b}", Error)))])]),
            ],
            Notes = [parts.Note, "Equal epochs: a small batch takes more steps, each of them smaller. On few images that alone lowers the "
                + "error, which is why the growth is compared with that of group normalization."],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        string[] parts = variant.Split('-');
        int batch = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
        using Sequential model = new ConvStack(shop.Data.Channels, shop.Classes, shop.Size.Width,
            4)
        { Norm = Normalization.Parse(Norms.Single(n => n.Name == parts[0]).Norm), Halved = [2, 4] }.Build();
        return shop.Train(model, shop.Sgd(0.1 * batch / 32, 0.9) with { BatchSize = batch }, seed);
    }
}
