using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Pictures;

/// <summary>Deeper layers separate classes better.</summary>
/// <param name="layers">Other layers, or another order of them; null stands for the pixels.</param>
public sealed class FeaturesByDepth(IReadOnlyList<string?>? layers = null)
    : Experiment(new("features-by-depth", ExperimentGroup.Pictures, "Feature maps by depth")
    {
        Claim = "The deeper the layer, the better its features tell classes apart.",
        Source = "Zeiler and Fergus, arXiv 1311.2901, section 5.3 and table 7",
        Runs = "The shipped LeNet-5’s features at five depths: test images named by the nearest mean of the training images of each class",
        UsesData = true,
    })
{
    private readonly IReadOnlyList<string?> layers = layers ?? [null, "pool1", "pool2", "relu3", "relu4"];

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        using var lenet = new TrainedLeNet(context);
        using IDisposable none = no_grad();
        long[] train = TrainedLeNet.Labels(lenet.Train), test = TrainedLeNet.Labels(lenet.Test);
        double[] right = [.. layers.Select(layer => Nearest(lenet.Features(lenet.Train, layer), train, lenet.Features(lenet.Test, layer), test))];
        double[] errors = [.. right.Select(p => Math.Sqrt(p * (1 - p) / test.Length))];
        double gain = right[^1] - right[0], doubt = 2 * Math.Sqrt((errors[0] * errors[0]) + (errors[^1] * errors[^1]));
        bool falls = Enumerable.Range(1, right.Length - 1)
            .Any(i => right[i - 1] - right[i] > 2 * Math.Sqrt((errors[i] * errors[i]) + (errors[i - 1] * errors[i - 1])));
        Verdict verdict = gain < -doubt || falls ? Verdict.NotReproduced : gain > doubt ? Verdict.Reproduced : Verdict.NotDecidable;
        string[] names = [.. layers.Select(l => l ?? "pixels")];
        int[] shown = [.. Enumerable.Range(0, 3).Select(c => Array.IndexOf(test, (long)(c == 0 ? 0 : c == 1 ? 3 : 7)))];
        return new(verdict, new(100 * gain, "percentage points",
            $"Nearest class mean is right for {Number(100 * right[0])} % of test images on {names[0]} and for {Number(100 * right[^1])} % on {names[^1]}; a "
            + $"difference under {Number(100 * doubt)} points is within chance."))
        {
            DataUsed = lenet.DataUsed(context),
            Figures =
            [
                new BarChart("Test images named right", new("accuracy", "%") { From = 0, To = 100 }, names,
                    [new("", [.. right.Select(r => 100 * r)]) { Low = [.. right.Select((r, i) => 100 * (r - (2 * errors[i])))],
                    High = [.. right.Select((r, i) => 100 * Math.Min(1, r + (2 * errors[i])))] }])
                { Caption = "Whiskers: two standard errors." },
                .. shown.Where(i => i >= 0).Select(i => new ImageGrid($"A {test[i]}",
                [
                    .. TrainedLeNet.Planes(lenet.Run(TrainedLeNet.Input(lenet.Test, i), to: "pool1"), _ => "").Take(6),
                    .. TrainedLeNet.Planes(lenet.Run(TrainedLeNet.Input(lenet.Test, i), to: "pool2"), _ => "").Take(12),
                ], 6) { Rows = ["pool1: all 6 maps", "pool2: 12 of 16 maps"] }),
            ],
        };
    }

    /// <summary>The share of test rows whose nearest class mean is their own class's.</summary>
    private static double Nearest(float[][] train, long[] trainLabels, float[][] test, long[] testLabels)
    {
        (long Label, double[] Mean)[] means = [.. trainLabels.Distinct().Order().Select(label =>
        {
            float[][] rows = [.. train.Where((_, i) => trainLabels[i] == label)];
            return (label, Enumerable.Range(0, rows[0].Length).Select(d => rows.Average(r => (double)r[d])).ToArray());
        })];
        int right = test.Where((row, i) => means.MinBy(m => m.Mean.Select((v, d) => (v - row[d]) * (v - row[d])).Sum()).Label == testLabels[i]).Count();
        return (double)right / test.Length;
    }
}
