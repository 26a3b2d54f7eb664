using ModelZoo.Training;

namespace ModelZoo.Experiments.Training;

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
    }, "augmentation", size)
{
    /// <inheritdoc/>
    protected override string SourceSize =>
        "ImageNet, where without it “our network suffers from substantial overfitting”; on MNIST (Simard et al.) 1.6 % → 1.1 % with affine distortions";

    private protected override double Dropped(string variant) => 0;

    private protected override Recipe With(Recipe recipe, string variant, int side) =>
        variant == "none" ? recipe : recipe with { RandomShift = side / 8f, RandomRotation = 15, RandomScale = 0.1f };
}
