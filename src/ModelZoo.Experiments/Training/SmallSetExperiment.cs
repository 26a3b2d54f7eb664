using ModelZoo.Loading;
using ModelZoo.Training;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Training;

/// <summary>
/// A remedy against overfitting, tried on training sets that are too small: for each seed on several sets without a common image, so that a set's luck counts
/// little.
/// </summary>
/// <param name="info">What it says about itself.</param>
/// <param name="remedy">The variant with it; the other is "none".</param>
/// <param name="size">Another size than the preset's.</param>
public abstract class SmallSetExperiment(ExperimentInfo info, string remedy, TrainingSize? size) : TrainingExperiment(info, size)
{
    private const int Sets = 4;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => ["none", remedy];

    /// <inheritdoc/>
    public override string Rule =>
        $"with {remedy} the test error is lower, and the test loss exceeds the training loss by less. Each seed trains on up to {Sets} sets without a common "
            + "image and counts their mean.";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(800, 640, 8, 40, 32, 16), new(20_000, int.MaxValue, 32, 100, 128, 64));

    /// <inheritdoc/>
    protected override (TrainingSize Size, string Shrunk)? Photographs => (new(2000, 1000, 16, 40, 32, 16),
        "Sets of 500 pictures of 16×16: overfitting is what the remedy is for, and small sets have it.");

    /// <summary>How much is dropped, with the remedy or without.</summary>
    private protected abstract double Dropped(string variant);

    /// <summary>How it is trained, with the remedy or without.</summary>
    private protected abstract Recipe With(Recipe recipe, string variant, int side);

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        static double Error(Measured m) => m.TestError;
        static double Gap(Measured m) => m.TestLoss - m.TrainLoss;
        SeedDifference error = runs.More("none", remedy, Error), gap = runs.More("none", remedy, Gap);
        (string, string)[] lines = [("none", $"without {remedy}"), (remedy, $"with {remedy}")];
        var parts = new ClaimParts(("lower test error", error, 0), ("smaller gap", gap, 0));
        return new(parts.Verdict, new(error.Mean, "percentage points",
            $"With {remedy} the test error is {error.Text} percentage points lower ({Number(runs.Mean("none", Error))} % → {Number(runs.Mean(remedy, Error))} "
                + $"%), the gap of the losses {gap.Text} nats smaller."))
        {
            Figures =
            [
                RunPlots.TestError(runs, lines),
                RunPlots.TrainError(runs, lines) with { Caption = $"While it trained, so {remedy} makes it harder." },
                RunPlots.Table("The trained networks", runs, lines, ("training error (%)", m => m.TrainError), ("test error (%)", Error),
                    ("training loss", m => m.TrainLoss), ("test loss", m => m.TestLoss), ("time (s)", m => m.Seconds)),
            ],
            Notes = [parts.Note],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        int count = shop.Data.TrainImages.Count / Sets;
        int[] order = shop.Data.TrainImages.ShuffledOrder((ulong)seed);
        List<Measured> parts = [];
        for (int set = 0; set < Sets; set++)
        {
            manual_seed((seed * Sets) + set);
            using ImageTensors images = ImageTensors.From(shop.Data.TrainImages.Subset(order.AsSpan(set * count, count)), shop.Data.Preprocessing,
                shop.Context.Device);
            using Sequential model = Network(shop, Dropped(variant));
            parts.Add(shop.Train(model, With(shop.Sgd(0.001) with { Optimizer = "adam" }, variant, shop.Data.Side), (seed * Sets) + set, images, follow: true));
        }

        return Measured.MeanOf(parts);
    }

    private static Sequential Network(ExperimentTraining shop, double dropped)
    {
        (int width, int side) = (shop.Size.Width, shop.Data.Side / 2);
        return Sequential(
            ("conv1", Conv2d(shop.Data.Channels, width, 3, padding: 1)), ("relu1", ReLU()),
            ("conv2", Conv2d(width, 2L * width, 3, padding: 1)), ("relu2", ReLU()), ("pool", MaxPool2d(2)),
            ("flatten", Flatten()), ("fc1", Linear(2L * width * side * side, 8L * width)), ("relu3", ReLU()), ("drop", Dropout(dropped)),
                ("fc2", Linear(8L * width, shop.Classes)));
    }
}

/// <summary>Dropout against overfitting.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class DropoutOverfitting(TrainingSize? size = null) : SmallSetExperiment(new("dropout", ExperimentGroup.Training, "Dropout against overfitting")
{
    Claim = "Dropout of half of the dense layer's units lowers the test error and narrows the gap between training and test.",
    Source = "Srivastava et al., JMLR 15, 2014, section 6; Krizhevsky et al., NIPS 2012, section 4.2",
    Runs = "Two convolutions and a dense layer with and without dropout of 0.5 before the classifier, on sets of 200 images (--full: 5,000), by Adam",
    UsesData = true,
    Seeded = true,
    Revision = 2,
}, "dropout", size)
{
    /// <inheritdoc/>
    protected override string SourceSize => "MNIST, CIFAR, ImageNet and others: on MNIST 1.60 % → 1.25 % with dense networks and dropout in every layer";

    private protected override double Dropped(string variant) => variant == "none" ? 0 : 0.5;

    private protected override Recipe With(Recipe recipe, string variant, int side) => recipe;
}

/// <summary>Augmentation against overfitting.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class AugmentationOverfitting(TrainingSize? size = null)
    : SmallSetExperiment(new("augmentation", ExperimentGroup.Training, "Augmentation against overfitting")
    {
        Claim = "Training on images that are moved, turned and scaled at random lowers the test error and narrows the gap between training and test.",
        Source = "Krizhevsky et al., NIPS 2012, section 4.1; Simard et al., ICDAR 2003",
        Runs = "Two convolutions and a dense layer on sets of 200 images (--full: 5,000), unchanged, or moved by up to an eighth of their side, turned "
            + "by up to 15° and scaled by up to 10 %; by Adam",
        UsesData = true,
        Seeded = true,
        Revision = 2,
    }, "augmentation", size)
{
    /// <inheritdoc/>
    protected override string SourceSize =>
        "ImageNet, where without it “our network suffers from substantial overfitting”; on MNIST (Simard et al.) 1.6 % → 1.1 % with affine distortions";

    private protected override double Dropped(string variant) => 0;

    private protected override Recipe With(Recipe recipe, string variant, int side) =>
        variant == "none" ? recipe : recipe with { RandomShift = side / 8f, RandomRotation = 15, RandomScale = 0.1f };
}
