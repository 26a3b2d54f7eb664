using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Identities;

/// <summary>A bias before batch normalization does nothing.</summary>
/// <param name="normalize">Another layer to take for batch normalization: the map, scale and shift.</param>
public sealed class NormalizationBias(Func<Tensor, Tensor, Tensor, Tensor>? normalize = null)
    : Experiment(new("bn-bias", ExperimentGroup.Identities, "Batch normalization makes a bias redundant")
    {
        Claim = "A bias of the convolution before batch normalization changes nothing: the mean that is subtracted holds it, and its gradient is zero.",
        Source = "Ioffe and Szegedy, arXiv 1502.03167, section 3.2",
        Runs = "A 3×3 convolution and batch normalization over the batch, in double, with biases of 0, 1, 10 and 100: outputs and gradients of a random loss",
    })
{
    private const int Out = 6;
    private readonly Func<Tensor, Tensor, Tensor, Tensor> normalize = normalize ?? ((x, scale, shift) =>
        functional.batch_norm(x, zeros([Out], dtype: ScalarType.Float64), ones([Out], dtype: ScalarType.Float64), scale, shift, training: true));

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        Tensor x = Tensors.Normal(8, 3, 10, 10), weight = Tensors.Normal(Out, 3, 3, 3).requires_grad_(), direction = Tensors.Normal(Out),
            weighting = Tensors.Normal(8, Out, 8, 8);
        Tensor scale = Tensors.Normal(Out).requires_grad_(), shift = Tensors.Normal(Out).requires_grad_();
        double[] sizes = [0, 1, 10, 100];
        Tensor? without = null;
        List<double> differences = [], biasGradients = [];
        foreach (double size in sizes)
        {
            Tensor bias = direction.mul(size).requires_grad_();
            Tensor y = normalize(functional.conv2d(x, weight, bias), scale, shift);
            without ??= y.detach();
            y.mul(weighting).sum().backward();
            differences.Add(Tensors.Difference(y, without));
            biasGradients.Add(Tensors.Largest(bias.grad!));
        }

        (double weights, double shifts) = (Tensors.Largest(weight.grad!) / sizes.Length, Tensors.Largest(shift.grad!) / sizes.Length);
        return ExperimentResult.Of(differences.Max() < 1e-9
            && biasGradients.Max() < 1e-9 * weights,
            new(differences.Max(), "largest difference",
            $"A bias of size 100 changes the output by {Number(differences[^1])} at most; its largest gradient is {Number(biasGradients[0])}, the weights' "
            + $"{Number(weights)}."))
            with
        {
            Seeds = [context.Seed],
            DataUsed = "random images, [8,3,10,10]",
            Figures = [new BarChart("Largest gradient of each parameter", new("gradient", Logarithmic: true),
                ["convolution: weights", "convolution: bias", "BN: scale", "BN: shift"],
                [new("", [weights, biasGradients.Max(), Tensors.Largest(scale.grad!) / sizes.Length,
                    shifts])]) { Caption = "What is left of the bias' gradient is rounding." }],
            Notes = ["The shift β of the normalization does what the bias would do. In evaluation a bias is not lost: it stands in the running mean, unless it "
                + "changes after training."],
        };
    }
}
