using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// y = A·tanh(S·x) with A = 1.7159 and S = 2/3, so that f(±1) = ±1: the squashing function of LeNet-5
/// (LeCun, Bottou, Bengio, Haffner 1998, eq. 6 and appendix A). Any shape.
/// </summary>
public sealed class ScaledTanh() : nn.Module<Tensor, Tensor>(nameof(ScaledTanh))
{
    /// <summary>A.</summary>
    public const double Amplitude = 1.7159;

    /// <summary>S.</summary>
    public const double Slope = 2.0 / 3.0;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor scaled = input * Slope;
        using Tensor squashed = scaled.tanh();
        return squashed * Amplitude;
    }
}
