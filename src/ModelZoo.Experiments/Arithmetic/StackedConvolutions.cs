using ModelZoo.Analysis;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>Three 3×3 convolutions against one 7×7.</summary>
/// <param name="claimed">Other weights to claim for C channels: of the stack and of the single layer.</param>
public sealed class StackedConvolutions(Func<long, (long Stack, long Single)>? claimed = null)
    : Experiment(new("stacked-3x3", ExperimentGroup.Arithmetic, "Three 3×3 against one 7×7")
    {
        Claim = "Three stacked 3×3 convolutions see the same 7×7 pixels as one 7×7 convolution, with 27C² weights in place of 49C².",
        Source = "Simonyan and Zisserman, arXiv 1409.1556, section 2.3",
        Runs = "Both as layers with C = 1 … 64 channels: their weights counted, their receptive fields computed from the trace and measured as the pixels that "
        + "have a gradient",
    })
{
    private const int Size = 11;
    private readonly Func<long, (long Stack, long Single)> claimed = claimed ?? (c => (27 * c * c, 49 * c * c));

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        long[] widths = [1, 2, 4, 8, 16, 32, 64];
        var counts = widths.Select(c =>
        {
            using Module<Tensor, Tensor> stack = Stack(c), single = Single(c);
            return (Stack: stack.parameters().Sum(p => p.numel()), Single: single.parameters().Sum(p => p.numel()));
        }).ToArray();
        using Module<Tensor, Tensor> three = Stack(1), seven = Single(1);
        (double byTrace3, double byTrace7) = (Field(three), Field(seven));
        double[][] seen3 = Tensors.Sees(three, 1, Size), seen7 = Tensors.Sees(seven, 1, Size);
        bool fields = byTrace3 == 7 && byTrace7 == 7 && Tensors.Extent(seen3) == 7 && Tensors.Extent(seen7) == 7;
        bool weights = widths.Zip(counts).All(pair => claimed(pair.First) == pair.Second);
        double ratio = (double)counts[^1].Single / counts[^1].Stack;
        return ExperimentResult.Of(fields && weights, new(ratio, "×",
            $"Both see {Tensors.Extent(seen3)}×{Tensors.Extent(seen3)} and {Tensors.Extent(seen7)}×{Tensors.Extent(seen7)} pixels; the single layer has "
            + $"{Number(ratio)} times the weights ({Count(counts[^1].Single)} against {Count(counts[^1].Stack)} at C = 64)."))
            with
        {
            Figures =
            [
                new BarChart("Weights", new("weights", Logarithmic: true), [.. widths.Select(c => $"C = {c}")],
                    [new("three 3×3", [.. counts.Select(c => (double)c.Stack)]), new("one 7×7", [.. counts.Select(c => (double)c.Single)])]),
                new HeatMap("What three 3×3 see", new("column", "pixels"), new("row", "pixels"), seen3) { Unit = "paths from the pixel",
                    Caption = "With every weight 1: the number of ways from a pixel to the output. Those in the middle count most." },
                new HeatMap("What one 7×7 sees", new("column", "pixels"), new("row", "pixels"), seen7) { Unit = "paths from the pixel",
                    Caption = "The same pixels, all alike." },
            ],
        };
    }

    private static double Field(Module<Tensor, Tensor> model) => ModelSummary.Of(model, 1, Size, Size).Layers[^1].ReceptiveField!.Value.Size;

    private static Module<Tensor, Tensor> Stack(long c) => Sequential(
        ("a", Conv2d(c, c, 3, padding: 1, bias: false)), ("b", Conv2d(c, c, 3, padding: 1, bias: false)), ("c", Conv2d(c, c, 3, padding: 1, bias: false)));

    private static Module<Tensor, Tensor> Single(long c) => Sequential(("a", Conv2d(c, c, 7, padding: 3, bias: false)));
}
