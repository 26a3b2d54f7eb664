using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Googlenet;

/// <summary>
/// A classifier at an inner module, which gives the layers before it a gradient of their own (Szegedy et al. 2015, section 5): a pool to 4×4, 128 1×1
/// convolutions, two linear layers.
/// </summary>
public sealed class AuxiliaryHead : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> pool;
    private readonly BasicConv2d conv;
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc1;
    private readonly ReLU relu = ReLU(inplace: true);
    private readonly Dropout dropout = Dropout(0.7);
    private readonly Linear fc2;

    /// <param name="pool">The pool.</param>
    /// <param name="inChannels">Input channels.</param>
    /// <param name="cells">Rows × columns after the pool.</param>
    /// <param name="classes">Logits.</param>
    /// <param name="norm">The normalization after the convolution; null for biases instead.</param>
    public AuxiliaryHead(Module<Tensor, Tensor> pool, long inChannels, long cells, int classes, Normalization? norm) : base(nameof(AuxiliaryHead))
    {
        this.pool = pool;
        conv = new BasicConv2d(inChannels, 128, 1, norm);
        fc1 = Linear(128 * cells, 1024);
        fc2 = Linear(1024, classes);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = flatten.call(conv.call(pool.call(input)));        // [N,2048]
        x = dropout.call(relu.call(fc1.call(x)));                    // [N,1024]
        return fc2.call(x).MoveToOuterDisposeScope();
    }
}
