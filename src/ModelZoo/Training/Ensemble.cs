using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Several models as one: the average of their probabilities, as AlexNet's and VGG's results on ImageNet were had. It returns the average's logarithms, which
/// are logits: their softmax is the average. The members become its own.
/// </summary>
public sealed class Ensemble : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006
    private readonly ModuleList<nn.Module<Tensor, Tensor>> members;
#pragma warning restore IDE1006

    /// <param name="members">Models of the same input and classes, at least one.</param>
    public Ensemble(params IReadOnlyList<nn.Module<Tensor, Tensor>> members) : base(nameof(Ensemble))
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentOutOfRangeException.ThrowIfZero(members.Count);
        this.members = new ModuleList<nn.Module<Tensor, Tensor>>([.. members]);
        RegisterComponents();
    }

    /// <summary>[N,…] to the logarithms of the mean probabilities, [N,classes].</summary>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return Combine([.. members.Select(m => m.call(input))]).MoveToOuterDisposeScope();
    }

    /// <summary>The logarithms of the mean of the softmaxes of several logits [N,classes].</summary>
    /// <exception cref="ZooException">They have different shapes.</exception>
    internal static Tensor Combine(IReadOnlyList<Tensor> logits)
    {
        if (logits.Count == 1)
        {
            return logits[0];
        }

        if (logits.Skip(1).FirstOrDefault(l => !l.shape.SequenceEqual(logits[0].shape)) is { } other)
        {
            throw new ZooException($"The models of an ensemble must have the same classes: one returns [{string.Join(",", logits[0].shape)}], another "
                + $"[{string.Join(",", other.shape)}].");
        }

        return stack([.. logits.Select(l => nn.functional.log_softmax(l, 1))]).logsumexp(0).sub_(Math.Log(logits.Count));
    }
}
