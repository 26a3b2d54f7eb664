using ModelZoo.Inference;
using ModelZoo.Inference.Compilation;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference;

/// <summary>The convolutions of the zoo's own against libtorch's in double: each width of a last panel, borders, sums, parts of wider images.</summary>
[Collection(TorchCollection.Name)]
public class ConvolutionKernelTests
{
    [Theory]
    [InlineData(1, 7, 2, 3, 5, 1, 1, 0, false)]
    [InlineData(2, 16, 7, 7, 16, 1, 1, 0, true)]
    [InlineData(1, 33, 5, 9, 24, 1, 1, 0, false)]
    [InlineData(3, 600, 6, 5, 40, 1, 1, 0, true)]
    [InlineData(1, 64, 31, 3, 112, 1, 1, 0, true)]
    [InlineData(2, 24, 12, 12, 191, 1, 1, 0, false)]
    [InlineData(1, 40, 23, 23, 600, 1, 1, 0, false)] // more weights than stay in a core's cache
    [InlineData(2, 32, 14, 15, 64, 1, 2, 0, false)]
    [InlineData(2, 3, 33, 31, 64, 7, 2, 3, false)] // a first layer
    [InlineData(1, 3, 63, 60, 40, 11, 4, 2, false)]
    [InlineData(1, 20, 9, 8, 33, 3, 1, 1, true)]
    [InlineData(2, 16, 2, 2, 16, 5, 1, 2, false)] // a kernel that is larger than the image
    [InlineData(1, 130, 14, 14, 300, 3, 2, 1, true)]
    [InlineData(1, 8, 3, 150, 8, 3, 1, 1, false)] // rows in pieces
    public void Direct(int images, int inner, int rows, int columns, int outer, int kernel, int stride, int padding, bool sum)
    {
        Window window = new([padding, padding], [stride, stride], [1, 1], 1);
        Check(images, inner, rows, columns, outer, kernel, window, sum, PointwiseFunction.Relu, (x, y, other, weight, bias, function) =>
            DirectConvolution.Run(x, y, other, DirectConvolution.Pack(weight), DirectConvolution.PackBias(bias, outer), (kernel, kernel), window, function));
    }

    [Theory]
    [InlineData(1, 16, 9, 9, 3, 1, 1)]
    [InlineData(2, 40, 14, 20, 3, 2, 1)] // channels that no vector ends with
    [InlineData(1, 96, 7, 7, 5, 1, 2)]
    [InlineData(1, 72, 8, 23, 5, 2, 2)]
    [InlineData(2, 64, 2, 3, 7, 1, 3)] // a kernel that is larger than the image
    [InlineData(1, 16, 30, 30, 3, 1, 0)]
    public void Depthwise(int images, int channels, int rows, int columns, int kernel, int stride, int padding)
    {
        Window window = new([padding, padding], [stride, stride], [1, 1], channels);
        Check(images, channels, rows, columns, channels, kernel, window, sum: false, PointwiseFunction.Relu, (x, y, _, weight, bias, function) =>
            DepthwiseConvolution.Run(x, y, DepthwiseConvolution.Pack(weight), bias, (kernel, kernel), window, function));
    }

    [Theory]
    [InlineData(1, 32, 6, 6, 32, 0, false)] // one tile, no border
    [InlineData(2, 32, 4, 4, 48, 1, true)]
    [InlineData(1, 48, 13, 9, 32, 1, true)] // rows and columns that no tile ends with
    [InlineData(3, 64, 14, 14, 80, 1, false)]
    [InlineData(1, 32, 7, 5, 64, 2, true)]
    [InlineData(1, 256, 3, 3, 32, 1, false)]
    public void Winograd(int images, int inner, int rows, int columns, int outer, int padding, bool sum)
    {
        Window window = new([padding, padding], [1, 1], [1, 1], 1);
        foreach (int tile in new[] { WinogradConvolution.Large, WinogradConvolution.Small })
        {
            Check(images, inner, rows, columns, outer, 3, window, sum, PointwiseFunction.Relu, (x, y, other, weight, bias, function) => WinogradConvolution.Run(
                x, y, other, WinogradConvolution.Pack(weight, tile), DirectConvolution.PackBias(bias, outer), tile, (padding, padding), function));
        }
    }

    public static TheoryData<string> Functions => ["SiLU", "Sigmoid", "Hardswish", "Hardsigmoid", "ReLU6", "none"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void What_becomes_of_the_sums(string name)
    {
        nn.Module leaf = name switch
        {
            "SiLU" => nn.SiLU(),
            "Sigmoid" => nn.Sigmoid(),
            "Hardswish" => nn.Hardswish(),
            "Hardsigmoid" => nn.Hardsigmoid(),
            "ReLU6" => nn.ReLU6(),
            _ => nn.Identity(),
        };
        using nn.Module own = leaf;
        PointwiseFunction? function = PointwiseFunction.Of(leaf);
        Window point = Window.Point, deep = new([1, 1], [1, 1], [1, 1], 40);
        Check(1, 20, 9, 7, 41, 1, point, sum: false, function, (x, y, other, weight, bias, activation) =>
            DirectConvolution.Run(x, y, other, DirectConvolution.Pack(weight), DirectConvolution.PackBias(bias, 41), (1, 1), point, activation));
        Check(1, 40, 9, 9, 40, 3, deep, sum: false, function, (x, y, _, weight, bias, activation) =>
            DepthwiseConvolution.Run(x, y, DepthwiseConvolution.Pack(weight), bias, (3, 3), deep, activation));
    }

    [Theory]
    [InlineData(-200f)]
    [InlineData(-88.5f)]
    [InlineData(-87f)]
    [InlineData(-1e-20f)]
    [InlineData(0f)]
    [InlineData(3.7f)]
    [InlineData(150f)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NaN)]
    public unsafe void The_sigmoid_of_large_numbers_and_of_none(float x)
    {
        float* values = stackalloc float[16];
        new Span<float>(values, 16).Fill(x);
        Activation logistic = Activation.Of(PointwiseFunction.Logistic)!.Value;
        if (DirectConvolution.Lanes == 16)
        {
            logistic.Apply<Lanes512, System.Runtime.Intrinsics.Vector512<float>>(values, 16, 1, 16);
        }
        else
        {
            logistic.Apply<Lanes256, System.Runtime.Intrinsics.Vector256<float>>(values, 16, 1, 16);
        }

        double exact = 1 / (1 + Math.Exp(-x));
        Assert.All(new Span<float>(values, 16).ToArray(), y => Assert.True(double.IsNaN(exact) ? float.IsNaN(y) : Math.Abs(y - exact) <= (1e-6 * exact) + 1e-36,
            $"{y} of {exact}"));
    }

    [Theory]
    [InlineData(64, 3, 1, 12, "1×1")]
    [InlineData(64, 3, 3, 24, "3×3")]
    public void What_is_no_number_stays_none(int channels, int images, int kernel, int size, string what)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        Conv2d convolution = nn.Conv2d(channels, channels, kernel, padding: kernel / 2);
        using var model = new Small(convolution);
        Tensor input = randn(images, channels, size, size);
        input[1, 5, 7, 8] = float.NaN;
        using CompiledModel compiled = model.Compile();
        Tensor expected = model.call(input).isnan(), output = compiled.Call(input).isnan();
        Assert.True(expected.any().item<bool>(), what);
        Assert.False(expected.logical_and(output.logical_not()).any().item<bool>(), what); // Winograd's reaches the whole tile
        Assert.False(output[0].any().item<bool>() || output[2].any().item<bool>(), what);
    }

    [Theory]
    [InlineData(24, 4)]
    [InlineData(9, 2)]
    public void Winograds_larger_rounding_is_within_its_bound_and_a_wrong_weight_is_not(int size, int tile)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        using var model = new Small(nn.Conv2d(32, 64, 3, padding: 1));
        Tensor input = randn(2, 32, size, size);
        using CompiledModel compiled = model.Compile();
        VerifyOptions options = new() { MaxElements = 4096, MaxTerms = 4_000_000 };
        Assert.All(CompiledVerifier.Verify(model, compiled, input, options), check => Assert.True(check.Passed, $"{check}"));
        if (CompiledModel.Unavailable is null)
        {
            compiled.With(input, program =>
            {
                ConvolutionStep step = program.Steps.OfType<ConvolutionStep>().Single();
                Assert.Equal(tile, step.WinogradTile(2));
                Assert.Equal(0, step.WinogradTile(0));
                using Tensor one = step.Moved(tile).narrow(1, 14, 1);
                one.mul_(1.001f);
                return true;
            });
            Assert.Contains(CompiledVerifier.Verify(model, compiled, input, options), check => check.Verdict == Verdict.Failed && check.Quantity == "compiled");
        }
    }

    [Theory]
    [InlineData(2, 2, 5, 7)]
    [InlineData(1, 3, 224, 9)]
    [InlineData(3, 16, 8, 8)]
    public void Images_turned_channels_last(int images, int channels, int rows, int columns)
    {
        if (CompiledModel.Unavailable is null)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = randn(images, channels, rows, columns), y = Kernels.ChannelsLast(x)!;
            Assert.Equal([(long)rows * columns * channels, 1, (long)columns * channels, channels], y.stride());
            Assert.True(y.equal(x).all().item<bool>());
            Assert.Null(Kernels.ChannelsLast(x.transpose(2, 3)));
            Assert.Null(Kernels.ChannelsLast(randn(images, 17, rows, columns)));
        }
    }

    [Theory]
    [InlineData(2, 9, 8, 6, 2, 2)]
    [InlineData(1, 33, 7, 9, 3, 2)]
    [InlineData(1, 8, 5, 5, 5, 1)]
    public void Means_under_windows(int images, int channels, int rows, int columns, int kernel, int stride)
    {
        if (CompiledModel.Unavailable is null)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = Wide(images, channels, rows, columns), exact = nn.functional.avg_pool2d(x.to(ScalarType.Float64), kernel, stride);
            Tensor y = Kernels.MeanPool(x, exact.shape[2], exact.shape[3], (kernel, kernel), (stride, stride));
            Assert.True((y - exact).abs().max().item<double>() < 1e-6);
        }
    }

    private static void Check(int images, int inner, int rows, int columns, int outer, int kernel, Window window, bool sum, PointwiseFunction? function,
        Kernel run)
    {
        if (CompiledModel.Unavailable is not null)
        {
            return; // these kernels run on libtorch's threads, which such a libtorch does not lend
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        random.manual_seed(7);
        Tensor x = Wide(images, inner, rows, columns), weight = randn(outer, inner / window.Groups, kernel, kernel), bias = randn(outer);
        Tensor plain = nn.functional.conv2d(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), window.Stride,
            window.Padding, window.Dilation, window.Groups);
        foreach (bool together in new[] { false, true })
        {
            Tensor wide = WideOf(images, outer, plain.shape[2], plain.shape[3]), y = wide.permute(0, 3, 1, 2).narrow(1, 16, outer);
            Tensor before = y.clone(), beside = cat(new List<Tensor> { wide.narrow(3, 0, 16), wide.narrow(3, 16 + outer, 16) }, 3);
            Tensor exact = sum ? plain + before : plain.clone();
            exact = function?.Apply(exact) ?? exact;
            Pixels from = Pixels.Of(x, out Tensor held, dense: kernel > 1 && window.Groups == 1), to = Pixels.Of(y, out Tensor own);
            Assert.Same(y, own); // in place
            using (together ? ThreadTeam.Enter() : default)
            {
                run(from, to, sum ? to : null, weight, bias, Activation.Of(function)!.Value);
            }

            GC.KeepAlive(held);
            double error = (y.to(ScalarType.Float64) - exact).abs().max().item<double>(), largest = exact.abs().max().item<double>();
            Assert.True(error < 1e-5 * largest, $"{error} of {largest}");
            Assert.True(largest > 0);
            Tensor now = cat(new List<Tensor> { wide.narrow(3, 0, 16), wide.narrow(3, 16 + outer, 16) }, 3);
            Assert.True(now.equal(beside).all().item<bool>(), "what lies beside was written to");
        }
    }

    // The middle channels of wider images, whose others must stay.
    private static Tensor Wide(long images, long channels, long rows, long columns) =>
        WideOf(images, channels, rows, columns).permute(0, 3, 1, 2).narrow(1, 16, channels);

    private static Tensor WideOf(long images, long channels, long rows, long columns) => randn(images, rows, columns, channels + 32);

    private delegate void Kernel(Pixels x, Pixels y, Pixels? other, Tensor weight, Tensor bias, Activation function);

    private sealed class Small : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Conv2d convolution;
#pragma warning restore IDE1006

        public Small(Conv2d convolution) : base(nameof(Small))
        {
            this.convolution = convolution;
            RegisterComponents();
            eval();
        }

        public override Tensor forward(Tensor input) => convolution.call(input);
    }
}
