using ModelZoo.Inference.Compilation;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>A convolution or linear layer, and what is computed with it, on bytes.</summary>
internal sealed class ByteProductStep : Step
{
    private readonly Func<Tensor?>[] sources;
    private readonly long[] inputShape;
    private readonly bool native;

    /// <param name="source">The step in float32; it is not needed afterwards.</param>
    /// <param name="inputs">x, and what is added, both bytes.</param>
    /// <param name="output">The value that it makes.</param>
    /// <param name="product">What it computes; taken over.</param>
    /// <param name="native">Whether oneDNN computes it.</param>
    public ByteProductStep(Step source, int[] inputs, int output, ByteProduct product, bool native) : base(source.Layers, inputs, output)
    {
        (Product, this.native) = (product, native);
        Kind = $"int8 {source.Kind}";
        sources = [.. source.Sources];
        inputShape = source.Layers[0].InputShapes[0];
    }

    public ByteProduct Product { get; }

    public override string Kind { get; }

    public override int Overwritable => Product.Other is null ? -1 : 1;

    public override IEnumerable<Func<Tensor?>> Sources => sources;

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => Product.Run(x[0], Product.Other is null ? null : x[1], Overwrites, pack);

    public override Tensor? Pack(long batch)
    {
        if (!native)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        return Keep(Product.Pack([batch, .. inputShape[1..]]));
    }

    public override void Dispose()
    {
        Product.Dispose();
        base.Dispose();
    }
}

/// <summary>float32 to bytes.</summary>
internal sealed class QuantizeStep(int input, int output, ByteScale to, bool kernels) : Step([], [input], output)
{
    public ByteScale To { get; } = to;

    public override string Kind => "to bytes";

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => kernels ? ByteKernels.Quantize(x[0], To) : PlainBytes.Quantize(x[0], To);
}

/// <summary>Bytes to float32.</summary>
internal sealed class DequantizeStep(int input, int output, ByteScale from, bool kernels) : Step([], [input], output)
{
    public ByteScale From { get; } = from;

    public override string Kind => "from bytes";

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => kernels ? ByteKernels.Dequantize(x[0], From) : PlainBytes.Dequantize(x[0], From);
}

/// <summary>What hands bytes on: what it makes has the scale of what it takes.</summary>
internal abstract class ByteKeepingStep(Step source, int[] inputs, int output, ByteScale scale) : Step(source.Layers, inputs, output)
{
    /// <summary>What its bytes stand for.</summary>
    public ByteScale Scale { get; } = scale;
}

/// <summary>The largest byte under a window: the order of bytes is that of what they stand for.</summary>
internal sealed class ByteMaxPoolStep(Step source, int input, int output, ByteScale scale, bool kernels) : ByteKeepingStep(source, [input], output, scale)
{
    private readonly MaxPool2d pool = (MaxPool2d)source.Layers[0].Module;

    public override string Kind => "int8 max pooling";

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack)
    {
        if (!kernels)
        {
            using Tensor wide = x[0].to(ScalarType.Float32), most = pool.call(wide);
            return most.to(ScalarType.Byte);
        }

        (long H, long W) kernel = Pair(pool.kernel_size, 1);
        return ByteKernels.MaxPool(x[0], Layers[0].OutputShape[2], Layers[0].OutputShape[3], kernel,
            pool.stride is { Length: > 0 } stride ? Pair(stride, 1) : kernel, Pair(pool.padding, 0));
    }

    private static (long H, long W) Pair(long[]? values, long otherwise) => values is null or [] ? (otherwise, otherwise) : (values[0], values[^1]);
}

/// <summary>The mean of each channel, bytes to float32.</summary>
internal sealed class ByteMeanStep(Step source, int input, int output, ByteScale of, bool kernels) : Step(source.Layers, [input], output)
{
    public ByteScale Of { get; } = of;

    public override string Kind => "int8 mean";

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => kernels ? ByteKernels.Mean(x[0], Of) : PlainBytes.Mean(x[0], Of);
}

/// <summary>Channels side by side, all of one scale.</summary>
internal sealed class ByteConcatStep(Step source, int[] inputs, int output, ByteScale scale, bool kernels) : ByteKeepingStep(source, inputs, output, scale)
{
    public override string Kind => "int8 concatenation";

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => kernels ? ByteKernels.Concat(x) : cat(x.ToArray(), 1);
}

/// <summary>Bytes in another order or shape.</summary>
internal sealed class ByteLayerStep(Step source, int input, int output, ByteScale scale) : ByteKeepingStep(source, [input], output, scale)
{
    private readonly nn.Module<Tensor, Tensor> layer = (nn.Module<Tensor, Tensor>)source.Layers[0].Module;

    public override string Kind => "int8 layer";

    public override IEnumerable<int> Shares => [0];

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack) => layer.call(x[0]);
}

/// <summary>The same as <see cref="ByteKernels"/> by libtorch's plain operators, with the same results.</summary>
internal static class PlainBytes
{
    public static Tensor Quantize(Tensor x, ByteScale to)
    {
        using Tensor steps = x / (float)to.Scale;
        return steps.round_().add_((float)to.Zero).clamp_(0, 255).to(ScalarType.Byte);
    }

    public static Tensor Dequantize(Tensor q, ByteScale from) => q.to(ScalarType.Float32).sub_((float)from.Zero).mul_((float)from.Scale);

    public static Tensor Mean(Tensor q, ByteScale of)
    {
        long pixels = q.shape[2] * q.shape[3];
        using Tensor wide = q.to(ScalarType.Int64), sums = wide.sum([2, 3], keepdim: true);
        return sums.sub_(pixels * of.Zero).to(ScalarType.Float32).mul_((float)(of.Scale / pixels));
    }
}
