using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>Transfer learning reaches an accuracy sooner than training from scratch.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class TransferTime(TrainingSize? size = null)
    : TrainingExperiment(new("transfer-time", ExperimentGroup.Training, "Transfer learning is two to three times faster")
    {
        Claim = "Fitting a trained network to new data reaches the same accuracy two to three times faster than training from scratch.",
        Source = "The lecture, “transfer learning”",
        Runs = "LeNet-5 on 200 new images: from scratch, and from trained weights with a new head, where the head, the dense layers or all may learn. Trained "
        + "weights: MNIST for the embedded digits, else the first half of the classes for the second",
        UsesData = true,
        Seeded = true,
    }, size)
{
    private const int Images = 200;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => [.. TransferBench.Strategies.Select(s => s.Name)];

    /// <inheritdoc/>
    public override string Rule =>
        "to the test error that every run from scratch reaches (the worst of their last ones), the trained network, all of it learning, takes at most half of "
            + "the steps.";

    /// <inheritdoc/>
    protected override string SourceSize => "none is given";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 32, 25, 32, 0), new(int.MaxValue, int.MaxValue, 32, 60, 32, 0));

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        double goal = runs.Each("scratch", m => m.TestError).Max();
        double Steps(Measured m) => m.StepsTo(p => p.TestError, goal, atEnd: true);
        double Seconds(Measured m) => m.Epochs.Count == 0 ? 0 : m.Seconds * Steps(m) / m.PlannedSteps;
        SeedDifference all = runs.Ratio("scratch", "all", Steps), head = runs.Ratio("scratch", "head", Steps);
        string[] never = [.. TransferBench.Strategies.Where(s => runs[s.Name].Any(m => !m.Reaches(p => p.TestError, goal))).Select(s => s.Label)];
        return new(all.Above(1), new(Math.Pow(2, all.Mean), "×",
            $"To {Number(goal)} % test error, training from scratch takes {all.Ratio} the steps of fitting all layers of the trained network, and {head.Ratio} "
                + "those of a new head alone."))
        {
            Figures =
            [
                RunPlots.TestError(runs, TransferBench.Strategies),
                RunPlots.Table($"To {Number(goal)} % test error", runs, TransferBench.Strategies, ("steps", Steps), ("time (s)", Seconds),
                    ("last test error (%)", m => m.TestError)),
            ],
            Notes =
            [
                "Steps are counted to the end of an epoch, with a straight line between two epochs; a network that is there after its first epoch counts with "
                    + "that whole epoch, so that its advantage is rather understated.",
                .. never.Select(n => $"{n}: some run never gets there; it counts with its whole training."),
            ],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        using var bench = new TransferBench(shop);
        int perEpoch = (Math.Min(Images, bench.Images) + 31) / 32;
        return bench.Train(variant, Images, seed, shop.Size.Epochs * perEpoch, follow: true);
    }
}
