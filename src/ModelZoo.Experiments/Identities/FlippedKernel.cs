using ModelZoo.Plots;
using ModelZoo.Reference;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Identities;

/// <summary>What networks call convolution slides the kernel as it is.</summary>
/// <param name="flip">Another change of the kernel.</param>
public sealed class FlippedKernel(Func<Tensor, Tensor>? flip = null)
    : Experiment(new("flipped-kernel", ExperimentGroup.Identities, "Convolution is correlation with the kernel turned")
    {
        Claim = "The convolution of mathematics, (x ∗ w)(i,j) = Σ x(m,n)·w(i − m, j − n), is the layer's cross-correlation with the kernel turned by 180°.",
        Source = "Goodfellow, Bengio and Courville, Deep Learning, section 9.1; the lecture, “convolution and cross-correlation”",
        Runs = "The sum as loops over random images in double, against conv2d with the kernel turned and as it is",
    })
{
    private readonly Func<Tensor, Tensor> flip = flip ?? (w => w.flip(2, 3));

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        const int Size = 7, Kernel = 3;
        double turned = 0, asIs = double.PositiveInfinity, commuted = 0;
        for (int trial = 0; trial < 8; trial++)
        {
            Tensor x = Tensors.Normal(1, 1, Size, Size), w = Tensors.Normal(1, 1, Kernel, Kernel);
            double[] sum = FromDefinition(Tensors.Values(x), Size, Tensors.Values(w), Kernel);
            turned = Math.Max(turned, Largest(sum, functional.conv2d(x, flip(w), padding: [Kernel - 1, Kernel - 1])));
            asIs = Math.Min(asIs, Largest(sum, functional.conv2d(x, w, padding: [Kernel - 1, Kernel - 1])));
            commuted = Math.Max(commuted, sum.Zip(FromDefinition(Tensors.Values(w), Kernel, Tensors.Values(x), Size), (a, b) => Math.Abs(a - b)).Max());
        }

        var reference = new NdArray([.. Enumerable.Range(1, 9).Select(v => (double)v)], 1, 1, 3, 3);
        double[][] kernel = Tensors.Rows(reference.Data, 3), after = Tensors.Rows(TrueConvolution.Flip(reference).Data, 3);
        return ExperimentResult.Of(turned < 1e-12
            && asIs > 1e-3, new(turned, "largest difference",
            $"With the kernel turned the largest difference to the sum is {Number(turned)}; with the kernel as it is, at least {Number(asIs)}."))
            with
        {
            Seeds = [context.Seed],
            DataUsed = "8 random images of 7×7 and kernels of 3×3",
            Figures = [new HeatMap("A kernel", new("column"), new("row"), kernel), new HeatMap("Turned by 180°", new("column"), new("row"), after)],
            Notes = [$"The mathematical one commutes, x ∗ w = w ∗ x (largest difference {Number(commuted)}). A network learns its kernels, so it makes no "
                + "difference to it which of the two it computes; hand-made kernels such as Sobel's change their sign."],
        };
    }

    private static double Largest(double[] sum, Tensor layer) => sum.Zip(Tensors.Values(layer), (a, b) => Math.Abs(a - b)).Max();

    /// <summary>The sum over all m, n; rows and columns of the result: size + kernel − 1.</summary>
    private static double[] FromDefinition(double[] x, int size, double[] w, int kernel)
    {
        int side = size + kernel - 1;
        var y = new double[side * side];
        for (int i = 0; i < side; i++)
        {
            for (int j = 0; j < side; j++)
            {
                for (int m = Math.Max(0, i - kernel + 1); m <= Math.Min(i, size - 1); m++)
                {
                    for (int n = Math.Max(0, j - kernel + 1); n <= Math.Min(j, size - 1); n++)
                    {
                        y[(i * side) + j] += x[(m * size) + n] * w[((i - m) * kernel) + j - n];
                    }
                }
            }
        }

        return y;
    }
}
