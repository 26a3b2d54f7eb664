using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Googlenet;

/// <summary>A convolution that keeps the size at stride 1, a normalization in place of a bias (or a bias), a rectifier.</summary>
public sealed class BasicConv2d : Module<Tensor, Tensor>
{
    private readonly Conv2d conv;
    private readonly Module<Tensor, Tensor>? bn;
    private readonly ReLU relu = ReLU(inplace: true);

    /// <param name="inChannels">Input channels.</param>
    /// <param name="outChannels">Output channels.</param>
    /// <param name="kernel">Rows and columns of the kernel; odd.</param>
    /// <param name="norm">The normalization; null for a convolution with biases, as in the paper.</param>
    /// <param name="stride">Stride.</param>
    public BasicConv2d(long inChannels, long outChannels, int kernel, Normalization? norm, int stride = 1) : base(nameof(BasicConv2d))
    {
        conv = Conv2d(inChannels, outChannels, kernel, stride: stride, padding: kernel / 2, bias: norm is null);
        bn = norm?.Create(outChannels, eps: 1e-3); // TensorFlow's
        RegisterComponents();
        if (norm is null)
        {
            WeightInit.KaimingNormalFanIn(conv); // The paper names no initialization; without normalization 22 layers need this one.
            WeightInit.Constant(conv.bias, 0);
        }
        else
        {
            WeightInit.Normal(conv.weight, 0.01); // torchvision's, which cuts off at ±2: never
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = conv.call(input);
        x = bn is null ? x : bn.call(x);
        return relu.call(x).MoveToOuterDisposeScope();
    }
}
