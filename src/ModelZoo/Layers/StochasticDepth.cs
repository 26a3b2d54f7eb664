using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// Drops a residual branch for whole images: in training each row of [N,…] becomes zero with the given probability and is otherwise divided by the probability of staying, so that
/// its expectation is kept; in evaluation nothing happens (Huang et al., "Deep networks with stochastic depth", ECCV 2016; torchvision's mode "row").
/// </summary>
public sealed class StochasticDepth : nn.Module<Tensor, Tensor>
{
    /// <param name="probability">That an image's branch is dropped, 0 … 1.</param>
    /// <exception cref="ZooException">It is no probability.</exception>
    public StochasticDepth(double probability) : base(nameof(StochasticDepth)) =>
        Probability = probability is >= 0 and <= 1 ? probability : throw new ZooException(FormattableString.Invariant($"Stochastic depth takes a probability from 0 to 1, not {probability}."));

    /// <summary>That an image's branch is dropped.</summary>
    public double Probability { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (!training || Probability == 0)
        {
            return input.alias();
        }

        using var scope = NewDisposeScope();
        long[] shape = input.shape;
        shape.AsSpan(1).Fill(1);
        double staying = 1 - Probability;
        Tensor mask = empty(shape, input.dtype, input.device).bernoulli_(staying); // [N,1,…]
        return input.mul(staying > 0 ? mask.div_(staying) : mask).MoveToOuterDisposeScope();
    }
}
