using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// Trainable subsampling: the sum over each 2×2 window times one coefficient per map plus one bias per map, [N,C,H,W] → [N,C,H/2,W/2]
/// (LeCun et al. 1998, section II.B, layers S2 and S4; the squashing function is a layer of its own here).
/// </summary>
public sealed class Subsampling : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The names are the checkpoint's keys.
    private readonly Parameter coefficient;
    private readonly Parameter bias;
#pragma warning restore IDE1006

    /// <param name="channels">Maps.</param>
    public Subsampling(long channels) : base(nameof(Subsampling))
    {
        Channels = channels;
        coefficient = ClassicInit.NewParameter(channels);
        bias = ClassicInit.NewParameter(channels);
        ClassicInit.Uniform(coefficient, fanIn: 4);
        ClassicInit.Uniform(bias, fanIn: 4);
        RegisterComponents();
    }

    /// <summary>Rows and columns of a window, and its step.</summary>
    public const int Window = 2;

    /// <summary>Maps.</summary>
    public long Channels { get; }

    /// <summary>One factor per map, [C].</summary>
    public Parameter Coefficient => coefficient;

    /// <summary>One bias per map, [C].</summary>
    public Parameter Bias => bias;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor sums = nn.functional.avg_pool2d(input, Window, stride: Window, divisor_override: 1);
        using Tensor factor = coefficient.view(1, -1, 1, 1);
        using Tensor offset = bias.view(1, -1, 1, 1);
        using Tensor scaled = sums * factor;
        return scaled + offset;
    }
}
