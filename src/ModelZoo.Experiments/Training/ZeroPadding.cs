using ModelZoo.Plots;
using TorchSharp;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Training;

/// <summary>Without padding, what lies at the border counts less.</summary>
/// <param name="size">Another size than the preset's.</param>
public sealed class ZeroPadding(TrainingSize? size = null) : TrainingExperiment(new("zero-padding", ExperimentGroup.Training, "Zero padding keeps the borders")
{
    Claim = "Without zero padding every convolution shrinks the map and what lies at the border is lost; with it the network uses the borders and errs less.",
    Source = "Goodfellow et al., Deep Learning, section 9.5; the lecture, “padding”",
    Runs = "Three 3×3 convolutions with and without zeros around their inputs, the same parameters; how much the border's pixels move the right logit, and the "
        + "test error",
    UsesData = true,
    Seeded = true,
}, size)
{
    private static readonly string[] Names = ["padded", "unpadded"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Variants => Names;

    /// <inheritdoc/>
    public override string Rule =>
        "the outermost pixels move the right logit more, compared with all pixels, in the padded network than in the unpadded one, and the padded one's test "
            + "error is lower.";

    /// <inheritdoc/>
    protected override string SourceSize => "an argument, no experiment";

    /// <inheritdoc/>
    protected override (TrainingSize Quick, TrainingSize Full) Sizes => (new(1157, 640, 8, 10, 32, 16), new(int.MaxValue, int.MaxValue, 32, 30, 128, 64));

    /// <inheritdoc/>
    public override ExperimentResult Judge(RunTable runs)
    {
        static double Error(Measured m) => m.TestError;
        static double Border(Measured m) => BorderShare(m.Of("pixels"));
        SeedDifference border = runs.Ratio("padded", "unpadded", Border), error = runs.More("unpadded", "padded", Error);
        (string, string)[] lines = [.. Names.Select(n => (n, n))];
        var parts = new ClaimParts(("the border counts more", border, 0), ("the test error is lower", error, 0));
        return new(parts.Verdict, new(Math.Pow(2, border.Mean), "×",
            $"A border pixel's weight, of the average pixel's, is {Number(runs.Mean("padded", Border))} with padding, {Number(runs.Mean("unpadded", Border))} "
                + $"without; without it the test error is {error.Text} percentage points higher."))
        {
            Figures =
            [
                .. Names.Select(n => Map(n, runs[n])),
                RunPlots.TestError(runs, lines),
                RunPlots.Table("After the last epoch", runs, lines, ("border’s weight", Border), ("test error (%)", Error), ("training loss", m => m.TrainLoss),
                    ("time (s)", m => m.Seconds)),
            ],
            Notes = [parts.Note, "The padded network also computes more: its maps do not shrink. The images here have little at their borders."],
        };
    }

    internal override Measured Train(ExperimentTraining shop, string variant, long seed)
    {
        using Sequential model = new ConvStack(shop.Data.Channels, shop.Classes, shop.Size.Width, 3)
        {
            Padding = variant == "padded"
            ? 1
            : 0,
            Pooled = 2
        }.Build();
        Measured measured = shop.Train(model, shop.Sgd(0.03, 0.9), seed, follow: true);
        return measured with { More = new Dictionary<string, IReadOnlyList<double>> { ["pixels"] = Pixels(model, shop) } };
    }

    /// <summary>
    /// For each pixel, the mean over test images of how strongly it moves the right logit, summed over channels, as a share of the mean pixel.
    /// </summary>
    private static double[] Pixels(Sequential model, ExperimentTraining shop)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor images, Tensor labels) = shop.Data.Test.Batch([.. Enumerable.Range(0, Math.Min(256, shop.Data.Test.Count))]);
        images = images.requires_grad_();
        model.call(images).gather(1, labels.unsqueeze(1)).sum().backward();
        double[] gradient = Tensors.Values(images.grad!.abs().sum(1L).sum(0L)); // [H,W]
        model.zero_grad();
        double mean = gradient.Average();
        return mean > 0 ? [.. gradient.Select(g => g / mean)] : gradient;
    }

    private static double BorderShare(IReadOnlyList<double> pixels)
    {
        int side = (int)Math.Round(Math.Sqrt(pixels.Count));
        return side == 0 ? double.NaN : pixels.Where((_, i) => i / side == 0 || i / side == side - 1 || i % side == 0 || i % side == side - 1).Average();
    }

    private static HeatMap Map(string variant, IReadOnlyList<Measured> runs)
    {
        int count = runs.Min(m => m.Of("pixels").Count), side = (int)Math.Round(Math.Sqrt(count));
        double[] mean = [.. Enumerable.Range(0, count).Select(i => runs.Average(m => m.Of("pixels")[i]))];
        return new($"What each pixel counts, {variant}", new("column"), new("row"), Tensors.Rows(mean, Math.Max(1, side)))
        {
            Unit = "of the average pixel",
            Numbers = side <= 8
        };
    }
}
