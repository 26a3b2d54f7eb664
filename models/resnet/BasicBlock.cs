using ModelZoo.Layers;
using TorchSharp.Modules;
using static ModelZoo.Models.Resnet.Convolutions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Resnet;

/// <summary>
/// The block of two 3×3 convolutions, for ImageNet and for CIFAR: y = relu(se(F(x)) + shortcut(x)), F = 3×3, 3×3, or without a shortcut y = relu(F(x));
/// [N,in,H,W] → [N,planes,⌈H/stride⌉,⌈W/stride⌉].
/// </summary>
internal sealed class BasicBlock : Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly ReLU relu1 = ReLU(inplace: true);
    private readonly Conv2d conv2;
    private readonly Module<Tensor, Tensor> bn2;
    private readonly SqueezeExcitation? se;
    private readonly Module<Tensor, Tensor>? downsample;
    private readonly Add? add;
    private readonly ReLU relu2 = ReLU(inplace: true);

    /// <param name="inputs">Channels of x.</param>
    /// <param name="planes">Channels of y.</param>
    /// <param name="stride">Of the first convolution and of the shortcut.</param>
    /// <param name="norm">The normalization after each convolution.</param>
    /// <param name="shortcut">Makes what x meets on its way past the block, null for the identity; runs after the convolutions drew weights.</param>
    /// <param name="residual">Whether there is a shortcut at all.</param>
    /// <param name="reduction">r of squeeze and excitation; 0: none.</param>
    internal BasicBlock(int inputs, int planes, int stride, Normalization norm, Func<Module<Tensor, Tensor>?> shortcut, bool residual = true, int reduction = 0)
        : base(nameof(BasicBlock))
    {
        conv1 = Conv3x3(inputs, planes, stride);
        bn1 = norm.Create(planes);
        conv2 = Conv3x3(planes, planes);
        bn2 = norm.Create(planes);
        se = SqueezeExcitation.Create(planes, reduction);
        downsample = shortcut();
        add = residual ? new Add() : null;
        RegisterComponents();
    }

    /// <summary>A block of the networks for ImageNet, whose projection draws its weights before the convolutions do.</summary>
    internal static BasicBlock Of(int inputs, int planes, int stride, ResNetVariant variant, Normalization norm)
    {
        Sequential? projection = Projection(inputs, planes, stride, norm);
        return new BasicBlock(inputs, planes, stride, norm, () => projection, reduction: variant.Reduction);
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = relu1.call(bn1.call(conv1.call(input)));
        x = bn2.call(conv2.call(x));
        x = se?.call(x) ?? x;
        x = add is null ? x : add.call(x, downsample?.call(input) ?? input);
        return relu2.call(x).MoveToOuterDisposeScope();
    }
}
