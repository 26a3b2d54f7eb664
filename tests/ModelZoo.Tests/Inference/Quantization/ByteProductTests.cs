using ModelZoo.Inference.Compilation;
using ModelZoo.Inference.Quantization;
using ModelZoo.Reference;
using ModelZoo.Tests.Training;
using ModelZoo.Training.Precision;
using ModelZoo.Verification;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference.Quantization;

/// <summary>Products of bytes against loops over integers: by libtorch's plain operators, and by oneDNN's where they are right on this machine.</summary>
[Collection(TorchCollection.Name)]
public class ByteProductTests(ITestOutputHelper log)
{
    private const double Roundings = 8; // of float32 between an exact sum and its byte

    public static TheoryData<int, int, int, int, int, int, int, string> Convolutions => new()
    {
        { 64, 64, 3, 1, 1, 0, 0, "none" },
        { 64, 32, 1, 1, 1, 0, 0, "relu" },
        { 64, 32, 1, 2, 1, 17, 128, "none" },
        { 3, 16, 7, 2, 1, 114, 0, "relu" },
        { 1, 6, 5, 1, 1, 0, 99, "none" },
        { 32, 32, 3, 1, 32, 0, 0, "hardtanh" },
        { 24, 24, 3, 2, 24, 131, 0, "relu" },
        { 32, 64, 3, 1, 4, 3, 200, "none" },
        { 33, 17, 3, 1, 1, 250, 5, "relu" },
        { 576, 8, 1, 1, 1, 255, 255, "none" },
    };

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void A_convolution_of_bytes_is_the_exact_sum_scaled_and_rounded(
        int channels, int maps, int kernel, int stride, int groups, int zero, int outputZero, string function)
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed(5);
        long pad = kernel / 2;
        var window = new Window([pad, pad], [stride, stride], [1, 1], groups);
        Tensor x = ChannelsLast.Of(randint(0, 256, [2, channels, 11, 9]).to(ScalarType.Byte));
        foreach (bool sum in (bool[])[false, true])
        {
            if (sum && function == "hardtanh")
            {
                continue;
            }

            using ByteProduct product = Product([maps, channels / groups, kernel, kernel], zero, outputZero, window, function, sum);
            Tensor? other = sum ? ChannelsLast.Of(randint(0, 256, product.Sums(x).shape).to(ScalarType.Byte)) : null;
            Tensor plain = product.Plain(x, other);
            Check(product, x, other, plain);
            if (NativeOperators.QuantizedMissing is null)
            {
                Tensor fast = product.Run(x, other?.clone(), inPlace: true, product.Pack(x.shape));
                Check(product, x, other, fast);
                log.WriteLine($"{fast.ne(plain).sum().item<long>()} of {fast.numel()} differ between oneDNN and plain operators");
            }
        }
    }

    [Fact]
    public void It_is_said_whether_the_operators_on_bytes_are_right_here() =>
        log.WriteLine(NativeOperators.QuantizedMissing ?? "oneDNN's operators on bytes are right on this machine");

    private static ByteProduct Product(long[] shape, int zero, int outputZero, Window? window, string function, bool sum)
    {
        double input = (float)0.02;
        Tensor weight = randint(-127, 128, shape).to(ScalarType.Int8), scales = rand(shape[0]) * 0.01 + 0.002, bias = randn(shape[0]);
        return new ByteProduct(weight.DetachFromDisposeScope(), scales.DetachFromDisposeScope(), bias.DetachFromDisposeScope(), new(input, zero))
        {
            Window = window,
            Output = new ByteScale((float)(0.05 * Math.Sqrt(shape[1] * shape[^1])), outputZero),
            Other = sum ? new ByteScale((float)0.3, 40) : null,
            Function = function switch
            {
                "relu" => PointwiseFunction.Relu,
                "hardtanh" => PointwiseFunction.Of(nn.ReLU6()),
                _ => null,
            },
        };
    }

    private static void Check(ByteProduct product, Tensor x, Tensor? other, Tensor made)
    {
        NdArray xs = x.ToNdArray(), ws = product.Weight.ToNdArray(), scales = product.Scales.ToNdArray(), bias = product.Bias.ToNdArray();
        NdArray actual = made.ToNdArray();
        NdArray? others = other?.ToNdArray();
        Window w = product.Window!.Value;
        var shape = new ConvolutionShape
        {
            Stride = (int)w.Stride[0],
            Padding = (int)w.Padding[0],
            Groups = (int)w.Groups,
        };
        int ties = 0;
        for (int place = 0; place < actual.Count; place++)
        {
            int k = place / (actual.Shape[2] * actual.Shape[3]) % actual.Shape[1];
            long sum = QuantizedProduct.ConvolutionAt(xs, (int)product.Input.Zero, ws, shape, place / (actual.Shape[1] * actual.Shape[2] * actual.Shape[3]), k,
                place / actual.Shape[3] % actual.Shape[2], place % actual.Shape[3]);
            double scaled = sum * product.Input.Scale * scales[k], added = product.Other is { } o ? (others!.Data[place] - o.Zero) * o.Scale : 0;
            double value = scaled + bias[k] + added;
            double error = Roundings * Math.ScaleB(1, -24)
                * (Math.Abs(scaled) + Math.Abs(bias[k]) + Math.Abs(added) + (product.Output!.Value.Scale * 255));
            value = product.Function is null ? value : Math.Clamp(value, 0, product.Function.Name == "hardtanh" ? 6 : double.PositiveInfinity);
            (int least, int most) = QuantizedProduct.ToBytes(value, error, product.Output!.Value.Scale, (int)product.Output!.Value.Zero);
            ties += least == most ? 0 : 1;
            Assert.InRange(actual.Data[place], least, most);
        }

        Assert.InRange(ties, 0, actual.Count / 200); // elsewhere it is one byte and no other
    }
}
