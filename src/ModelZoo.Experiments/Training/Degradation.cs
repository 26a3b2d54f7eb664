using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>Deeper plain networks train worse, residual ones do not.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class Degradation(TrainingSize? size = null)
    : TrainingExperiment(new("plain-against-residual", ExperimentGroup.Training, "Depth degrades plain networks, not residual ones")
    {
        Claim = "A plain network of 56 layers has a higher training error than one of 20: it is harder to optimize, it does not overfit. Shortcuts lessen what "
        + "depth costs.",
        Source = "He et al., arXiv 1512.03385, figure 1 and section 4.2",
        Runs = "plain20, plain56, resnet20 and resnet56 of the catalog, with the paper's rate, momentum and weight decay",
        UsesData = true,
        Seeded = true,
        Revision = 2,
    }, size)
{
    private static readonly string[] Names = ["plain20", "plain56", "resnet20", "resnet56"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => Names;

    /// <inheritdoc/>
    public override string Rule =>
        "the training error of the last epoch is higher in plain56 than in plain20, higher in plain56 than in resnet56, and depth adds more error to the plain "
            + "network than to the residual one.";

    /// <inheritdoc/>
    protected override string SourceSize => "CIFAR-10, 50,000 images of 32×32, 64,000 steps of 128 images";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 8, 8, 64, 16), new(int.MaxValue, int.MaxValue, 32, 164, 128, 16));

    /// <inheritdoc/>
    protected override (TrainingSize Size, string Shrunk)? Photographs => (new(1000, 1000, 16, 8, 64, 16),
        "1,000 pictures of 16×16 in the place of 50,000 of 32×32, a constant rate and 128 steps: depth and blocks are the paper’s, and the claim is of the "
            + "training error, which fewer pictures make lower, not higher.");

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        static double Error(Measured m) => m.LastTrainError;
        SeedDifference deeper = runs.More("plain56", "plain20", Error), shortcut = runs.More("plain56", "resnet56", Error),
            residual = runs.More("resnet56", "resnet20", Error);
        var penalty = new SeedDifference([.. deeper.Values.Zip(residual.Values, (p, r) => p - r)]);
        (string, string)[] lines = [.. Names.Select(n => (n, n))];
        var parts = new ClaimParts(
            ("depth adds training error to the plain network", deeper, 0),
            ("the residual one has less", shortcut, 0),
            ("depth adds less to it", penalty, 0));
        return new(parts.Verdict, new(deeper.Mean, "percentage points",
            $"36 more layers add {deeper.Text} percentage points of training error to the plain network, {residual.Text} to the residual one."))
        {
            Figures =
            [
                RunPlots.TrainError(runs, lines),
                RunPlots.TestError(runs, lines),
                RunPlots.Table("After the last epoch", runs, lines, ("training error (%)", Error), ("training loss", m => m.LastLoss),
                    ("test error (%)", m => m.TestError), ("time (s)", m => m.Seconds)),
            ],
            Notes = [parts.Note, $"plain56 has {Number(runs.Mean("plain56", Error))} % training error, plain20 {Number(runs.Mean("plain20", Error))} "
                + "%: what a deep network has not learned it cannot have overfitted. In the paper the residual network gains from depth (8.75 % → 6.97 % "
                + "test error); a few epochs are not enough to see that."],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        using ZooModel model = Catalog.Models.Find(variant).Create(new ModelOptions(shop.Classes, shop.Data.Channels, shop.Data.Side, shop.Data.Side));
        Recipe recipe = shop.Sgd(0.1, 0.9) with { WeightDecay = 1e-4 };
        bool full = shop.Context.Preset == Preset.Full;
        return shop.Train(model, full ? recipe with { Schedule = "step", StepSize = Math.Max(1, recipe.Epochs / 2) } : recipe, seed, follow: true);
    }
}
