using ModelZoo.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>A small residual network with every join: a branch, Add, Concat and a 1×1 shortcut; [N,3,9,9] → [N,4].</summary>
internal sealed class Branchy : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d conv1 = nn.Conv2d(3, 6, 3, stride: 2, padding: 1, bias: false);
    private readonly BatchNorm2d bn1 = nn.BatchNorm2d(6);
    private readonly ReLU relu = nn.ReLU(inplace: true);
    private readonly Conv2d left = nn.Conv2d(6, 6, 3, padding: 1, groups: 2);
    private readonly Conv2d right = nn.Conv2d(6, 6, 1);
    private readonly Add add = new();
    private readonly Concat concat = new();
    private readonly AdaptiveAvgPool2d pool = nn.AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = nn.Flatten();
    private readonly Dropout dropout = nn.Dropout(0.5);
    private readonly Linear fc = nn.Linear(12, 4);
    private readonly Wiring wiring;

    public Branchy(Wiring wiring = Wiring.Right) : base(nameof(Branchy))
    {
        this.wiring = wiring;
        RegisterComponents();
    }

    /// <summary>How the forward goes.</summary>
    public enum Wiring
    {
        /// <summary>As it should.</summary>
        Right,

        /// <summary>No rectifier after bn1.</summary>
        WithoutRelu,

        /// <summary>The rectifier before bn1 instead of after.</summary>
        SwappedLayers,

        /// <summary>The branches join in the other order.</summary>
        SwappedBranches,

        /// <summary>The shortcut adds conv1's output instead of the rectified one.</summary>
        WrongShortcut,

        /// <summary>The sum is doubled by a function.</summary>
        HiddenFunction,

        /// <summary>The last output goes through a function.</summary>
        HiddenFunctionAtTheEnd,
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor first = conv1.call(input); // [N,6,5,5]
        Tensor x = wiring switch
        {
            Wiring.WithoutRelu => bn1.call(first),
            Wiring.SwappedLayers => bn1.call(relu.call(first)),
            _ => relu.call(bn1.call(first)),
        };
        Tensor sum = add.call(left.call(x), wiring == Wiring.WrongShortcut ? first : x);
        sum = wiring == Wiring.HiddenFunction ? sum * 2 : sum;
        Tensor side = right.call(x);
        Tensor joined = concat.call(wiring == Wiring.SwappedBranches ? [side, sum] : [sum, side]); // [N,12,5,5]
        Tensor y = fc.call(dropout.call(flatten.call(pool.call(joined))));
        y = wiring == Wiring.HiddenFunctionAtTheEnd ? y.tanh() : y;
        return y.MoveToOuterDisposeScope();
    }
}

/// <summary>Max pooling and its undoing; a fault may be planted in the places.</summary>
internal sealed class PoolAndUnpool : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, (Tensor Values, Tensor Indices)> pool;
    private readonly MaxUnpool unpool = new(2);

    public PoolAndUnpool(bool shifted = false) : base(nameof(PoolAndUnpool))
    {
        pool = shifted ? new ShiftedPool() : new MaxPoolWithIndices(2);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor values, Tensor places) = pool.call(input);
        return unpool.call(values, places).MoveToOuterDisposeScope();
    }
}

/// <summary>A pooling whose places are those of the mirrored plane.</summary>
internal sealed class ShiftedPool() : nn.Module<Tensor, (Tensor Values, Tensor Indices)>(nameof(ShiftedPool))
{
    public override (Tensor Values, Tensor Indices) forward(Tensor input)
    {
        (Tensor values, Tensor indices) = nn.functional.max_pool2d_with_indices(input, [2, 2], [2, 2]);
        return (values, (input.shape[2] * input.shape[3]) - 1 - indices);
    }
}

/// <summary>A model that goes on with the maxima, or by mistake with their places.</summary>
internal sealed class TwoOutputs : nn.Module<Tensor, Tensor>
{
    private readonly MaxPoolWithIndices pool = new(2);
    private readonly Cast cast = new();
    private readonly bool swapped;

    public TwoOutputs(bool swapped) : base(nameof(TwoOutputs))
    {
        this.swapped = swapped;
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor values, Tensor places) = pool.call(input);
        return cast.call(swapped ? places : values).MoveToOuterDisposeScope();
    }
}

/// <summary>To float32.</summary>
internal sealed class Cast() : nn.Module<Tensor, Tensor>(nameof(Cast))
{
    public override Tensor forward(Tensor input) => input.to_type(ScalarType.Float32).alias();
}

/// <summary>A leaf made of a function.</summary>
internal sealed class Leaf(Func<Tensor, Tensor> function) : nn.Module<Tensor, Tensor>(nameof(Leaf))
{
    public override Tensor forward(Tensor input) => function(input);
}
