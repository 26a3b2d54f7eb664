using ModelZoo.Analysis;
using ModelZoo.Plots;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>Holes in a kernel widen what it sees.</summary>
/// <param name="formula">Another side to claim: kernel, dilation → pixels.</param>
public sealed class DilatedField(Func<int, int, int>? formula = null)
    : Experiment(new("dilated-field", ExperimentGroup.Arithmetic, "Receptive field of dilated convolutions")
    {
        Claim = "A 3×3 kernel with dilation d sees (2d + 1)×(2d + 1) pixels with its 9 weights (5×5 at d = 2); layers with d = 1, 2, 4 … see 3, 7, 15 …, "
            + "doubling with each.",
        Source = "Yu and Koltun, arXiv 1511.07122, section 2; the lecture, “dilated convolutions”",
        Runs = "Single layers with d = 1 … 5 and stacks of up to five: fields from the trace, and measured as the pixels that have a gradient",
    })
{
    private readonly Func<int, int, int> formula = formula ?? ((k, d) => (d * (k - 1)) + 1);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        int[] dilations = [1, 2, 3, 4, 5], depths = [1, 2, 3, 4, 5];
        var single = dilations.Select(d => Measure(Stack([d]))).ToArray();
        var dilated = depths.Select(n => Measure(Stack([.. Enumerable.Range(0, n).Select(i => 1 << i)]))).ToArray();
        var plain = depths.Select(n => Measure(Stack([.. Enumerable.Repeat(1, n)]))).ToArray();
        bool holds = dilations.Select((d, i) => single[i].Traced == formula(3, d) && single[i].Measured == formula(3, d) && single[i].Weights == 9)
            .All(ok => ok)
            && depths.Select((n, i) =>
                dilated[i].Measured == (1 << (n + 1)) - 1 && dilated[i].Traced == dilated[i].Measured && plain[i].Measured == (2 * n) + 1)
                .All(ok => ok);
        using Module<Tensor, Tensor> two = Stack([2]);
        return ExperimentResult.Of(holds, new(single[1].Measured, "pixels",
            $"d = 2 sees {single[1].Measured}×{single[1].Measured} with {single[1].Weights} weights; five layers with d = 1 … 16 see "
            + $"{dilated[^1].Measured}×{dilated[^1].Measured}, five without dilation {plain[^1].Measured}×{plain[^1].Measured}."))
            with
        {
            Figures =
            [
                new LinePlot("What a stack sees", new("layers") { Ticks = [1, 2, 3, 4, 5] }, new("side of the receptive field", "pixels") { From = 0 },
                    [new("d = 1, 2, 4 …", [.. depths.Select(d => (double)d)], [.. dilated.Select(m => (double)m.Measured)]),
                        new("d = 1", [.. depths.Select(d => (double)d)], [.. plain.Select(m => (double)m.Measured)])]),
                new HeatMap("Pixels that one output sees at d = 2", new("column", "pixels"), new("row", "pixels"),
                    Tensors.Sees(two, 1, 9)) { Unit = "weights on the pixel", Numbers = false, Caption = "Nine pixels, with holes between them." },
            ],
        };
    }

    private static Module<Tensor, Tensor> Stack(int[] dilations) =>
        Sequential([.. dilations.Select((d, i) => ($"conv{i}", (Module<Tensor, Tensor>)Conv2d(1, 1, 3, padding: d, dilation: d, bias: false)))]);

    private static (int Traced, int Measured, long Weights) Measure(Module<Tensor, Tensor> model)
    {
        using (model)
        {
            int size = 71;
            return ((int)ModelSummary.Of(model, 1, size, size).Layers[^1].ReceptiveField!.Value.Size, Tensors.Extent(Tensors.Sees(model, 1, size)),
                model.parameters().Sum(p => p.numel()));
        }
    }
}
