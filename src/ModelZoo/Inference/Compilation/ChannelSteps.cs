using ModelZoo.Tracing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>act(a·x + s) per channel: a normalization that no convolution takes in.</summary>
internal sealed class AffineStep : Step
{
    private readonly Backend backend;
    private readonly List<Func<Tensor?>> sources = [];
    private readonly Tensor factor;
    private readonly Tensor shift;
    private readonly PointwiseFunction? function;

    public AffineStep(IReadOnlyList<TraceNode> layers, int[] inputs, int output, Backend backend) : base(layers, inputs, output)
    {
        this.backend = backend;
        function = layers.Count > 1 ? PointwiseFunction.Of(layers[1].Module) : null;
        (Tensor? a, Tensor? s) = FoldedWeight.Affine(layers[0].Module, sources);
        (factor, shift) = (a!, s!);
    }

    public override bool OnTeam => backend.Kernels && (function is null || ReferenceEquals(function, PointwiseFunction.Relu));

    public override string Kind => Join("normalization", function?.Name);

    public override int Overwritable => 0;

    public override IEnumerable<Func<Tensor?>> Sources => sources;

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack)
    {
        if (backend.Kernels)
        {
            Tensor y = Kernels.Affine(x[0], factor, shift, ReferenceEquals(function, PointwiseFunction.Relu), Overwrites);
            return function is null || ReferenceEquals(function, PointwiseFunction.Relu) ? y : function.Apply(y);
        }

        var norm = (BatchNorm)Layers[0].Module;
        Tensor plain = nn.functional.batch_norm(x[0], norm.running_mean!, norm.running_var!, norm.weight, norm.bias, training: false, eps: norm.eps);
        return function?.Apply(plain) ?? plain;
    }

    public override void Dispose()
    {
        factor.Dispose();
        shift.Dispose();
        base.Dispose();
    }
}

/// <summary>An activation by itself.</summary>
internal sealed class FunctionStep(TraceNode layer, int[] inputs, int output) : Step([layer], inputs, output)
{
    private readonly PointwiseFunction function = PointwiseFunction.Of(layer.Module)!;

    public override string Kind => function.Name;

    public override int Overwritable => 0;

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => function.Apply(Overwrites ? x[0] : x[0].clone());
}

/// <summary>act(x + y).</summary>
internal sealed class SumStep(IReadOnlyList<TraceNode> layers, int[] inputs, int output, Backend backend) : Step(layers, inputs, output)
{
    private readonly bool relu = layers.Count > 1;

    public override bool OnTeam => backend.Kernels;

    public override string Kind => Join("sum", relu ? "relu" : null);

    public override int Overwritable => 0;

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack)
    {
        if (backend.Kernels)
        {
            return Kernels.Add(x[0], x[1], relu, Overwrites);
        }

        Tensor sum = Overwrites ? x[0].add_(x[1]) : x[0].add(x[1]);
        return relu ? sum.relu_() : sum;
    }
}

/// <summary>Channels times their gates: [N,C,H,W] · [N,C,1,1].</summary>
internal sealed class GateStep(TraceNode layer, int[] inputs, int output, Backend backend) : Step([layer], inputs, output)
{
    public override bool OnTeam => backend.Kernels;

    public override string Kind => "gate";

    public override int Overwritable => 0;

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) =>
        backend.Kernels ? Kernels.Gate(x[0], x[1], Overwrites) : Overwrites ? x[0].mul_(x[1]) : x[0].mul(x[1]);
}

/// <summary>The largest value under a window, [N,C,H,W] → [N,C,I,J].</summary>
internal sealed class MaxPoolStep(TraceNode layer, int[] inputs, int output) : Step([layer], inputs, output)
{
    private readonly MaxPool2d pool = (MaxPool2d)layer.Module;

    public override bool OnTeam => true;

    public override string Kind => "max pooling";

    /// <summary>Whether the kernel takes a leaf.</summary>
    public static bool Takes(nn.Module leaf) => leaf is MaxPool2d { dilation: null or [1] or [1, 1] };

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => Kernels.MaxPool(x[0], Layers[0].OutputShape[2], Layers[0].OutputShape[3],
        Pair(pool.kernel_size, 1), Pair(pool.stride is { Length: > 0 } stride ? stride : pool.kernel_size, 1), Pair(pool.padding, 0));

    private static (long H, long W) Pair(long[]? values, long otherwise) => values is null or [] ? (otherwise, otherwise) : (values[0], values[^1]);
}

/// <summary>The mean under a window, [N,C,H,W] → [N,C,I,J].</summary>
internal sealed class MeanPoolStep(TraceNode layer, int[] inputs, int output) : Step([layer], inputs, output)
{
    private readonly AvgPool2d pool = (AvgPool2d)layer.Module;

    public override bool OnTeam => true;

    public override string Kind => "mean pooling";

    /// <summary>Whether the kernel takes a leaf: windows that lie on the image.</summary>
    public static bool Takes(nn.Module leaf) => leaf is AvgPool2d { ceil_mode: false, divisor_override: null, padding: null or [0] or [0, 0] };

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack)
    {
        (long, long) kernel = (pool.kernel_size[0], pool.kernel_size[^1]);
        return Kernels.MeanPool(x[0], Layers[0].OutputShape[2], Layers[0].OutputShape[3], kernel, pool.stride is { Length: > 0 } s ? (s[0], s[^1]) : kernel);
    }
}

/// <summary>The mean of each channel, [N,C,H,W] → [N,C,1,1].</summary>
internal sealed class MeanStep(TraceNode layer, int[] inputs, int output) : Step([layer], inputs, output)
{
    public override bool OnTeam => true;

    public override string Kind => "mean";

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => Kernels.Mean(x[0]);
}

/// <summary>
/// Channels side by side. What convolutions wrote into their places already stays (<see cref="Place"/>). Where an earlier concatenation begins with the same
/// tensors, as in DenseNet, the new ones go behind them into the same memory, of which each concatenation is a part.
/// </summary>
internal sealed class ConcatStep(TraceNode layer, int[] inputs, int output, Backend backend) : Step([layer], inputs, output)
{
    private readonly bool[] placed = new bool[inputs.Length];

    /// <summary>The channels of the largest concatenation that begins like this one.</summary>
    public long Capacity { get; set; } = layer.OutputShape[1];

    /// <summary>How many of the tensors are there already: the first input stands for them.</summary>
    public int Present { get; init; }

    /// <summary>The concatenation that it appends to.</summary>
    public ConcatStep? Before { get; init; }

    public override bool OnTeam => backend.Kernels;

    public override string Kind => Join(Present > 0 ? "append" : "concatenation", placed.All(p => p) ? "in place" : null);

    public override IEnumerable<int> Shares => Enumerable.Range(0, Inputs.Length).Where(i => placed[i]);

    /// <summary>The first channel of an input.</summary>
    public long ChannelOf(int input) => input == 0 ? 0 : Layers[0].InputShapes.Take(input + Math.Max(0, Present - 1)).Sum(s => s[1]);

    /// <summary>Says that an input is where it belongs.</summary>
    public void IsPlaced(int input) => placed[input] = true;

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack)
    {
        if (!backend.Kernels)
        {
            return cat(x.ToArray(), 1);
        }

        int there = Array.IndexOf(placed, true);
        Tensor whole = there >= 0 ? Kernels.Widened(x[there], Capacity) : Kernels.Empty(x[0].shape, Capacity);
        for (int first = 0; first < x.Length; first++)
        {
            int last = first;
            while (last < x.Length && !placed[last])
            {
                last++;
            }

            if (last > first)
            {
                Kernels.CopyChannels(x[first..last], whole, ChannelOf(first));
                first = last;
            }
        }

        return whole.narrow(1, 0, Layers[0].OutputShape[1]);
    }
}
