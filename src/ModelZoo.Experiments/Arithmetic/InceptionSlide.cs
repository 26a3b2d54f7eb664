using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>The lecture's "854M → 358M", from the convolutions that it lists itself.</summary>
/// <param name="claimed">Other millions of multiplications to claim: naive and with bottlenecks.</param>
public sealed class InceptionSlide((double Naive, double Bottleneck)? claimed = null)
    : Experiment(new("inception-854m-358m", ExperimentGroup.Arithmetic, "Inception: 854M → 358M")
    {
        Claim = "On a 28×28×256 input the naive inception module needs 854M multiplications, and 1×1 bottlenecks bring it to 358M.",
        Source = "The lecture, “GoogLeNet”: the module with 256 input channels and 128, 192, 96 and 64 output channels",
        Runs = "The module's convolutions as layers, each traced on 28×28; the sum of those that the slide lists",
    })
{
    private static readonly (string Name, int In, int Out, int Kernel)[] Naive = [("1×1, 128", 256, 128, 1), ("3×3, 192", 256, 192, 3),
        ("5×5, 96", 256, 96, 5)];

    private static readonly (string Name, int In, int Out, int Kernel)[] Bottleneck =
        [("1×1, 64 before 3×3", 256, 64, 1), ("1×1, 64 before 5×5", 256, 64, 1), ("1×1, 128", 256, 128, 1), ("3×3, 192", 64, 192, 3), ("5×5, 96", 64, 96, 5),
            ("1×1, 64 after pool", 256, 64, 1)];

    private readonly (double Naive, double Bottleneck) claimed = claimed ?? (854, 358);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        long[] plain = [.. Naive.Select(Macs)], reduced = [.. Bottleneck.Select(Macs)];
        (long before, long after) = (plain.Sum(), reduced.Sum());
        long twice = after + reduced[3];
        bool holds = Math.Round(before / 1e6) == claimed.Naive && Math.Round(after / 1e6) == claimed.Bottleneck;
        return ExperimentResult.Of(holds, new((double)before / after, "×",
            $"{Count(before)} → {Count(after)}: {Number((double)before / after)} times fewer. The 854M are right, the 358M are not the sum of the slide's own "
            + "convolutions."))
            with
        {
            Figures =
            [
                new BarChart("The module in multiplications", new("multiply-accumulates"), ["naive", "bottlenecks", "the slide's 358M"],
                    [new("", [before, after, claimed.Bottleneck * 1e6])]),
                new TableFigure("Convolutions on 28×28", ["module", "convolution", ">inputs", ">multiply-accumulates"],
                [
                    .. Naive.Select((c, i) => (string[])["naive", c.Name, $"{c.In}", Count(plain[i])]),
                    ["naive", "sum", "", Count(before)],
                    .. Bottleneck.Select((c, i) => (string[])["bottlenecks", c.Name, $"{c.In}", Count(reduced[i])]),
                    ["bottlenecks", "sum", "", Count(after)],
                    ["bottlenecks", "sum with the 3×3 counted twice", "", Count(twice)],
                ]),
            ],
            Notes = [$"358M come out where the 3×3 ({Count(reduced[3])}) is counted twice: {Count(twice)}. The true saving is the larger one, so the lecture's "
                + "point stands.",
                "The slide's module is not GoogLeNet's 3a, which has 192 input channels: see inception-reductions."],
        };
    }

    private static long Macs((string Name, int In, int Out, int Kernel) c)
    {
        using var layer = TorchSharp.torch.nn.Sequential(("conv", TorchSharp.torch.nn.Conv2d(c.In, c.Out, c.Kernel, padding: c.Kernel / 2)));
        return Analysis.ModelSummary.Of(layer, c.In, 28, 28).Macs;
    }
}
