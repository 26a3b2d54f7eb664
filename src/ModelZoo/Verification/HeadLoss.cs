using ModelZoo.Data;
using ModelZoo.Reference;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>The loss of one head, on both sides: the cross entropy of logits [N,K] against seeded classes, for anything else the mean squared error against seeded values in [−1, 1).</summary>
internal sealed class HeadLoss
{
    private readonly double weight;
    private readonly int[] classes = [];
    private readonly NdArray? values;

    /// <param name="shape">Of what the head gives.</param>
    /// <param name="weight">The loss is multiplied by it.</param>
    /// <param name="seed">Decides the targets.</param>
    public HeadLoss(long[] shape, double weight, ulong seed)
    {
        this.weight = weight;
        if (shape is [var samples, var classes])
        {
            this.classes = LossCheck.Targets((int)samples, (int)classes, seed);
            return;
        }

        var random = new SeededRandom(seed);
        values = NdArray.Zeros(Array.ConvertAll(shape, size => (int)size)).Map(_ => (2 * random.NextDouble()) - 1);
    }

    /// <summary>A scalar.</summary>
    public Tensor OfTorch(Tensor head) => weight * (values is null
        ? nn.functional.cross_entropy(head, tensor(Array.ConvertAll(classes, c => (long)c)).to(head.device))
        : nn.functional.mse_loss(head, values.ToTensor(head.dtype, head.device)));

    /// <summary>The value and the gradient.</summary>
    public (double Value, NdArray Gradient) OfReference(NdArray head)
    {
        (double value, NdArray gradient) = values is null
            ? (CrossEntropy.Forward(head, classes), CrossEntropy.Backward(head, classes))
            : (MeanSquaredError.Forward(head, values), MeanSquaredError.Backward(head, values));
        return (weight * value, gradient.Map(g => weight * g));
    }
}
