using ModelZoo.Plots;
using TorchSharp;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Pictures;

/// <summary>Where a classifier looks, tried by erasing what is marked.</summary>
/// <param name="change">Changes the maps before they are tried.</param>
public sealed class GradCam(Func<double[], double[]>? change = null) : Experiment(new("grad-cam", ExperimentGroup.Pictures, "Saliency: Grad-CAM")
{
    Claim = "Grad-CAM marks the pixels that the class depends on: erasing those that it marks most lowers the class’s probability more than erasing as many "
        + "others.",
    Source = "Selvaraju et al., arXiv 1610.02391, sections 3 and 5 (erasing as a test of a map’s faithfulness)",
    Runs = "The shipped LeNet-5 on test images that it names right; of each image’s ink a share is erased: the most marked, random, the least marked",
    UsesData = true,
})
{
    private const string Layer = "relu2";
    private const int Side = 32, Drawn = 6;
    private readonly Func<double[], double[]> change = change ?? (map => map);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        using var lenet = new TrainedLeNet(context);
        long[] labels = TrainedLeNet.Labels(lenet.Test);
        float[][] logits = lenet.Features(lenet.Test, "fc3");
        int[] chosen = [.. Enumerable.Range(0, labels.Length).Where(i => Array.IndexOf(logits[i], logits[i].Max()) == labels[i]).Take(2000)];
        (double, double) places = lenet.Places(Layer);
        double[][] maps = [.. chosen.Select(i => change(Map(lenet, i, labels[i], places)))];
        double[] shares = [0, 0.1, 0.2, 0.3, 0.4, 0.5];
        double[][] most = Erased(lenet, chosen, labels, maps, shares),
            least = Erased(lenet, chosen, labels, [.. maps.Select(m => m.Select(v => -v).ToArray())], shares);
        var draw = new SeededRandom((ulong)context.Seed);
        double[][] random = Erased(lenet, chosen, labels, [.. maps.Select(m => m.Select(_ => draw.NextDouble()).ToArray())], shares);
        const int At = 3; // 30 % of the ink
        double[] gaps = [.. chosen.Select((_, i) => random[At][i] - most[At][i])];
        double gap = gaps.Average(), error = 2 * Math.Sqrt(gaps.Select(g => (g - gap) * (g - gap)).Average() / gaps.Length);
        Verdict verdict = gap > error ? Verdict.Reproduced : gap < -error ? Verdict.NotReproduced : Verdict.NotDecidable;
        double[] percent = [.. shares.Select(s => 100 * s)];
        return new(verdict, new(100 * gap, "percentage points",
            $"With 30 % of the ink erased the class keeps a probability of {Number(100 * most[At].Average())} % where the most marked pixels went and "
            + $"{Number(100 * random[At].Average())} % where random ones did: {Number(100 * gap)} points (± {Number(100 * error)}) between them."))
        {
            Seeds = [context.Seed],
            DataUsed = $"{lenet.DataUsed(context)}; {chosen.Length} test images that it names right",
            Figures =
            [
                new LinePlot("Probability of the class as ink is erased", new("ink erased", "%"), new("probability of the class", "%") { From = 0, To = 100 },
                    [new("most marked first", percent, Means(most)), new("random", percent, Means(random)), new("least marked first", percent, Means(least))]),
                new ImageGrid("Digits, and what Grad-CAM marks in them",
                    [.. chosen.Take(Drawn).Select(i => Gray(lenet, i, $"a {labels[i]}")), .. chosen.Take(Drawn).Select((i, n) => Overlay(lenet, i, maps[n]))],
                    Drawn) { Caption = "Orange: marked; the digit in gray." },
            ],
            Notes = [$"The map is that of the second convolution, 10×10, enlarged to {Side}×{Side} with each element in the middle of the pixels that it sees: "
                + "it is coarse against strokes of two or three pixels."],
        };
    }

    private static double[] Means(double[][] byShare) => [.. byShare.Select(one => 100 * one.Average())];

    /// <summary>Grad-CAM, [32·32] in [0,1]: ReLU(Σ αₖAₖ) with αₖ the mean of ∂(logit of the class)/∂Aₖ, enlarged.</summary>
    private static double[] Map(TrainedLeNet lenet, int index, long label, (double First, double Step) places)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor maps = lenet.Run(TrainedLeNet.Input(lenet.Test, index), to: Layer).detach().requires_grad_(); // [1,16,10,10]
        lenet.Run(maps, after: Layer)[0, label].backward();
        Tensor weights = maps.grad!.mean([2, 3], keepdim: true), map = maps.detach().mul(weights).sum(1L).relu(); // [1,10,10]
        return Enlarge(Tensors.Values(map), (int)map.shape[1], places);
    }

    /// <summary>
    /// Bilinear, each element in the middle of what it sees (convolutions without padding look at the middle of the image only); the largest value becomes 1.
    /// </summary>
    private static double[] Enlarge(double[] map, int side, (double First, double Step) places)
    {
        double largest = map.Max();
        var large = new double[Side * Side];
        for (int r = 0; r < Side; r++)
        {
            for (int c = 0; c < Side; c++)
            {
                double y = Math.Clamp((r - places.First) / places.Step, 0, side - 1), x = Math.Clamp((c - places.First) / places.Step, 0, side - 1);
                (int top, int left) = ((int)y, (int)x);
                (int bottom, int right) = (Math.Min(top + 1, side - 1), Math.Min(left + 1, side - 1));
                double upper = map[(top * side) + left] + ((x - left) * (map[(top * side) + right] - map[(top * side) + left]));
                double lower = map[(bottom * side) + left] + ((x - left) * (map[(bottom * side) + right] - map[(bottom * side) + left]));
                large[(r * Side) + c] = largest > 0 ? (upper + ((y - top) * (lower - upper))) / largest : 0;
            }
        }

        return large;
    }

    /// <summary>For each share, each image's probability of its class with that share of its ink erased, the highest scores first.</summary>
    private static double[][] Erased(TrainedLeNet lenet, int[] chosen, long[] labels, double[][] scores, double[] shares)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        float[] pixels = lenet.Test.Raw(chosen).Inputs.data<float>().ToArray();
        int length = Side * Side;
        return [.. shares.Select(share =>
        {
            float[] erased = [.. pixels];
            for (int n = 0; n < chosen.Length; n++)
            {
                int[] ink = [.. Enumerable.Range(0, length).Where(p => pixels[(n * length) + p] > 0.2)];
                foreach (int p in ink.OrderByDescending(p => scores[n][p]).Take((int)Math.Round(share * ink.Length)))
                {
                    erased[(n * length) + p] = 0;
                }
            }

            Tensor odds = nn.functional.softmax(lenet.Run(lenet.Test.Normalize(tensor(erased, [chosen.Length, 1, Side, Side]))), 1);
            double[] values = Tensors.Values(odds);
            return chosen.Select((i, n) => values[(n * 10) + labels[i]]).ToArray();
        })];
    }

    private static PlotImage Gray(TrainedLeNet lenet, int index, string label) => PlotImage.Gray(label, Side, Side, Pixels(lenet, index), 0, 1);

    private static PlotImage Overlay(TrainedLeNet lenet, int index, double[] map)
    {
        float[] pixels = Pixels(lenet, index);
        return new("", Side, Side, 3, [.. pixels.SelectMany((v, p) => new[] { Mix(v, map[p], 1.0), Mix(v, map[p], 0.55), Mix(v, map[p], 0.1) })]);
        static byte Mix(double gray, double mark, double color) => (byte)Math.Round(255 * Math.Clamp((gray * (1 - (0.7 * mark))) + (0.7 * mark * color), 0, 1));
    }

    private static float[] Pixels(TrainedLeNet lenet, int index)
    {
        using Tensor raw = lenet.Test.Raw([index]).Inputs.contiguous();
        return raw.data<float>().ToArray();
    }
}
