using ModelZoo.Layers;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>Batch normalization allows higher rates and needs fewer steps.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class NormalizationRate(TrainingSize? size = null)
    : TrainingExperiment(new("bn-learning-rate", ExperimentGroup.Training, "Batch normalization allows higher learning rates")
    {
        Claim = "With batch normalization a network trains at higher learning rates, and needs fewer steps.",
        Source = "Ioffe and Szegedy, arXiv 1502.03167, sections 3.3 and 4.2",
        Runs = "Six 3×3 convolutions with and without batch normalization, each at every rate of a grid, by stochastic gradient descent with momentum 0.9",
        UsesData = true,
        Seeded = true,
        Revision = 2,
    }, size)
{
    private static readonly double[] Rates = [0.003, 0.01, 0.03, 0.1, 0.3, 1];
    private static readonly RateGrid Grid = new([("without", Rates), ("with", Rates)]);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => Grid.Variants;

    /// <inheritdoc/>
    public override string Rule =>
        "with batch normalization the highest rate that still trains is higher (the last epoch's mean loss is below half of that of guessing), and, each "
            + "network at its own best rate, a quarter of the loss of guessing is reached in fewer steps.";

    /// <inheritdoc/>
    protected override string SourceSize => "Inception on ImageNet: 14 times fewer steps with a rate five times as high";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 8, 6, 32, 16), new(int.MaxValue, int.MaxValue, 32, 20, 128, 64));

    /// <inheritdoc/>
    protected override (TrainingSize Size, string Shrunk)? Photographs => (new(1000, 1000, 16, 8, 32, 16),
        "1,000 pictures of 16×16 and six layers: which rates diverge shows in a few hundred steps.");

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        (string plain, string normalized) = (Grid.Best(runs, "without", Steps), Grid.Best(runs, "with", Steps));
        double[] high = Highest(runs, "with"), low = Highest(runs, "without");
        var rate = new SeedDifference([.. high.Zip(low, (a, b) => Math.Log2(a / b))]);
        SeedDifference speed = runs.Ratio(plain, normalized, Steps);
        (string, string)[] best = [(plain, $"without, rate {Rate(plain)}"), (normalized, $"with, rate {Rate(normalized)}")];
        var parts = new ClaimParts(("a higher rate still trains", rate, 0), ("fewer steps", speed, 0));
        return new(parts.Verdict, new(Math.Pow(2, rate.Mean), "×",
            $"The highest rate that still trains is {Number(Math.Pow(2, rate.Mean))} times as high with batch normalization ({Number(high.Average())} against "
                + $"{Number(low.Average())}); at the best rates it needs {speed.Ratio} fewer steps."))
        {
            Figures =
            [
                RunPlots.Over("Training loss of the last epoch by learning rate", runs, new("learning rate", Logarithmic: true) { Ticks = Rates },
                    new("training loss", "nats") { From = 0 }, m => m.LastLoss,
                    [("without", Grid.Of("without")), ("with batch normalization", Grid.Of("with"))]),
                RunPlots.Loss(runs, best),
                RunPlots.Table("Each at its best rate", runs, best, ("steps", Steps), ("last training loss", m => m.LastLoss),
                    ("test error (%)", m => m.TestError), ("time (s)", m => m.Seconds)),
            ],
            Notes = [parts.Note, $"Where training diverged, the loss of guessing is drawn. The grid ends at {Number(Rates[^1])}: a network "
                + "that trains there might train above it as well."],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        (string net, double rate) = RateGrid.Parse(variant);
        using Sequential model = new ConvStack(shop.Data.Channels, shop.Classes, shop.Size.Width, 6)
        {
            Norm = net == "with"
            ? Normalization.Batch
            : null,
            Halved = [3, 5]
        }.Build();
        return shop.Train(model, shop.Sgd(rate, 0.9), seed);
    }

    private static double Steps(Measured m) => m.StepsTo(p => p.Loss, m.Chance / 4);

    private static double Rate(string name) => RateGrid.Parse(name).Rate;

    // Where none trains, the grid's next lower rate would be the highest.
    private static double[] Highest(RunTable runs, string net) => [.. Enumerable.Range(0, runs[Grid.Of(net)[0].Variant].Count)
        .Select(seed =>
            Grid.Of(net).Where(v => runs[v.Variant][seed] is var m && m.LastLoss < m.Chance / 2).Select(v => v.Rate).DefaultIfEmpty(Rates[0] / 3).Max())];
}
