using ModelZoo.Plots;
using TorchSharp.Modules;

namespace ModelZoo.Experiments.Training;

/// <summary>Gradient descent, its stochastic form, momentum and Adam.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class OptimizerRace(TrainingSize? size = null) : TrainingExperiment(new("optimizers", ExperimentGroup.Training, "GD, SGD, momentum and Adam")
{
    Claim = "With equal passes over the data, small batches (SGD) lower the training loss further than whole-set gradient descent, and momentum and Adam "
        + "further than SGD.",
    Source = "Goodfellow et al., Deep Learning, sections 8.1.3, 8.3.2 and 8.5.3; Sutskever et al., ICML 2013; Kingma and Ba, arXiv 1412.6980, section 6",
    Runs = "Three 3×3 convolutions, each optimizer at its best rate of a grid of three; gradient descent takes one step per pass, the others batches of 32",
    UsesData = true,
    Seeded = true,
    Revision = 2,
}, size)
{
    private static readonly string[] Names = ["gd", "sgd", "momentum", "adam"];
    private static readonly RateGrid Grid = new([("gd", [0.1, 0.3, 1]), ("sgd", [0.03, 0.1, 0.3]), ("momentum", [0.01, 0.03, 0.1]),
        ("adam", [0.001, 0.003, 0.01])]);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => Grid.Variants;

    /// <inheritdoc/>
    public override string Rule =>
        "after equal epochs, each at its best rate, the training loss is higher with GD than with SGD, and with SGD than with momentum and than with Adam. "
            + "Seconds are shown, but no verdict hangs on them.";

    /// <inheritdoc/>
    protected override string SourceSize => "MNIST and CIFAR-10, 45 epochs in batches of 128 (Kingma and Ba)";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 8, 10, 32, 16), new(int.MaxValue, int.MaxValue, 32, 45, 128, 64));

    /// <inheritdoc/>
    protected override (TrainingSize Size, string Shrunk)? Photographs => (new(1000, 1000, 16, 15, 32, 16),
        "1,000 pictures of 16×16, 15 epochs, three layers: the claim is of the training loss after equal passes, each optimizer at its best rate; the ends of "
            + "the grids are looked at in the table.");

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        static double Loss(Measured m) => m.TrainLoss;
        string Best(string name) => Grid.Best(runs, name, Loss);
        SeedDifference batches = runs.Ratio(Best("gd"), Best("sgd"), Loss), momentum = runs.Ratio(Best("sgd"), Best("momentum"), Loss),
            adam = runs.Ratio(Best("sgd"), Best("adam"), Loss);
        (string, string)[] best = [.. Names.Select(n => (Best(n), $"{n}, rate {RateGrid.Parse(Best(n)).Rate}"))];
        var parts = new ClaimParts(("SGD below GD", batches, 0), ("momentum below SGD", momentum, 0), ("Adam below SGD", adam, 0));
        return new(parts.Verdict, new(Math.Pow(2, batches.Mean), "×",
            $"After equal epochs GD's training loss is {batches.Ratio} SGD's; SGD's is {momentum.Ratio} that of momentum and {adam.Ratio} that of Adam."))
        {
            Figures =
            [
                RunPlots.Loss(runs, best) with { Title = "Training loss by epoch" },
                Seconds(runs, best),
                RunPlots.Table("Each at its best rate", runs, best, ("training loss", Loss), ("training error (%)", m => m.TrainError),
                    ("test error (%)", m => m.TestError), ("time (s)", m => m.Seconds)),
            ],
            Notes = [parts.Note],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        (string name, double rate) = RateGrid.Parse(variant);
        using Sequential model = new ConvStack(shop.Data.Channels, shop.Classes, shop.Size.Width, 3) { Halved = [2] }.Build();
        return shop.Train(model, name switch
        {
            "gd" => shop.Sgd(rate) with { BatchSize = shop.Data.Train.Count },
            "momentum" => shop.Sgd(rate, 0.9),
            "adam" => shop.Sgd(rate) with { Optimizer = "adam" },
            _ => shop.Sgd(rate),
        }, seed);
    }

    internal static string Say(Verdict verdict) =>
        verdict switch { Verdict.Reproduced => "reproduced", Verdict.NotReproduced => "not reproduced", _ => "not decidable" };

    private static LinePlot Seconds(RunTable runs, IReadOnlyList<(string Variant, string Label)> best) =>
        new("Training loss by time", new("time on this machine", "s"), new("training loss", "nats", Logarithmic: true), [.. best.Select(b =>
        {
            IReadOnlyList<Measured> seeds = runs[b.Variant];
            int epochs = seeds.Min(m => m.Epochs.Count);
            return new Series(b.Label, [.. Enumerable.Range(0, epochs).Select(e => seeds.Average(m => m.Epochs[e].Seconds))],
                [.. Enumerable.Range(0, epochs).Select(e => seeds.Average(m => m.Epochs[e].Loss))])
            {
                Low = [.. Enumerable.Range(0, epochs).Select(e => seeds.Min(m => m.Epochs[e].Loss))],
                High = [.. Enumerable.Range(0, epochs).Select(e => seeds.Max(m => m.Epochs[e].Loss))],
            };
        })])
        { Caption = "Another run gives other seconds." };
}
