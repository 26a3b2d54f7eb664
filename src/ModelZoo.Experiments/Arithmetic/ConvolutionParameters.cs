using ModelZoo.Plots;
using TorchSharp;
using TorchSharp.Modules;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Arithmetic;

/// <summary>The lecture's formula for a convolution's parameters, as it is written.</summary>
/// <param name="formula">Another formula to try in its place: rows, columns, in channels, out channels.</param>
public sealed class ConvolutionParameters(Func<long, long, long, long, long>? formula = null)
    : Experiment(new("conv-parameters", ExperimentGroup.Arithmetic, "Parameters of a convolution")
    {
        Claim = "A convolution with N×M kernels, K input and L output channels has (N·M·L + 1)·K parameters.",
        Source = "The lecture, “parameters of a convolutional layer”, in its own letters",
        Runs = "Conv2d with kernels of 1×1 … 5×5 and 1 … 16 channels in and out: the parameters counted",
    })
{
    private readonly Func<long, long, long, long, long> formula = formula ?? ((n, m, k, l) => ((n * m * l) + 1) * k);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        using DisposeScope scope = NewDisposeScope(); // takes the view of its weight that a new convolution leaves behind
        long[] channels = [1, 2, 3, 6, 16];
        int right = 0, swapped = 0, tried = 0;
        List<string[]> rows = [];
        foreach ((int n, int m) in new[] { (1, 1), (3, 3), (3, 5), (5, 5) })
        {
            foreach (long k in channels)
            {
                foreach (long l in channels)
                {
                    using Conv2d layer = nn.Conv2d(k, l, (n, m));
                    long counted = layer.parameters().Sum(p => p.numel()), said = formula(n, m, k, l), other = ((n * m * k) + 1) * l;
                    (tried, right, swapped) = (tried + 1, right + (counted == said ? 1 : 0), swapped + (counted == other ? 1 : 0));
                    if (n == 5 && ((k, l) is (1, 6) or (6, 16) or (3, 3)))
                    {
                        rows.Add([$"{n}×{m}", $"{k}", $"{l}", Count(said), Count(other), Count(counted)]);
                    }
                }
            }
        }

        return ExperimentResult.Of(right == tried,
            new(100.0 * right / tried, "%",
            $"Right in {right} of {tried} layers. With the letters the other way round, (N·M·in + 1)·out, it is right in {swapped}."))
            with
        {
            Figures = [new TableFigure("Three layers", ["kernel", ">in K", ">out L", ">(N·M·L + 1)·K", ">(N·M·K + 1)·L", ">counted"], rows)],
            Notes = ["Every output channel has one kernel over all input channels, and one bias: the 1 belongs to the outputs."],
        };
    }
}
