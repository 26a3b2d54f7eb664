using ModelZoo.Analysis;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>A column and a row kernel against a square one.</summary>
/// <param name="formula">Another ratio to claim: kernel → share of the weights.</param>
public sealed class SpatiallySeparable(Func<int, double>? formula = null)
    : Experiment(new("spatially-separable", ExperimentGroup.Arithmetic, "Spatially separable convolution")
    {
        Claim = "A k×1 convolution followed by a 1×k convolution sees what a k×k convolution sees with 2/k of its weights and multiplications, and replaces it "
        + "exactly where the kernel is a product of a column and a row, as Sobel's is.",
        Source = "The lecture, “spatially separable convolutions”; Szegedy et al., arXiv 1512.00567, section 3.2",
        Runs = "Both as layers with 8 channels, traced at 16×16, for kernels of 3 … 11; Sobel's kernel on random images in one step and in two",
    })
{
    private const int Channels = 8, Size = 16;
    private readonly Func<int, double> formula = formula ?? (k => 2.0 / k);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        int[] kernels = [3, 5, 7, 9, 11];
        var measured = kernels.Select(k =>
        {
            using var pair = Sequential(("column", Conv2d(Channels, Channels, (k, 1), padding: (k / 2, 0), bias: false)),
                ("row", Conv2d(Channels, Channels, (1, k), padding: (0, k / 2), bias: false)));
            using var square = Sequential(("conv", Conv2d(Channels, Channels, k, padding: k / 2, bias: false)));
            (ModelSummary two, ModelSummary one) = (ModelSummary.Of(pair, Channels, Size, Size), ModelSummary.Of(square, Channels, Size, Size));
            return (Weights: (double)two.Parameters / one.Parameters, Macs: (double)two.Macs / one.Macs,
                SameField: two.Layers[^1].ReceptiveField!.Value.Size == one.Layers[^1].ReceptiveField!.Value.Size);
        }).ToArray();
        double worst = kernels.Select((k, i) => Math.Max(Math.Abs(measured[i].Weights - formula(k)), Math.Abs(measured[i].Macs - formula(k)))).Max();
        double sobel = Sobel();
        return ExperimentResult.Of(worst < 1e-12 && sobel < 1e-12
            && measured.All(m => m.SameField), new(measured[0].Weights, "of the weights",
            $"3×3: {Number(100 * measured[0].Weights)} % of the weights, 11×11: {Number(100 * measured[^1].Weights)} %. Sobel's kernel in two steps differs by "
            + $"{Number(sobel)}."))
            with
        {
            Figures = [new LinePlot("Share of a square kernel's weights", new("kernel k", "pixels") { Ticks = [.. kernels.Select(k => (double)k)] },
                new("weights and multiplications", "%") { From = 0 },
                [new("k×1 then 1×k", [.. kernels.Select(k => (double)k)], [.. measured.Select(m => 100 * m.Weights)]),
                    new("2/k", [.. kernels.Select(k => (double)k)], [.. kernels.Select(k => 100 * formula(k))])])],
            Notes = ["Most kernels are no such product: a k×k kernel has rank up to k. The saving is exact, the replacement in general an approximation that "
                + "training finds."],
        };
    }

    private static double Sobel()
    {
        Tensor image = Tensors.Normal(1, 1, 12, 12);
        Tensor column = tensor([1.0, 2, 1], [1, 1, 3, 1]), row = tensor([-1.0, 0, 1], [1, 1, 1, 3]);
        Tensor square = column.mul(row); // [1,1,3,3]
        return Tensors.Difference(functional.conv2d(functional.conv2d(image, column), row), functional.conv2d(image, square));
    }
}
