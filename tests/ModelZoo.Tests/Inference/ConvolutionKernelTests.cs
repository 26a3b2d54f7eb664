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
    [InlineData(1, 7, 2, 3, 5, false)]
    [InlineData(2, 16, 7, 7, 16, true)]
    [InlineData(1, 33, 5, 9, 24, false)]
    [InlineData(3, 600, 6, 5, 40, true)] // more elements than a block of them has
    [InlineData(1, 64, 31, 3, 112, true)]
    [InlineData(2, 24, 12, 12, 191, false)]
    public void Pixels_times_a_matrix(int images, int inner, int rows, int columns, int outer, bool sum) =>
        Check(images, inner, rows, columns, outer, 1, 0, sum, (x, y, other, weight, bias, function) =>
            PointConvolution.Run(x, y, other, PointConvolution.Pack(weight), PointConvolution.PackBias(bias, outer), function));

    [Theory]
    [InlineData(1, 32, 6, 6, 32, 0, false)] // one tile, no border
    [InlineData(2, 32, 4, 4, 48, 1, true)]
    [InlineData(1, 48, 13, 9, 32, 1, true)] // rows and columns that no tile ends with
    [InlineData(3, 64, 14, 14, 80, 1, false)]
    [InlineData(1, 32, 7, 5, 64, 2, true)]
    [InlineData(1, 256, 3, 3, 32, 1, false)]
    public void Winograd(int images, int inner, int rows, int columns, int outer, int padding, bool sum) =>
        Check(images, inner, rows, columns, outer, 3, padding, sum, (x, y, other, weight, bias, function) =>
            WinogradConvolution.Run(x, y, other, WinogradConvolution.Pack(weight), PointConvolution.PackBias(bias, outer), (padding, padding), function));

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

    [Fact]
    public void Winograds_larger_rounding_is_within_its_bound_and_a_wrong_weight_is_not()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        using var model = new Small(nn.Conv2d(32, 64, 3, padding: 1));
        Tensor input = randn(2, 32, 24, 24);
        using CompiledModel compiled = model.Compile();
        VerifyOptions options = new() { MaxElements = 4096, MaxTerms = 4_000_000 };
        Assert.All(CompiledVerifier.Verify(model, compiled, input, options), check => Assert.True(check.Passed, $"{check}"));
        if (CompiledModel.Unavailable is null)
        {
            compiled.With(input, program =>
            {
                ConvolutionStep step = program.Steps.OfType<ConvolutionStep>().Single();
                Assert.True(step.UsesWinograd(2));
                Assert.False(step.UsesWinograd(0));
                using Tensor one = step.Moved!.narrow(1, 14, 1);
                one.mul_(1.001f);
                return true;
            });
            Assert.Contains(CompiledVerifier.Verify(model, compiled, input, options), check => check.Verdict == Verdict.Failed && check.Quantity == "compiled");
        }
    }

    private static void Check(int images, int inner, int rows, int columns, int outer, int kernel, int padding, bool sum, Kernel run)
    {
        if (CompiledModel.Unavailable is not null)
        {
            return; // these kernels run on libtorch's threads, which such a libtorch does not lend
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        random.manual_seed(7);
        Tensor x = Wide(images, inner, rows, columns), weight = randn(outer, inner, kernel, kernel), bias = randn(outer);
        long height = rows + (2 * padding) - kernel + 1, width = columns + (2 * padding) - kernel + 1;
        Tensor y = Wide(images, outer, height, width), before = y.clone();
        Tensor exact = nn.functional.conv2d(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64), padding: [padding, padding]);
        exact = (sum ? exact + before : exact).relu();
        Pixels from = Pixels.Of(x, out Tensor held), to = Pixels.Of(y, out Tensor own);
        Assert.Same(y, own); // in place
        run(from, to, sum ? to : null, weight, bias, Activation.Of(PointwiseFunction.Relu)!.Value);
        GC.KeepAlive(held);
        double error = (y.to(ScalarType.Float64) - exact).abs().max().item<double>(), largest = exact.abs().max().item<double>();
        Assert.True(error < 1e-5 * largest, $"{error} of {largest}");
        Assert.True((y == 0).any().item<bool>() && largest > 0);
    }

    // The middle channels of wider images, whose others must stay.
    private static Tensor Wide(long images, long channels, long rows, long columns)
    {
        Tensor wide = randn(images, rows, columns, channels + 32);
        return wide.permute(0, 3, 1, 2).narrow(1, 16, channels);
    }

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
