using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Resnet;

/// <summary>
/// y = x · σ(W₂·relu(W₁·mean(x) + b₁) + b₂), the gates [N,C,1,1] (J. Hu, L. Shen, G. Sun, CVPR 2018, section 3); the fully connected layers are 1×1
/// convolutions of the one pixel. [N,C,H,W] → [N,C,H,W].
/// </summary>
internal sealed class SqueezeExcitation : Module<Tensor, Tensor>
{
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Conv2d fc1;
    private readonly ReLU relu = ReLU(inplace: true);
    private readonly Conv2d fc2;
    private readonly Sigmoid sigmoid = Sigmoid();
    private readonly Multiply multiply = new();

    private SqueezeExcitation(int channels, int reduction) : base(nameof(SqueezeExcitation))
    {
        fc1 = Conv2d(channels, channels / reduction, 1);
        fc2 = Conv2d(channels / reduction, channels, 1);
        RegisterComponents();
    }

    /// <summary>For so many channels; null where there is no reduction.</summary>
    internal static SqueezeExcitation? Create(int channels, int reduction) => reduction == 0 ? null : new(channels, reduction);

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor inner = relu.call(fc1.call(avgpool.call(input))); // [N,C/r,1,1]
        Tensor gates = sigmoid.call(fc2.call(inner));            // [N,C,1,1]
        return multiply.call(input, gates).MoveToOuterDisposeScope();
    }
}
