using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Googlenet;

/// <summary>
/// The inception module with dimension reductions (Szegedy et al. 2015, figure 2b): 1×1, 3×3, 5×5 and a pool side by side, with 1×1 convolutions before the
/// large kernels and after the pool. Its outputs are joined along the channels; rows and columns stay.
/// </summary>
public sealed class Inception : Module<Tensor, Tensor>
{
    private readonly BasicConv2d branch1;
    private readonly Sequential branch2;
    private readonly Sequential branch3;
    private readonly Sequential branch4;
    private readonly Concat concat = new();

    /// <param name="inChannels">Input channels.</param>
    /// <param name="one">Channels of the 1×1 convolution.</param>
    /// <param name="threeReduce">Channels of the 1×1 before the 3×3.</param>
    /// <param name="three">Channels of the 3×3.</param>
    /// <param name="fiveReduce">Channels of the 1×1 before the 5×5.</param>
    /// <param name="five">Channels of the 5×5.</param>
    /// <param name="poolProjection">Channels of the 1×1 after the pool.</param>
    /// <param name="wideKernel">Rows and columns of the third branch's kernel: 5 in the paper, 3 in torchvision.</param>
    /// <param name="norm">The normalization after each convolution; null for biases instead.</param>
    public Inception(long inChannels, int one, int threeReduce, int three, int fiveReduce, int five, int poolProjection, int wideKernel, Normalization? norm)
        : base(nameof(Inception))
    {
        branch1 = new BasicConv2d(inChannels, one, 1, norm);
        branch2 = Sequential(new BasicConv2d(inChannels, threeReduce, 1, norm), new BasicConv2d(threeReduce, three, 3, norm));
        branch3 = Sequential(new BasicConv2d(inChannels, fiveReduce, 1, norm), new BasicConv2d(fiveReduce, five, wideKernel, norm));
        branch4 = Sequential(MaxPool2d(3, stride: 1, padding: 1, ceil_mode: true), new BasicConv2d(inChannels, poolProjection, 1, norm));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return concat.call([branch1.call(input), branch2.call(input), branch3.call(input), branch4.call(input)]).MoveToOuterDisposeScope();
    }
}
