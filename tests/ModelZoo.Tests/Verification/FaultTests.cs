using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>
/// A fault is planted in a copy of a trusted model; verification against the trusted one must name the layer, and the cause where one is expected.
/// </summary>
[Collection(TorchCollection.Name)]
public class FaultTests
{
    private static readonly Dictionary<string, (string Model, Action<nn.Module> Plant, string Layer, string? Cause)> Faults = new()
    {
        ["stride"] = ("small_cnn", m => Find<Conv2d>(m, "conv2").stride = [2, 2], "conv2", "stride 2 instead of 1"),
        ["padding"] = ("small_cnn", m => Find<Conv2d>(m, "conv1").SetPadding([1, 1]), "conv1", "padding 1 instead of 0"),
        ["padding left out"] = ("convnet", m => Find<Conv2d>(m, "layer2.0").SetPadding([1, 1]), "layer2.0", "padding 1 instead of 2"),
        ["dilation"] = ("lenet5", m => Find<Conv2d>(m, "conv1").dilation = [2, 2], "conv1", "dilation 2 instead of 1"),
        ["stride of a pool"] = ("small_cnn", m => Find<MaxPool2d>(m, "pool1").stride = [1, 1], "pool1", "stride 1 instead of 2"),
        ["kernel of a pool"] = ("small_cnn", m =>
            (Find<MaxPool2d>(m, "pool2").kernel_size, Find<MaxPool2d>(m, "pool2").stride) = ([3, 3], [2, 2]), "pool2", "kernel 3 instead of 2"),
        ["one exponent bit of a convolution"] = ("lenet5", m => FlipBit(Find<Conv2d>(m, "conv2").weight, 1234, 23), "conv2", "1 of 2400 values of its weight"),
        ["one exponent bit of a linear layer"] = ("lenet5", m => FlipBit(Find<Linear>(m, "fc2").weight, 77, 24), "fc2", "1 of 10080 values of its weight"),
        ["one exponent bit of a connection table's kernel"] = ("lenet5_classic", m =>
            FlipBit(Find<Layers.TableConvolution>(m, "c3").Weight, 5, 23), "c3", "1 of 1500 values of its weight"),
        ["one bit of a coefficient"] = ("lenet5_classic", m =>
            FlipBit(Find<Layers.Subsampling>(m, "s4").Coefficient, 3, 20), "s4", "1 of 16 values of its coefficient"),
        ["one code"] = ("lenet5_classic", m =>
            Change(Find<Layers.RbfOutput>(m, "output").Codes, codes => codes.neg()), "output", "840 of 840 values of its codes"),
        ["permuted maps"] = ("small_cnn", m => Change(Find<Conv2d>(m, "conv2").weight, w => w.flip(1)), "conv2", "5000 of 5000 values of its weight"),
        ["kernels turned by 180°"] = ("small_cnn", m => Change(Find<Conv2d>(m, "conv2").weight, w => w.flip(2, 3)), "conv2", "turned by 180°"),
        ["rows and columns swapped"] = ("small_cnn", m =>
            Change(Find<Conv2d>(m, "conv1").weight, w => w.transpose(2, 3)), "conv1", "rows and columns of the kernels are swapped"),
        ["bias dropped"] = ("lenet5", m => Change(Find<Conv2d>(m, "conv1").bias!, b => b.zeros_like()), "conv1", "the bias is missing"),
        ["bias of a linear layer dropped"] = ("convnet", m => Change(Find<Linear>(m, "fc2").bias!, b => b.zeros_like()), "fc2", "the bias is missing"),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_fault_is_named(string name)
    {
        (string modelName, Action<nn.Module> plant, string layer, string? cause) = Faults[name];
        manual_seed(1);
        ModelInfo info = Catalog.Models.Find(modelName);
        using ZooModel trusted = info.Create(), model = info.Create();
        model.load_state_dict(trusted.state_dict());
        using Tensor input = randn(2, info.Input.Channels, info.Input.Height, info.Input.Width);
        var quick = new VerifyOptions { MaxTerms = 100_000 };
        Assert.True(Verifier.Verify(model, input, quick, against: trusted).Passed);

        plant(model);

        LayerCheck? failure = Verifier.Verify(model, input, quick, against: trusted).FirstFailure;
        Assert.Equal(layer, failure?.Name);
        Assert.Contains(cause!, failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-6)]
    public void A_wrong_eps_is_named(double eps)
    {
        using nn.Module<Tensor, Tensor> trusted = nn.Sequential(("bn", nn.BatchNorm2d(4))), model = nn.Sequential(("bn", nn.BatchNorm2d(4)));
        Find<BatchNorm2d>(model, "bn").eps = eps;
        foreach (nn.Module<Tensor, Tensor> each in (nn.Module<Tensor, Tensor>[])[trusted, model])
        {
            Change(Find<BatchNorm2d>(each, "bn").running_var!, v => v * 1e-2);
        }

        using Tensor input = randn(2, 4, 5, 5);
        LayerCheck? failure = Verifier.Verify(model, input, against: trusted).FirstFailure;
        Assert.Equal("bn", failure?.Name);
        Assert.Contains(FormattableString.Invariant($"eps {eps:g3} instead of 1e-05"), failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alpha", "alpha divided by size")]
    [InlineData("k", "k 1 instead of 2")]
    [InlineData("n", "size 3 instead of 5")]
    [InlineData("left out", "it is not applied")]
    public void A_wrong_response_normalization_is_named(string fault, string cause)
    {
        using nn.Module<Tensor, Tensor> trusted = nn.Sequential(("norm", nn.LocalResponseNorm(5, alpha: 5e-4, beta: 0.75, k: 2))),
            model = nn.Sequential(("norm", nn.LocalResponseNorm(5, alpha: 5e-4, beta: 0.75, k: 2)));
        LocalResponseNorm norm = Find<LocalResponseNorm>(model, "norm");
        switch (fault)
        {
            case "alpha":
                norm.alpha = 1e-4; // the paper's, as if PyTorch did not divide it
                break;
            case "k":
                norm.k = 1;
                break;
            case "n":
                norm.size = 3;
                break;
            default:
                norm.beta = 0;
                break;
        }

        using Tensor input = randn(2, 12, 4, 4) * 10;
        LayerCheck? failure = Verifier.Verify(model, input, against: trusted).FirstFailure;
        Assert.Equal("norm", failure?.Name);
        Assert.Contains(cause, failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("swapped", "red and blue are swapped")]
    [InlineData("added", "it is added")]
    [InlineData("left out", "it is not applied")]
    public void A_wrong_mean_image_is_named(string fault, string cause)
    {
        using nn.Module<Tensor, Tensor> trusted = nn.Sequential(("mean", new MeanImage(4, 4, (1, 2, 3)))),
            model = nn.Sequential(("mean", new MeanImage(4, 4, (1, 2, 3))));
        Change(Find<MeanImage>(model, "mean").Image, v => fault switch { "swapped" => v.flip(0), "added" => -v, _ => v * 0 });
        using Tensor input = randn(2, 3, 4, 4);
        LayerCheck? failure = Verifier.Verify(model, input, against: trusted).FirstFailure;
        Assert.Equal("mean", failure?.Name);
        Assert.Contains(cause, failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_ceil_mode_is_named()
    {
        using nn.Module<Tensor, Tensor> trusted = nn.Sequential(("pool", nn.MaxPool2d(3, stride: 2, ceil_mode: true))),
            model = nn.Sequential(("pool", nn.MaxPool2d(3, stride: 2)));
        using Tensor input = randn(1, 2, 8, 8);
        LayerCheck? failure = Verifier.Verify(model, input, against: trusted).FirstFailure;
        Assert.Equal("pool", failure?.Name);
        Assert.Contains("ceil_mode False instead of True", failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_transposed_weight_is_named()
    {
        using nn.Module<Tensor, Tensor> trusted = nn.Sequential(("fc", nn.Linear(9, 9))), model = nn.Sequential(("fc", nn.Linear(9, 9)));
        model.load_state_dict(trusted.state_dict());
        Change(Find<Linear>(model, "fc").weight, w => w.t());
        using Tensor input = randn(3, 9);
        LayerCheck? failure = Verifier.Verify(model, input, against: trusted).FirstFailure;
        Assert.Equal("fc", failure?.Name);
        Assert.Contains("the weight is transposed", failure?.LikelyCause, StringComparison.Ordinal);
    }

    /// <summary>What a layer should be, what it is instead, and the cause to be named.</summary>
    private static readonly Dictionary<string, (Func<nn.Module<Tensor, Tensor>> Right, Func<nn.Module<Tensor, Tensor>> Wrong)> Enlargements = new()
    {
        ["zeros between the values instead of repetitions"] = (() => nn.Upsample(scale_factor: [2, 2]), () => new Layers.BedOfNails(2)),
        ["the values are repeated over their blocks"] = (() => new Layers.BedOfNails(2), () => nn.Upsample(scale_factor: [2, 2])),
        ["the other sides are padded"] = (() => nn.ZeroPad2d((0, 1, 0, 1)), () => nn.ZeroPad2d((1, 0, 1, 0))),
        ["nothing is padded"] = (() => nn.ZeroPad2d((0, 1, 0, 1)), () => nn.Identity()),
        ["output padding 0 instead of 1"] = (() => Transposed(stride: 2, extra: 1), () => Transposed(stride: 2, extra: 0)),
        ["padding 0 instead of 1"] = (() => Transposed(stride: 2, extra: 1), () => Transposed(stride: 2, extra: 1, padding: 0)),
        ["the bias is missing"] = (() => Transposed(stride: 2, extra: 1), () => Transposed(stride: 2, extra: 1, bias: false)),
        ["turned by 180°"] = (() => Transposed(stride: 2, extra: 1), () => Turned(Transposed(stride: 2, extra: 1))),
    };

    public static TheoryData<string> Causes => [.. Enlargements.Keys];

    [Theory]
    [MemberData(nameof(Causes))]
    public void A_wrong_enlargement_is_named(string cause)
    {
        manual_seed(2);
        using nn.Module<Tensor, Tensor> right = Enlargements[cause].Right();
        manual_seed(2);
        using nn.Module<Tensor, Tensor> wrong = Enlargements[cause].Wrong();
        var registry = CheckRegistry.CreateDefault();
        Assert.True(registry.TryFind(right, out ILayerCheck? check, out _));
        registry.Add<Leaf>(_ => check);
        using var model = new Leaf(wrong.call);
        using Tensor input = randn(2, 3, 5, 6);
        LayerCheck? failure = Verifier.Verify(model, input, new VerifyOptions { Checks = registry }).Failures.FirstOrDefault(f => f.Quantity == "output");
        Assert.Contains(cause, failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_places_of_maxima_are_named()
    {
        var registry = CheckRegistry.CreateDefault();
        Assert.True(registry.TryFind(new Layers.MaxPoolWithIndices(2), out ILayerCheck? check, out _));
        registry.Add<ShiftedPool>(_ => check);
        using var model = new PoolAndUnpool(shifted: true);
        using Tensor input = randn(2, 3, 6, 8);
        LayerCheck? failure = Verifier.Verify(model, input, new VerifyOptions { Checks = registry }).FirstFailure;
        Assert.Equal(("pool", "indices"), (failure?.Name, failure?.Quantity));
    }

    [Fact]
    public void The_wrong_one_of_two_outputs_is_named()
    {
        using var trusted = new TwoOutputs(swapped: false);
        using var model = new TwoOutputs(swapped: true);
        using Tensor input = arange(32, ScalarType.Float32).reshape(1, 2, 4, 4);
        LayerCheck? failure = Verifier.Verify(model, input, new VerifyOptions { AllowUnverified = new HashSet<string> { nameof(Leaf), nameof(Cast) } },
            against: trusted).FirstFailure;
        Assert.Contains("it takes pool's output 1, but should take pool", failure?.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Branchy.Wiring.WithoutRelu), "relu")]
    [InlineData(nameof(Branchy.Wiring.SwappedLayers), "bn1")]
    [InlineData(nameof(Branchy.Wiring.SwappedBranches), "concat")]
    [InlineData(nameof(Branchy.Wiring.WrongShortcut), "add")]
    [InlineData(nameof(Branchy.Wiring.HiddenFunction), "concat")]
    [InlineData(nameof(Branchy.Wiring.HiddenFunctionAtTheEnd), "fc")]
    public void A_wrong_wiring_is_named(string wiring, string layer)
    {
        using var trusted = new Branchy();
        using var model = new Branchy(Enum.Parse<Branchy.Wiring>(wiring));
        model.load_state_dict(trusted.state_dict());
        using Tensor input = randn(2, 3, 9, 9);
        VerificationReport report = Verifier.Verify(model, input, against: trusted);
        Assert.Equal(layer, report.FirstFailure?.Name);
    }

    internal static T Find<T>(nn.Module model, string name)
        where T : nn.Module => (T)model.named_modules().Single(m => m.name == name).module;

    internal static void Change(Tensor tensor, Func<Tensor, Tensor> change)
    {
        using IDisposable none = no_grad();
        using Tensor changed = change(tensor).clone();
        tensor.copy_(changed);
    }

    private static ConvTranspose2d Transposed(int stride, int extra, int padding = 1, bool bias = true) =>
        nn.ConvTranspose2d(3, 4, 3, stride: stride, padding: padding, output_padding: extra, bias: bias);

    private static ConvTranspose2d Turned(ConvTranspose2d layer)
    {
        Change(layer.weight, w => w.flip(2, 3));
        return layer;
    }

    private static void FlipBit(Tensor tensor, int at, int bit) => Change(tensor, values =>
    {
        float[] data = values.detach().data<float>().ToArray();
        data[at] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(data[at]) ^ (1 << bit));
        return torch.tensor(data).reshape(values.shape);
    });
}
