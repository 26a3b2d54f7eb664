using ModelZoo.Training.Precision;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>A convolution with its own weights, channels last, into which a batch normalisation in eval mode may be folded: w·γ/σ and (b − μ)·γ/σ + β.</summary>
internal sealed class ConvolutionStep(Conv2d layer, int[] inputs, int output, ScalarType type) : TrunkStep(inputs, output)
{
    private Tensor weight = Copy(layer.weight);
    private Tensor? bias = layer.bias is { } own ? Copy(own) : null;

    public override bool MakesFresh => true;

    public bool Folded { get; private set; }

    /// <summary>Whether a leaf is a convolution of the plain kind: zeros around the image, as many on both sides.</summary>
    public static bool Takes(nn.Module leaf) => leaf is Conv2d { padding_mode: PaddingModes.Zeros, padding: not null };

    /// <summary>Takes a batch normalisation in, if it has running statistics.</summary>
    public bool TryFold(BatchNorm2d norm)
    {
        if (norm.running_mean is not { } mean || norm.running_var is not { } variance)
        {
            return false;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor factor = (variance + norm.eps).rsqrt();
        factor = norm.weight is { } gamma ? factor * gamma.detach() : factor;
        Tensor shift = ((bias is null ? zeros_like(mean) : bias) - mean) * factor;
        shift = norm.bias is { } beta ? shift + beta.detach() : shift;
        (Tensor oldWeight, Tensor? oldBias) = (weight, bias);
        weight = (weight * factor.reshape(-1, 1, 1, 1)).DetachFromDisposeScope();
        bias = shift.DetachFromDisposeScope();
        oldWeight.Dispose();
        oldBias?.Dispose();
        return Folded = true;
    }

    public override void Finish()
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor oldWeight, Tensor? oldBias) = (weight, bias);
        weight = ChannelsLast.Of(weight.to(type)).DetachFromDisposeScope();
        bias = bias?.to(type, copy: true).DetachFromDisposeScope();
        oldWeight.Dispose();
        oldBias?.Dispose();
    }

    public override Tensor Run(Tensor[] x) => nn.functional.conv2d(x[0], weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups);

    public override void Dispose()
    {
        weight.Dispose();
        bias?.Dispose();
        base.Dispose();
    }
}
