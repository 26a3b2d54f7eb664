using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>Rectifiers train faster than saturating units.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class RectifierSpeed(TrainingSize? size = null)
    : TrainingExperiment(new("relu-speed", ExperimentGroup.Training, "ReLU trains faster than tanh and sigmoid")
    {
        Claim = "A convolutional network with ReLUs reaches 25 % training error several times sooner than the same network with tanh units, and than one with "
        + "sigmoids.",
        Source = "Krizhevsky et al., NIPS 2012, section 3.1 and figure 1",
        Runs = "Four 3×3 convolutions with sigmoid, tanh, ReLU or leaky ReLU units, each at its best rate of a grid, as the source's figure; momentum 0.9",
        UsesData = true,
        Seeded = true,
        Revision = 2,
    }, size)
{
    private static readonly double[] Rates = [0.01, 0.03, 0.1, 0.3];
    private static readonly string[] Units = ["sigmoid", "tanh", "relu", "leaky"];
    private static readonly RateGrid Grid = new([.. Units.Select(u => (u, (IReadOnlyList<double>)Rates))]);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => Grid.Variants;

    /// <inheritdoc/>
    public override string Rule =>
        "25 % training error is reached in fewer steps with ReLU than with tanh, and than with sigmoid; what is never reached counts as reached at the end.";

    /// <inheritdoc/>
    protected override string SourceSize => "four layers on CIFAR-10, 50,000 images of 32×32: six times faster than tanh";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 8, 8, 32, 16), new(int.MaxValue, int.MaxValue, 32, 40, 128, 64));

    /// <inheritdoc/>
    protected override (TrainingSize Size, string Shrunk)? Photographs => (new(1000, 1000, 16, 25, 32, 24),
        "1,000 pictures of 16×16 and narrower layers: the claim is of steps to a training error, which fewer pictures bring nearer "
            + "for all units alike; a unit’s best rate is chosen again.");

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        string Best(string unit) => Grid.Best(runs, unit, Steps);
        SeedDifference tanh = runs.Ratio(Best("tanh"), Best("relu"), Steps), sigmoid = runs.Ratio(Best("sigmoid"), Best("relu"), Steps);
        (string, string)[] best = [.. Units.Select(u => (Best(u), $"{u}, rate {RateGrid.Parse(Best(u)).Rate}"))];
        string[] never = [.. Units.Where(u => runs[Best(u)].Any(m => !m.Reaches(p => p.TrainError, 25)))];
        var parts = new ClaimParts(("sooner than tanh", tanh, 0), ("sooner than sigmoid", sigmoid, 0));
        return new(parts.Verdict, new(Math.Pow(2, tanh.Mean), "×",
            $"To 25 % training error tanh takes {tanh.Ratio} and sigmoid {sigmoid.Ratio}{(never.Contains("sigmoid") ? " or more" : "")} the steps of ReLU "
                + $"({Number(runs.Mean(Best("relu"), Steps))})."))
        {
            Figures =
            [
                RunPlots.TrainError(runs, best),
                RunPlots.Table("Each at its best rate", runs, best, ("steps to 25 %", Steps), ("last training error (%)", m => m.LastTrainError),
                    ("test error (%)", m => m.TestError), ("time (s)", m => m.Seconds)),
            ],
            Notes = [parts.Note, .. never.Select(u => $"{u} never came to 25 % with some seed: its number of steps is a lower bound.")],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        (string unit, double rate) = RateGrid.Parse(variant);
        using Sequential model = new ConvStack(shop.Data.Channels, shop.Classes, shop.Size.Width, 4) { Activation = unit, Halved = [3] }.Build();
        return shop.Train(model, shop.Sgd(rate, 0.9), seed);
    }

    private static double Steps(Measured m) => m.StepsTo(p => p.TrainError, 25);
}
