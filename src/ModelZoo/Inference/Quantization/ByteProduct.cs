using ModelZoo.Inference.Compilation;
using ModelZoo.Training.Precision;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>
/// A convolution or a matrix product of bytes: q(x) and int8 weights w with a scale for each output channel, summed in int32 as Σ (q(x) − zero)·w, then in
/// float32 act(sum · (scale of x · scale of w) + bias [+ other]) / scale of y, rounded to even, plus the zero of y.
/// </summary>
/// <remarks>
/// oneDNN computes it, or libtorch's plain operators do the same arithmetic: sums of integers are exact either way, and what follows is the same float32
/// operations in the same order, so that results are equal. SiLU and hard swish are approximated by oneDNN and may differ by a step.
/// </remarks>
internal sealed class ByteProduct : IDisposable
{
    /// <summary>The largest weight: −128 stays unused, so that weights are symmetric.</summary>
    public const int MostWeight = 127;

    private const double ExactSums = 1 << 24; // float32 counts so far
    private const int Half = 16; // a weight is 16·high + low

    private readonly NativeOperators.Given given;
    private readonly NativeOperators.Given scales;
    private Tensor? high; // of the plain operators, made when they are first used
    private Tensor? low;
    private Tensor? factors;

    /// <param name="weight">int8, [K,C/groups,R,S] or [out,in]; taken over.</param>
    /// <param name="weightScales">[K], float32; taken over.</param>
    /// <param name="bias">[K], float32; taken over.</param>
    /// <param name="input">What x's bytes stand for.</param>
    public ByteProduct(Tensor weight, Tensor weightScales, Tensor bias, ByteScale input)
    {
        (Weight, Bias, Input) = (weight, bias, input);
        given = new(Kept(tensor(new[] { (float)input.Scale })), Kept(tensor(new[] { (int)input.Zero })));
        scales = new(weightScales, Kept(zeros([weight.shape[0]], ScalarType.Int32)));
    }

    /// <summary>int8.</summary>
    public Tensor Weight { get; }

    /// <summary>A scale for each output channel.</summary>
    public Tensor Scales => scales.Scale;

    /// <summary>What is added per channel.</summary>
    public Tensor Bias { get; }

    /// <summary>What x's bytes stand for. Tests plant faults by it.</summary>
    public ByteScale Input { get; init; }

    /// <summary>What y's bytes stand for; null where y is float32.</summary>
    public ByteScale? Output { get; init; }

    /// <summary>What the bytes that are added stand for; null for no sum.</summary>
    public ByteScale? Other { get; init; }

    /// <summary>Of a convolution.</summary>
    public Window? Window { get; init; }

    /// <summary>The activation; null for none.</summary>
    public PointwiseFunction? Function { get; init; }

    /// <summary>Whether oneDNN's operators take an activation.</summary>
    public static bool Takes(PointwiseFunction? function, bool linear, bool sum) => function is null || ReferenceEquals(function, PointwiseFunction.Relu)
        || (!linear && !sum && function.Name is "hardtanh" or "swish" or "hardswish");

    /// <summary>int8 weights round(w / scale), in the caller's scope.</summary>
    /// <param name="weight">[K,…], float32.</param>
    /// <param name="weightScales">[K].</param>
    public static Tensor Rounded(Tensor weight, Tensor weightScales)
    {
        long[] shape = weight.shape;
        shape.AsSpan(1).Fill(1);
        return (weight / weightScales.reshape(shape)).round().clamp(-MostWeight, MostWeight).to(ScalarType.Int8);
    }

    /// <summary>The weight laid out for inputs of one shape; the caller's.</summary>
    public Tensor Pack(long[] inputShape) => Window is { } window
        ? NativeOperators.PackQuantizedConvolution(Weight, Scales, Input, window, inputShape)
        : NativeOperators.PackQuantizedLinear(Weight, inputShape);

    /// <summary>Computes it.</summary>
    /// <param name="x">uint8, channels last.</param>
    /// <param name="other">What is added; null for none.</param>
    /// <param name="inPlace">Whether the sum goes into <paramref name="other"/>.</param>
    /// <param name="pack">What <see cref="Pack"/> gave; null to compute by plain operators.</param>
    public Tensor Run(Tensor x, Tensor? other, bool inPlace, Tensor? pack)
    {
        if (pack is null)
        {
            return Plain(x, other);
        }

        if (Window is not { } window)
        {
            return NativeOperators.QuantizedLinear(x.contiguous(), given, pack, scales, Bias, Output, Function is not null);
        }

        Tensor laid = ChannelsLast.Of(x);
        return Other is { } before
            ? NativeOperators.QuantizedConvolutionAdd(inPlace ? other! : other!.clone(), before, laid, given, pack, scales, Bias, window, Output!.Value,
                Function is not null)
            : NativeOperators.QuantizedConvolution(laid, given, pack, scales, Bias, window, Output, Function);
    }

    /// <summary>The same by plain operators; in the caller's scope.</summary>
    public Tensor Plain(Tensor x, Tensor? other)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor sums = Sums(x).to(ScalarType.Float32);
        factors ??= Kept(Scales * (float)Input.Scale);
        Tensor y = sums.mul_(Shaped(factors)).add_(Shaped(Bias));
        if (Other is { } before)
        {
            y = y.add_(other!.to(ScalarType.Float32).sub_((float)before.Zero).mul_((float)before.Scale));
        }

        y = Function?.Apply(y) ?? y;
        return (Output is { } output ? ToBytes(y.mul_(1 / (float)output.Scale), output.Zero) : y).MoveToOuterDisposeScope();
    }

    /// <summary>Σ (q(x) − zero)·w, exactly.</summary>
    public Tensor Sums(Tensor x)
    {
        bool exact = 255.0 * (Half / 2) * Weight[0].numel() < ExactSums;
        if (!exact)
        {
            return Product(x.to(ScalarType.Float64) - (double)Input.Zero, Weight.to(ScalarType.Float64)).to(ScalarType.Int32);
        }

        // Two products whose sums are exact in float32, which is several times as fast as float64.
        high ??= Kept((Weight.to(ScalarType.Float32) / Half).round());
        low ??= Kept(Weight.to(ScalarType.Float32) - (high * Half));
        Tensor centered = x.to(ScalarType.Float32) - (float)Input.Zero;
        return Product(centered, high).to(ScalarType.Int32).mul_(Half).add_(Product(centered, low).to(ScalarType.Int32));
    }

    public void Dispose()
    {
        foreach (Tensor? tensor in new[] { Weight, Bias, given.Scale, given.Zero, scales.Scale, scales.Zero, high, low, factors })
        {
            tensor?.Dispose();
        }
    }

    /// <summary>round(y) + zero as a byte.</summary>
    private static Tensor ToBytes(Tensor y, long zero) => y.add_((float)zero).round_().clamp_(0, 255).to(ScalarType.Byte);

    private Tensor Product(Tensor x, Tensor weight) => Window is { } w
        ? nn.functional.conv2d(x, weight, null, w.Stride, w.Padding, w.Dilation, w.Groups)
        : nn.functional.linear(x, weight);

    private Tensor Shaped(Tensor perChannel) => Window is null ? perChannel : perChannel.reshape(1, -1, 1, 1);

    private static Tensor Kept(Tensor tensor) => tensor.DetachFromDisposeScope();
}
