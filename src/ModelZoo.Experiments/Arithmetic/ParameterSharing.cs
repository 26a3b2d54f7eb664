using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>The same k weights serve every output of a convolution.</summary>
/// <param name="formula">Another number of weights to claim for k kernel cells.</param>
public sealed class ParameterSharing(Func<long, long>? formula = null) : Experiment(new("parameter-sharing", ExperimentGroup.Arithmetic, "Parameter sharing")
{
    Claim = "A convolution has k weights however large the image is; the same connections without sharing need k·n, a dense layer m·n.",
    Source = "Goodfellow, Bengio and Courville, Deep Learning, section 9.2; the lecture, “parameter sharing”",
    Runs = "Conv2d 3×3 without padding on unit images: the distinct numbers in its matrix, against the entries that are not 0 and against Linear layers",
})
{
    private const int Kernel = 3;
    private readonly Func<long, long> formula = formula ?? (k => k);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        ConvolutionMatrix[] all = [.. new[] { 4, 6, 8, 12, 16, 24 }.Select(size => ConvolutionMatrix.Of(size, Kernel))];
        bool holds = all.All(m => m.Distinct == formula(Kernel * Kernel) && m.LayerWeights == m.Distinct && m.Connections == (long)m.Distinct * m.Outputs);
        double[] inputs = [.. all.Select(m => (double)m.Inputs)];
        ConvolutionMatrix last = all[^1];
        return ExperimentResult.Of(holds, new((double)last.DenseWeights() / last.Distinct, "×",
            $"At 24×24 pixels {last.Distinct} weights in place of {Count(last.Connections)} without sharing and {Count(last.DenseWeights())} in a "
            + "dense layer."))
            with
        {
            Figures = [new LinePlot("Weights", new("inputs m", "pixels", Logarithmic: true), new("weights", Logarithmic: true),
                [new("dense: m·n", inputs, [.. all.Select(m => (double)m.DenseWeights())]),
                    new("local, not shared: k·n", inputs, [.. all.Select(m => (double)m.Connections)]),
                    new("convolution: k", inputs, [.. all.Select(m => (double)m.Distinct)])])],
        };
    }
}
