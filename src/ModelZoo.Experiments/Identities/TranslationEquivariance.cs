using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Identities;

/// <summary>Moving the input moves the output, except where a stride, a pool or the border is in the way.</summary>
/// <param name="layer">Another layer to take for the convolution: image and kernel to a map of the same size.</param>
public sealed class TranslationEquivariance(Func<Tensor, Tensor, Tensor>? layer = null)
    : Experiment(new("translation-equivariance", ExperimentGroup.Identities, "Translation equivariance, and what breaks it")
    {
        Claim = "Moving the input of a convolution moves its output as far; with stride 2 or 2×2 pooling only for even distances, and zero padding "
            + "breaks it at the border.",
        Source = "Goodfellow, Bengio and Courville, Deep Learning, section 9.2; Zhang, arXiv 1904.11486, for stride and pooling",
        Runs = "A 3×3 convolution, the same with stride 2, with 2×2 max pooling, and with an image that fills the frame: outputs of an image moved by 0 … 6 "
        + "columns against the moved output",
    })
{
    private const int Size = 40, Blob = 12, Edge = 12;
    private readonly Func<Tensor, Tensor, Tensor> layer = layer ?? ((x, w) => functional.conv2d(x, w, padding: [1, 1]));

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        int[] shifts = [0, 1, 2, 3, 4, 5, 6];
        Tensor blob = Tensors.Normal(Blob, Blob), w = Tensors.Normal(1, 1, 3, 3), full = Tensors.Normal(1, 1, Size, Size);
        Tensor Moved(int t)
        {
            Tensor canvas = zeros([1, 1, Size, Size], dtype: ScalarType.Float64);
            canvas[0, 0].narrow(0, Edge, Blob).narrow(1, Edge + t, Blob).copy_(blob);
            return canvas;
        }

        Tensor Pool(Tensor x) => functional.max_pool2d(x, [2, 2], [2, 2]);
        double[] plain = [.. shifts.Select(t => Error(layer(Moved(0), w), layer(Moved(t), w), t, 1))];
        double[] strided = [.. shifts.Select(t =>
            Error(functional.conv2d(Moved(0), w, strides: [2, 2], padding: [1, 1]), functional.conv2d(Moved(t), w, strides: [2, 2], padding: [1, 1]), t, 2))];
        double[] pooled = [.. shifts.Select(t => Error(Pool(layer(Moved(0), w)), Pool(layer(Moved(t), w)), t, 2))];
        // Turned round: what leaves on the right comes back on the left, so that only the border differs.
        double[] border = [.. shifts.Select(t => Error(layer(full, w), layer(full.roll(t, 3), w), t, 1))];
        double[] inside = [.. shifts.Select(t =>
            Error(layer(full, w).narrow(3, 1, Size - 2 - 6), layer(full.roll(t, 3), w).narrow(3, 1 + t, Size - 2 - 6), 0, 1))];
        bool Even(double[] errors) => shifts.All(t => t % 2 == 0 ? errors[t] < 1e-12 : errors[t] > 1e-2);
        bool holds = plain.All(e => e < 1e-12) && inside.All(e => e < 1e-12) && Even(strided) && Even(pooled) && border.Skip(1).All(e => e > 1e-2);
        double[] x = [.. shifts.Select(t => (double)t)];
        return ExperimentResult.Of(holds, new(100 * plain.Max(), "% largest error",
            $"Stride 1: {Number(100 * plain.Max())} % at every distance. Moved by one column: stride 2 {Number(100 * strided[1])} %, pooling "
            + $"{Number(100 * pooled[1])} %, zero padding at the border {Number(100 * border[1])} %."))
            with
        {
            Seeds = [context.Seed],
            DataUsed = $"a random {Blob}×{Blob} patch on {Size}×{Size} zeros, and a random {Size}×{Size} image",
            Figures = [new LinePlot("How far the output is from the moved output", new("input moved by", "columns"),
                new("largest error, of the largest output", "%") { From = 0 },
                [new("stride 1", x, Percent(plain)), new("stride 2", x, Percent(strided)), new("max pool 2", x, Percent(pooled)),
                    new("zero padding, border", x, Percent(border))])
            { Caption = "With step 2 an odd distance has no whole number of output columns: the nearer of the two neighbors counts." }],
        };
    }

    private static double[] Percent(double[] shares) => [.. shares.Select(s => 100 * s)];

    /// <summary>
    /// The largest difference between the moved output and the output of the moved input, where nothing leaves the frame; the better of the two whole steps.
    /// </summary>
    private static double Error(Tensor still, Tensor moved, int shift, int step)
    {
        double scale = Tensors.Largest(still);
        return new[] { shift / step, (shift + step - 1) / step }.Distinct()
            .Min(by => Tensors.Difference(still.narrow(3, 0, still.shape[3] - by), moved.narrow(3, by, still.shape[3] - by))) / scale;
    }
}
