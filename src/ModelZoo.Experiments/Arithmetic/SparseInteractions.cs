using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>Each output of a convolution takes k inputs, each output of a dense layer all.</summary>
/// <param name="formula">Another number of connections to claim: inputs, outputs, kernel cells.</param>
public sealed class SparseInteractions(Func<long, long, long, long>? formula = null)
    : Experiment(new("sparse-interactions", ExperimentGroup.Arithmetic, "Sparse interactions")
    {
        Claim = "Between m inputs and n outputs a dense layer computes m·n products; a convolution with k kernel cells computes k·n.",
        Source = "Goodfellow, Bengio and Courville, Deep Learning, section 9.2; the lecture, “sparse interactions”",
        Runs = "Conv2d 3×3 without padding on unit images of 4×4 … 24×24 pixels: the entries of its matrix that are not 0; Linear layers of the same sizes",
    })
{
    private const int Kernel = 3;
    private readonly Func<long, long, long, long> formula = formula ?? ((_, n, k) => k * n);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        ConvolutionMatrix[] all = [.. context.Choose<int[]>([4, 6, 8, 12, 16, 24], [4, 6, 8, 12, 16, 24, 32, 48])
            .Select(size => ConvolutionMatrix.Of(size, Kernel))];
        long[] dense = [.. all.Select(m => m.DenseWeights())];
        bool holds = all.Select((m, i) => m.Connections == formula(m.Inputs, m.Outputs, Kernel * Kernel) && dense[i] == (long)m.Inputs * m.Outputs)
            .All(ok => ok);
        ConvolutionMatrix last = all[^1];
        double ratio = (double)dense[^1] / last.Connections;
        return ExperimentResult.Of(holds, new(ratio, "×",
            $"From {Count(last.Inputs)} to {Count(last.Outputs)} values: {Count(dense[^1])} products in the dense layer, {Count(last.Connections)} in the "
            + $"convolution, {Number(ratio)} times fewer."))
            with
        {
            Figures = [new LinePlot("Products between m inputs and n outputs", new("inputs m", "pixels", Logarithmic: true), new("products", Logarithmic: true),
                [new("dense: m·n", [.. all.Select(m => (double)m.Inputs)], [.. dense.Select(d => (double)d)]),
                    new("convolution: k·n", [.. all.Select(m => (double)m.Inputs)], [.. all.Select(m => (double)m.Connections)])])],
        };
    }
}
