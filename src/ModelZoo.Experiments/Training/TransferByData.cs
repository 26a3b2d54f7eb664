using System.Globalization;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>Transfer learning helps the more, the less data there is.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class TransferByData(TrainingSize? size = null)
    : TrainingExperiment(new("transfer-by-data", ExperimentGroup.Training, "Transfer learning helps most where data are few")
    {
        Claim = "Trained weights lower the error most where new images are few; with many, training from scratch catches up.",
        Source = "The lecture, “transfer learning”; Yosinski et al., arXiv 1411.1792",
        Runs = "LeNet-5 on 20 to 1,000 new images in equal steps: from scratch, and from trained weights where the new head, the dense layers or all may "
            + "learn. Trained weights: MNIST for the embedded digits, else the first half of the classes for the second",
        UsesData = true,
        Seeded = true,
        Revision = 2,
    }, size)
{
    private static readonly int[] Amounts = [20, 50, 200, 1000];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => [.. TransferBench.Strategies.SelectMany(s => Amounts.Select(a => Case(s.Name, a)))];

    /// <inheritdoc/>
    public override string Rule =>
        "on 20 images the trained network, all of it learning, errs less than the one from scratch, and this advantage shrinks toward 1,000.";

    /// <inheritdoc/>
    protected override string SourceSize => "ImageNet, halves of 500 classes each";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 32, 150, 32, 0), new(int.MaxValue, int.MaxValue, 32, 1000, 32, 0));

    /// <inheritdoc/>
    protected override (TrainingSize Size, string Shrunk)? Photographs => (new(4000, 1000, 32, 300, 32, 0),
        "LeNet-5 and 2,000 pictures of the first five classes to learn before, 300 steps: the claim is of how the advantage changes with the pictures "
            + "at hand, not of its size.");

    /// <inheritdoc/>
    protected override string Length(TrainingSize size) => $"{size?.Epochs} steps";

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        static double Error(Measured m) => m.TestError;
        SeedDifference few = runs.More(Case("scratch", Amounts[0]), Case("all", Amounts[0]), Error),
            many = runs.More(Case("scratch", Amounts[^1]), Case("all", Amounts[^1]), Error);
        var shrinks = new SeedDifference([.. few.Values.Zip(many.Values, (f, m) => f - m)]);
        var parts = new ClaimParts(("on few images trained weights err less", few, 0), ("the advantage shrinks", shrinks, 0));
        return new(parts.Verdict, new(few.Mean, "percentage points",
            $"On {Amounts[0]} images trained weights lower the test error by {few.Text} percentage points, on {Count(Amounts[^1])} by {many.Text}."))
        {
            Figures =
            [
                RunPlots.Over("Test error by number of images", runs, new("images to train", Logarithmic: true) { Ticks = [.. Amounts.Select(a => (double)a)] },
                    new("test error", "%") { From = 0 }, Error,
                    [.. TransferBench.Strategies.Select(s =>
                        (s.Label, (IReadOnlyList<(double, string)>)[.. Amounts.Select(a => ((double)a, Case(s.Name, a)))]))]),
                new TableFigure("Test error (%), mean over the seeds", ["learning", .. Amounts.Select(a => $">{Count(a)} images")],
                    [.. TransferBench.Strategies.Select(s =>
                        (IReadOnlyList<string>)[s.Label, .. Amounts.Select(a => Number(runs.Mean(Case(s.Name, a), Error)))])]),
            ],
            Notes = [parts.Note, "Every run takes equally many steps, so that few images are seen more often."],
        };
    }

    // The size's epochs are steps here: equal for every number of images.
    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        string[] parts = variant.Split('-');
        using var bench = new TransferBench(shop);
        return bench.Train(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), seed, shop.Size.Epochs, follow: false);
    }

    private static string Case(string strategy, int images) => string.Create(CultureInfo.InvariantCulture, $"{strategy}-{images}");
}
