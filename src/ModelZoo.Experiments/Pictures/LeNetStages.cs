using ModelZoo.Plots;
using ModelZoo.Statistics;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Pictures;

/// <summary>A digit on its way through LeNet-5.</summary>
/// <param name="claimed">Other shapes to claim.</param>
public sealed class LeNetStages(IReadOnlyList<(string Layer, string Shape)>? claimed = null)
    : Experiment(new("lenet-stages", ExperimentGroup.Pictures, "LeNet-5’s stages on a digit")
    {
        Claim = "LeNet-5 makes of a 32×32 digit 6 maps of 28×28, halves them, makes 16 of 10×10, halves them, and ends in 120, 84 and 10 values that name "
        + "the digit.",
        Source = "LeCun, Bottou, Bengio and Haffner, Proc. IEEE 1998, section II.B and figure 2",
        Runs = "The shipped LeNet-5, layer by layer, on a test image; its accuracy on all test images, which it was not trained on",
        UsesData = true,
    })
{
    private readonly IReadOnlyList<(string Layer, string Shape)> claimed = claimed ??
        [("conv1", "6×28×28"), ("pool1", "6×14×14"), ("conv2", "16×10×10"), ("pool2", "16×5×5"), ("fc1", "120"), ("fc2", "84"), ("fc3", "10")];

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        using var lenet = new TrainedLeNet(context);
        using IDisposable none = no_grad();
        long[] labels = TrainedLeNet.Labels(lenet.Test);
        int[] named = [.. lenet.Features(lenet.Test, "fc3").Select(row => Array.IndexOf(row, row.Max()))];
        double accuracy = 100.0 * named.Where((n, i) => n == labels[i]).Count() / labels.Length;
        var interval = Interval.OfShare(accuracy / 100, labels.Length);
        int shown = Enumerable.Range(0, labels.Length).First(i => named[i] == labels[i] && labels[i] is 2 or 3 or 5);
        Tensor digit = TrainedLeNet.Input(lenet.Test, shown);
        var shapes = claimed.Select(c => (c.Layer, c.Shape, Made: Shape(lenet.Run(digit, to: c.Layer).shape.Skip(1)))).ToArray();
        double[] odds = Tensors.Values(nn.functional.softmax(lenet.Run(digit), 1));
        bool holds = shapes.All(s => s.Made == s.Shape) && accuracy > 50;
        return ExperimentResult.Of(holds, new(accuracy, "%",
            $"The stages are {string.Join(", ", shapes.Select(s => s.Made))}. {Number(accuracy)} % ({interval.Percent()} with 95 % confidence) of "
            + $"{Count(labels.Length)} digits of another collection than the one it was trained on are named right."))
            with
        {
            DataUsed = lenet.DataUsed(context),
            Figures =
            [
                new ImageGrid("Input", [.. TrainedLeNet.Planes(digit, _ => "32×32")], 1),
                new ImageGrid("C1: 6 maps of 28×28", [.. TrainedLeNet.Planes(lenet.Run(digit, to: "relu1"), _ => "")], 6),
                new ImageGrid("S2: 6 maps of 14×14", [.. TrainedLeNet.Planes(lenet.Run(digit, to: "pool1"), _ => "")], 6),
                new ImageGrid("C3: 16 maps of 10×10", [.. TrainedLeNet.Planes(lenet.Run(digit, to: "relu2"), _ => "")], 8),
                new ImageGrid("S4: 16 maps of 5×5", [.. TrainedLeNet.Planes(lenet.Run(digit, to: "pool2"), _ => "")], 8),
                new BarChart("Output", new("probability", "%") { From = 0, To = 100 }, [.. Enumerable.Range(0, 10).Select(d => $"{d}")],
                    [new("", [.. odds.Select(p => 100 * p)])]),
            ],
        };
    }
}
