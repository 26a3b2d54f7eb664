using ModelZoo.Analysis;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>A depthwise and a 1×1 convolution against a full one.</summary>
/// <param name="formula">Another ratio to claim: out channels, kernel → share of the multiplications.</param>
public sealed class DepthwiseSeparable(Func<int, int, double>? formula = null)
    : Experiment(new("depthwise-separable", ExperimentGroup.Arithmetic, "Depthwise separable convolution")
    {
        Claim = "A depthwise convolution followed by a 1×1 convolution needs 1/out + 1/k² of a full convolution's multiplications.",
        Source = "Howard et al. (MobileNets), arXiv 1704.04861, section 3.1",
        Runs = "Both as layers, traced at 14×14, for 8 … 512 output channels and kernels of 3, 5 and 7",
    })
{
    private const int Inputs = 16, Size = 14;
    private readonly Func<int, int, double> formula = formula ?? ((output, k) => (1.0 / output) + (1.0 / (k * k)));

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        int[] widths = [8, 16, 32, 64, 128, 256, 512], kernels = [3, 5, 7];
        double worst = 0;
        List<Series> lines = [];
        foreach (int k in kernels)
        {
            double[] measured = [.. widths.Select(w => Ratio(w, k))];
            worst = Math.Max(worst, widths.Select((w, i) => Math.Abs((measured[i] / formula(w, k)) - 1)).Max());
            lines.Add(new($"kernel {k}×{k}", [.. widths.Select(w => (double)w)], [.. measured.Select(m => 100 * m)]));
        }

        double saving = 1 / Ratio(512, 3);
        return ExperimentResult.Of(worst < 1e-12,
            new(saving, "×", $"With 3×3 and 512 channels {Number(saving)} times fewer multiplications; the formula is off by {Number(100 * worst)} % at most."))
            with
        {
            Figures = [new LinePlot("Share of a full convolution's cost",
                new("output channels", Logarithmic: true) { Ticks = [.. widths.Select(w => (double)w)] }, new("multiplications", "%", Logarithmic: true), lines)
            { Caption = "With many channels the 1×1 convolution is nearly all that is left: the cost tends to 1/k²." }],
        };
    }

    private static double Ratio(int outputs, int kernel)
    {
        using var separable = Sequential(("depthwise", Conv2d(Inputs, Inputs, kernel, padding: kernel / 2, groups: Inputs, bias: false)),
            ("pointwise", Conv2d(Inputs, outputs, 1, bias: false)));
        using var full = Sequential(("conv", Conv2d(Inputs, outputs, kernel, padding: kernel / 2, bias: false)));
        return (double)ModelSummary.Of(separable, Inputs, Size, Size).Macs / ModelSummary.Of(full, Inputs, Size, Size).Macs;
    }
}
