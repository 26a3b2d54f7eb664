using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Googlenet;

/// <summary>
/// The naive inception module (Szegedy et al. 2015, figure 2a): 1×1, 3×3, 5×5 and a max pool side by side, straight on the input. The pool passes every channel
/// on, so that the module can only grow. With the widths of module 3a on its 192 channels, 303,464,448 MACs at 28×28 where the reductions need 128,049,152.
/// </summary>
public sealed class NaiveInception : Module<Tensor, Tensor>
{
    private readonly BasicConv2d branch1;
    private readonly BasicConv2d branch2;
    private readonly BasicConv2d branch3;
    private readonly MaxPool2d branch4 = MaxPool2d(3, stride: 1, padding: 1);
    private readonly Concat concat = new();

    /// <param name="inChannels">Input channels.</param>
    /// <param name="one">Channels of the 1×1 convolution.</param>
    /// <param name="three">Channels of the 3×3.</param>
    /// <param name="five">Channels of the 5×5.</param>
    /// <param name="norm">The normalization after each convolution; null for biases instead.</param>
    public NaiveInception(long inChannels, int one, int three, int five, Normalization? norm) : base(nameof(NaiveInception))
    {
        OutChannels = inChannels + one + three + five;
        branch1 = new BasicConv2d(inChannels, one, 1, norm);
        branch2 = new BasicConv2d(inChannels, three, 3, norm);
        branch3 = new BasicConv2d(inChannels, five, 5, norm);
        RegisterComponents();
    }

    /// <summary>Output channels: the convolutions' and the input's own.</summary>
    public long OutChannels { get; }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return concat.call([branch1.call(input), branch2.call(input), branch3.call(input), branch4.call(input)]).MoveToOuterDisposeScope();
    }
}
