using ModelZoo.Layers;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using NdArray = ModelZoo.Reference.NdArray;

namespace ModelZoo.Tests.Verification;

/// <summary>Each kind of layer alone, with the hyper-parameters that go wrong.</summary>
[Collection(TorchCollection.Name)]
public class OpTests
{
    private static readonly Dictionary<string, (Func<nn.Module<Tensor, Tensor>> Build, long[] Input)> Layers = new()
    {
        ["conv"] = (() => nn.Conv2d(3, 5, 3), [2, 3, 8, 7]),
        ["conv without bias"] = (() => nn.Conv2d(3, 5, 3, bias: false), [2, 3, 8, 7]),
        ["conv, stride and padding"] = (() => nn.Conv2d(3, 5, (3, 5), stride: (2, 3), padding: (1, 2)), [2, 3, 9, 11]),
        ["conv, dilation"] = (() => nn.Conv2d(2, 3, 3, dilation: 2), [2, 2, 9, 9]),
        ["conv, groups"] = (() => nn.Conv2d(4, 6, 3, groups: 2), [2, 4, 6, 6]),
        ["conv, depthwise"] = (() => nn.Conv2d(4, 4, 3, padding: 1, groups: 4), [1, 4, 6, 6]),
        ["conv, pointwise"] = (() => nn.Conv2d(16, 8, 1), [2, 16, 5, 5]),
        ["conv, same padding"] = (() => nn.Conv2d(2, 3, 5, Padding.Same), [2, 2, 7, 7]),
        ["conv, wide 3×3"] = (() => nn.Conv2d(64, 64, 3, padding: 1), [1, 64, 8, 8]),
        ["linear"] = (() => nn.Linear(30, 7), [4, 30]),
        ["linear without bias"] = (() => nn.Linear(30, 7, hasBias: false), [1, 30]),
        ["max pool"] = (() => nn.MaxPool2d(2), [2, 3, 8, 8]),
        ["max pool, overlapping"] = (() => nn.MaxPool2d(3, stride: 2, padding: 1), [2, 3, 9, 9]),
        ["max pool, ceil mode"] = (() => nn.MaxPool2d(3, stride: 2, ceil_mode: true), [2, 3, 8, 8]),
        ["max pool, ceil mode, more than the input"] = (() => nn.MaxPool2d(3, stride: 2, ceil_mode: true), [2, 3, 2, 2]),
        ["average pool"] = (() => nn.AvgPool2d(3, stride: 2, padding: 1), [2, 3, 9, 9]),
        ["average pool without the padding"] = (() => nn.AvgPool2d(3, stride: 2, padding: 1, count_include_pad: false), [2, 3, 9, 9]),
        ["global pool"] = (() => nn.AdaptiveAvgPool2d(1), [2, 5, 7, 7]),
        ["adaptive pool"] = (() => nn.AdaptiveAvgPool2d(3), [2, 5, 7, 7]),
        ["batch norm"] = (() => WithStatistics(nn.BatchNorm2d(5)), [2, 5, 4, 4]),
        ["batch norm without affine"] = (() => WithStatistics(nn.BatchNorm2d(5, eps: 1e-3, affine: false)), [2, 5, 4, 4]),
        ["response norm"] = (() => nn.LocalResponseNorm(5, alpha: 5e-4, beta: 0.75, k: 2), [2, 9, 5, 4]),
        ["response norm, large alpha"] = (() => nn.LocalResponseNorm(3, alpha: 0.7, beta: 0.5, k: 1), [2, 6, 5, 4]),
        ["response norm, even size"] = (() => nn.LocalResponseNorm(4, alpha: 0.3, beta: 0.6), [2, 7, 3, 4]),
        ["response norm, more than all channels"] = (() => nn.LocalResponseNorm(7, alpha: 0.3), [2, 3, 3, 4]),
        ["input transform"] = (() => new TransformInput(3), [2, 3, 6, 5]),
        ["input transform, gray"] = (() => new TransformInput(1), [2, 1, 6, 5]),
        ["mean image"] = (() => WithImage(new MeanImage(6, 5, (1, 2, 3))), [2, 3, 6, 5]),
        ["mean image, smaller"] = (() => WithImage(new MeanImage(12, 10, (1, 2, 3))), [2, 3, 5, 7]),
        ["mean image, gray"] = (() => WithImage(new MeanImage(6, 5, (1, 2, 3))), [2, 1, 6, 5]),
        ["mean image, four channels and larger"] = (() => WithImage(new MeanImage(3, 4, (1, 2, 3))), [1, 4, 7, 9]),
        ["group norm"] = (() => WithAffine(nn.GroupNorm(2, 6)), [2, 6, 4, 5]),
        ["group norm, one group"] = (() => WithAffine(nn.GroupNorm(1, 6)), [2, 6, 4, 5]),
        ["group norm, a group per channel"] = (() => WithAffine(nn.GroupNorm(6, 6, eps: 1e-3)), [3, 6, 7, 7]),
        ["group norm without affine"] = (() => nn.GroupNorm(3, 6, affine: false), [2, 6, 4, 4]),
        ["group norm of single pixels"] = (() => WithAffine(nn.GroupNorm(3, 6)), [2, 6, 1, 1]),
        ["group norm, wide"] = (() => WithAffine(nn.GroupNorm(4, 64)), [2, 64, 16, 16]),
        ["instance norm"] = (() => WithAffine(nn.InstanceNorm2d(5, affine: true)), [2, 5, 4, 4]),
        ["instance norm without affine"] = (() => nn.InstanceNorm2d(5), [2, 5, 7, 3]),
        ["instance norm with running statistics"] = (() => WithStatistics(nn.InstanceNorm2d(5, affine: true, track_running_stats: true)), [2, 5, 4, 4]),
        ["layer norm"] = (() => WithAffine(nn.LayerNorm([3, 4, 5])), [2, 3, 4, 5]),
        ["layer norm of features"] = (() => WithAffine(nn.LayerNorm(40)), [3, 40]),
        ["layer norm without affine"] = (() => nn.LayerNorm([5], eps: 1e-3, elementwise_affine: false), [2, 3, 4, 5]),
        ["layer norm without bias"] = (() => WithAffine(nn.LayerNorm(40, bias: false)), [3, 40]),
        ["padded shortcut"] = (() => new PaddedShortcut(3, 8, 2), [2, 3, 8, 7]),
        ["padded shortcut without new channels"] = (() => new PaddedShortcut(3, 3, 3), [2, 3, 8, 7]),
        ["flatten"] = (() => nn.Flatten(), [2, 3, 4, 5]),
        ["flatten the last two"] = (() => nn.Flatten(2), [2, 3, 4, 5]),
        ["dropout"] = (() => nn.Dropout(0.7), [2, 30]),
        ["identity"] = (() => nn.Identity(), [2, 30]),
        ["relu"] = (() => nn.ReLU(), [2, 300]),
        ["relu in place"] = (() => nn.ReLU(inplace: true), [2, 300]),
        ["relu6"] = (() => nn.ReLU6(), [2, 300]),
        ["leaky relu"] = (() => nn.LeakyReLU(0.1), [2, 300]),
        ["tanh"] = (() => nn.Tanh(), [2, 3000]),
        ["sigmoid"] = (() => nn.Sigmoid(), [2, 3000]),
        ["silu"] = (() => nn.SiLU(), [2, 3000]),
        ["scaled tanh"] = (() => new ScaledTanh(), [2, 3000]),
        ["subsampling"] = (() => new Subsampling(3), [2, 3, 7, 6]),
        ["table convolution"] = (() => new TableConvolution(6, TableConvolution.LeNet5, 5), [2, 6, 8, 7]),
        ["radial basis"] = (() => new RbfOutput(ones(3, 12).neg()), [4, 12]),
        ["zero padding"] = (() => nn.ZeroPad2d((1, 2, 0, 3)), [2, 3, 4, 5]),
        ["zero padding that cuts"] = (() => nn.ZeroPad2d((-1, 1, -1, 1)), [2, 3, 5, 4]),
        ["zero padding of one width"] = (() => nn.ZeroPad2d(2), [2, 3, 5, 4]),
        ["transposed conv"] = (() => nn.ConvTranspose2d(4, 3, 3, stride: 2, padding: 1, output_padding: 1), [2, 4, 5, 6]),
        ["transposed conv, uneven"] = (() =>
            nn.ConvTranspose2d(4, 6, (2, 3), stride: (2, 1), padding: (0, 1), dilation: (1, 2), groups: 2, bias: false), [2, 4, 5, 6]),
        ["upsampling"] = (() => nn.Upsample(scale_factor: [2, 2]), [2, 3, 4, 5]),
        ["upsampling by different scales"] = (() => nn.Upsample(scale_factor: [3, 2]), [2, 3, 4, 5]),
        ["bed of nails"] = (() => new BedOfNails(2), [2, 3, 4, 5]),
        ["stochastic depth"] = (() => new StochasticDepth(0.5), [4, 3, 2, 2]),
        ["pooling and unpooling"] = (() => new PoolAndUnpool(), [2, 3, 6, 8]),
        ["negate"] = (() => new Negate(), [2, 30]),
    };

    public static TheoryData<string> Names => [.. Layers.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_layer_alone_computes_what_it_says(string name)
    {
        (Func<nn.Module<Tensor, Tensor>> build, long[] shape) = Layers[name];
        for (int seed = 0; seed < 3; seed++)
        {
            manual_seed(seed);
            using nn.Module<Tensor, Tensor> layer = build();
            using Tensor input = randn(shape) * 3;
            VerificationReport report = Verifier.Verify(layer, input, new VerifyOptions { Seed = (ulong)seed });
            Assert.True(report.Passed, $"{report.FirstFailure}");
            Assert.Contains(report.Checks, check => check.Quantity == "grad input");
            Assert.All(report.Checks, check => Assert.Equal(check.TotalCount, check.CheckedCount));
        }
    }

    [Theory]
    [InlineData("max pool, overlapping")]
    [InlineData("max pool")]
    public void Among_equal_values_the_gradient_goes_to_the_first(string name)
    {
        (Func<nn.Module<Tensor, Tensor>> build, long[] shape) = Layers[name];
        using nn.Module<Tensor, Tensor> layer = build();
        using Tensor input = randint(0, 2, shape).to_type(ScalarType.Float32);
        VerificationReport report = Verifier.Verify(layer, input);
        Assert.True(report.Passed, $"{report.FirstFailure}");
    }

    [Fact]
    public void Activations_hold_at_the_ends_of_the_range()
    {
        using Tensor input = tensor(new[] { 0f, -0f, 1e-30f, -1e-30f, 1e-40f, 9f, -9f, 20f, -20f, 88f, -88f, 104f, -104f, 1e30f, -1e30f }).reshape(1, 15);
        foreach (string name in (string[])["relu", "relu6", "leaky relu", "tanh", "sigmoid", "scaled tanh", "negate"])
        {
            using nn.Module<Tensor, Tensor> layer = Layers[name].Build();
            VerificationReport report = Verifier.Verify(layer, input);
            Assert.True(report.Passed, $"{report.FirstFailure}");
        }
    }

    [Theory]
    [InlineData(UpsampleMode.Bicubic, 2.0)]
    [InlineData(UpsampleMode.Nearest, 1.5)]
    public void Upsampling_that_the_reference_lacks_is_unverified(UpsampleMode mode, double scale)
    {
        using Upsample layer = nn.Upsample(scale_factor: [scale, scale], mode: mode);
        using Tensor input = randn(1, 2, 6, 6);
        Assert.Equal(Verdict.Unverified, Verifier.Verify(layer, input).FirstFailure?.Verdict);
    }

    [Fact]
    public void A_setting_that_the_reference_lacks_is_unverified()
    {
        using Conv2d layer = nn.Conv2d(2, 3, 3, padding: 1, padding_mode: PaddingModes.Reflect);
        using Tensor input = randn(1, 2, 6, 6);
        LayerCheck? failure = Verifier.Verify(layer, input).FirstFailure;
        Assert.Equal(Verdict.Unverified, failure?.Verdict);
        Assert.Contains("Reflect", failure?.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 5, 1, 1)]
    [InlineData(2, 5, 6, 7)]
    [InlineData(1, 1, 6, 7)]
    public void A_product_with_repeated_dimensions(long batch, long channels, long rows, long columns)
    {
        for (int seed = 0; seed < 3; seed++)
        {
            manual_seed(seed);
            using var layer = new Multiply();
            using Tensor x = randn(2, 5, 6, 7), gate = randn(batch, channels, rows, columns);
            ILayerCheck check = NormalizationFaultTests.CheckOf(layer);
            using Tensor a = x.clone().requires_grad_(), b = gate.clone().requires_grad_(), y = layer.call(a, b), gradY = randn(2, 5, 6, 7);
            y.backward([gradY]);
            NdArray[] inputs = [x.ToNdArray(), gate.ToNdArray()];
            Rounding single = Rounding.Of(ScalarType.Float32);
            Within(check.Output(inputs, single), y);
            Quantity[] gradients = [.. check.Gradients(inputs, gradY.ToNdArray(), single)];
            Within(gradients[0], a.grad!);
            Within(gradients[1], b.grad!);
        }
    }

    private static void Within(Quantity expected, Tensor actual)
    {
        NdArray values = actual.ToNdArray();
        Assert.Equal(expected.Shape, values.Shape);
        Assert.All(Enumerable.Range(0, values.Count), i =>
            Assert.InRange(values.Data[i], expected.At(i).Value - expected.At(i).Error, expected.At(i).Value + expected.At(i).Error));
    }

    private static T WithAffine<T>(T layer)
        where T : nn.Module
    {
        using IDisposable none = no_grad();
        foreach ((string _, Parameter parameter) in layer.named_parameters())
        {
            nn.init.normal_(parameter);
        }

        return layer;
    }

    private static MeanImage WithImage(MeanImage layer)
    {
        using IDisposable none = no_grad();
        nn.init.normal_(layer.Image);
        return layer;
    }

    private static T WithStatistics<T>(T layer)
        where T : NormBase
    {
        using IDisposable none = no_grad();
        nn.init.normal_(layer.running_mean!);
        nn.init.uniform_(layer.running_var!, 0.5, 2);
        if (layer.affine)
        {
            nn.init.normal_(layer.weight!);
            nn.init.normal_(layer.bias!);
        }

        return layer;
    }
}
