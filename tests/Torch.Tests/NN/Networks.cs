using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Torch.Tests.NN;

/// <summary>LeNet-5 as a user writes it: fields with PyTorch's names.</summary>
internal sealed class LeNet : Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Linear fc1;
    private readonly Linear fc2;
    private readonly Linear fc3;
    private readonly Module<Tensor, Tensor> pool = MaxPool2d(2);
    private readonly Module<Tensor, Tensor> relu = ReLU();
    private readonly Module<Tensor, Tensor> flatten = Flatten();

    internal LeNet() : base(nameof(LeNet))
    {
        conv1 = Conv2d(1, 6, 5, padding: 2);
        conv2 = Conv2d(6, 16, 5);
        fc1 = Linear(400, 120);
        fc2 = Linear(120, 84);
        fc3 = Linear(84, 10);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = pool.call(relu.call(conv1.call(input)));
        x = pool.call(relu.call(conv2.call(x)));
        x = relu.call(fc1.call(flatten.call(x)));
        return fc3.call(relu.call(fc2.call(x))).MoveToOuterDisposeScope();
    }
}

/// <summary>Parameters and buffers of its own beside children: conv, norm, and a scale.</summary>
internal sealed class Block : Module<Tensor, Tensor>
{
    private readonly Tensor offset = zeros(4);
    private readonly Conv2d conv = Conv2d(3, 4, 3, padding: 1, bias: false);
    private readonly BatchNorm2d norm = BatchNorm2d(4);
    private readonly Parameter scale = Parameter(ones(4, 1, 1));
    private readonly Sequential tail = Sequential(("act", ReLU()), ("mix", Conv2d(4, 2, 1)));

    internal Block() : base(nameof(Block)) => RegisterComponents();

    internal Parameter Scale => scale;

    internal Tensor Offset => offset;

    internal Conv2d Conv => conv;

    internal BatchNorm2d Norm => norm;

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = norm.call(conv.call(input)) * scale + offset.reshape(4, 1, 1);
        return tail.call(x).MoveToOuterDisposeScope();
    }
}
