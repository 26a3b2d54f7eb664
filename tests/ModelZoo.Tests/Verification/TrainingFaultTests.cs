using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>Faults that show in training only.</summary>
[Collection(TorchCollection.Name)]
public class TrainingFaultTests
{
    [Theory]
    [InlineData(0.9, "momentum 0.9 instead of 0.1")]
    [InlineData(0.01, "momentum 0.01 instead of 0.1")]
    [InlineData(0.0, "the running statistics do not move")]
    public void A_wrong_momentum_is_named(double momentum, string cause)
    {
        using nn.Module<Tensor, Tensor> trusted = Norm(0.1), model = Norm(momentum);
        model.load_state_dict(trusted.state_dict());
        LayerCheck? failure = Verify(model, trusted);
        Assert.Equal(("norm", "training running_mean"), (failure?.Name, failure?.Quantity));
        Assert.Contains(cause, failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_biased_running_variance_is_named()
    {
        using nn.Module<Tensor, Tensor> model = Norm(0.1), trusted = Norm(0.1);
        model.load_state_dict(trusted.state_dict());
        BatchNorm2d norm = FaultTests.Find<BatchNorm2d>(model, "norm");
        norm.register_forward_pre_hook((module, x) =>
        {
            if (module.training)
            {
                // So much less before that the step ends with the biased variance.
                using IDisposable none = no_grad();
                norm.running_var!.sub_((x.var([0, 2, 3], unbiased: true) - x.var([0, 2, 3], unbiased: false)) * (0.1 / 0.9));
            }

            return x;
        });
        LayerCheck? failure = Verify(model, trusted);
        Assert.Equal("training running_var", failure?.Quantity);
        Assert.Contains("biased instead of the unbiased", failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_that_go_wrong_in_the_whole_model_only_are_named()
    {
        using ZooModel model = Catalog.Models.Find("resnet20").Create();
        BatchNorm2d norm = model.named_modules().Select(m => m.module).OfType<BatchNorm2d>().ElementAt(3);
        norm.register_forward_hook((module, _, y) =>
        {
            if (module.training && !y.requires_grad) // the frozen backbone of the step
            {
                norm.running_mean!.add_(0.01);
            }

            return y;
        });
        using Tensor input = randn(2, 3, 32, 32);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { MaxElements = 1024, MaxTerms = 50_000 });
        string name = model.named_modules().Single(m => ReferenceEquals(m.module, norm)).name;
        Assert.Equal((name, "running_mean after a step"), (report.FirstFailure?.Name, report.FirstFailure?.Quantity));
        Assert.Contains(name, report.Failures.Single(f => f.Name == "model").Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("running", "it normalizes with the running statistics instead of the batch's")]
    [InlineData("unbiased", "it normalizes with the unbiased instead of the biased variance")]
    public void Wrong_statistics_in_training_are_named(string fault, string cause)
    {
        using BatchNorm2d trusted = nn.BatchNorm2d(4, affine: false);
        Leaf? leaf = null;
        using var wrong = new Leaf(x =>
        {
            trusted.eval();
            return leaf!.training && fault == "unbiased"
                ? (x - x.mean([0, 2, 3], keepdim: true)) / (x.var([0, 2, 3], unbiased: true, keepdim: true) + 1e-5).sqrt()
                : trusted.call(x);
        });
        leaf = wrong;
        var options = new VerifyOptions();
        options.Checks.Add<Leaf>(_ => NormalizationFaultTests.CheckOf(trusted));
        using Tensor input = Input();
        LayerCheck? failure = Verifier.Verify(wrong, input, options).FirstFailure;
        Assert.Equal("training output", failure?.Quantity);
        Assert.Contains(cause, failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Fact]
    public void Instance_normalization_with_running_statistics_passes_and_a_wrong_momentum_is_named()
    {
        using nn.Module<Tensor, Tensor> trusted = nn.Sequential(("norm", nn.InstanceNorm2d(4, momentum: 0.1, affine: true, track_running_stats: true)));
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("norm", nn.InstanceNorm2d(4, momentum: 0.9, affine: true, track_running_stats: true)));
        Assert.Null(Verify(trusted, trusted));
        LayerCheck? failure = Verify(model, trusted);
        Assert.Equal("training running_mean", failure?.Quantity);
        Assert.Contains("momentum 0.9 instead of 0.1", failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dropout")]
    [InlineData("dropout2d")]
    [InlineData("rows")]
    public void What_drops_passes(string kind)
    {
        using nn.Module<Tensor, Tensor> layer = Drop(kind, 0.3);
        using Tensor input = randn(8, 6, 9, 9).relu();
        VerificationReport report = Verifier.Verify(layer, input);
        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.Contains(report.Checks, c => c is { Quantity: "training dropped", Actual: > 0 });
    }

    [Theory]
    [InlineData("dropout", "unscaled", "training output", "what is kept is not divided by 1 − p")]
    [InlineData("dropout", "probability", "training output", "probability 0.5 instead of 0.2")]
    [InlineData("rows", "swapped", "training output", "probability 0.8 instead of 0.2")]
    [InlineData("dropout", "gradient", "training grad input", null)]
    [InlineData("dropout2d", "elements", "training output", "each element is dropped for itself")]
    [InlineData("dropout", "share", "training dropped", "probability 0.5 instead of 0.2")]
    [InlineData("dropout", "none", "training output", "nothing is dropped")]
    public void A_fault_of_what_drops_is_named(string kind, string fault, string quantity, string? cause)
    {
        using nn.Module<Tensor, Tensor> trusted = Drop(kind, 0.2);
        Leaf? leaf = null;
        using var wrong = new Leaf(x => leaf!.training ? Dropped(x, fault) : x.alias());
        leaf = wrong;
        var options = new VerifyOptions();
        options.Checks.Add<Leaf>(_ => NormalizationFaultTests.CheckOf(trusted));
        using Tensor input = randn(64, 6, 5, 5);
        LayerCheck? failure = Verifier.Verify(wrong, input, options).FirstFailure;
        Assert.Equal(quantity, failure?.Quantity);
        Assert.Equal(cause is null, failure?.LikelyCause is null);
        Assert.Contains(cause ?? "", failure?.LikelyCause ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_frozen_parameter_that_a_step_changes_is_named()
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        Conv2d conv = FaultTests.Find<Conv2d>(model, "conv1");
        conv.register_forward_pre_hook((module, x) =>
        {
            if (module.training)
            {
                FaultTests.Change(conv.weight, w => w + 1e-3);
            }

            return x;
        });
        byte[] before = conv.weight.bytes.ToArray();
        using Tensor input = randn(2, 1, 28, 28);
        LayerCheck? failure = Verifier.Verify(model, input).FirstFailure;
        Assert.Equal(("model", "frozen parameters that changed"), (failure?.Name, failure?.Quantity));
        Assert.Contains("conv1.weight", failure?.Note, StringComparison.Ordinal);
        Assert.Equal(before, conv.weight.bytes.ToArray());
    }

    [Fact]
    public void A_head_that_no_gradient_reaches_is_named()
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        FaultTests.Find<Linear>(model, "fc").register_forward_hook((module, _, y) => module.training ? y.detach() : y);
        using Tensor input = randn(2, 1, 28, 28);
        LayerCheck? failure = Verifier.Verify(model, input).FirstFailure;
        Assert.Equal(("model", "parameters of the head that did not change"), (failure?.Name, failure?.Quantity));
        Assert.Contains("no gradient reaches the head 'fc'", failure?.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_step_that_throws_leaves_the_model_as_it_was()
    {
        using var model = new Branchy();
        FaultTests.Find<Linear>(model, "fc").register_forward_pre_hook((module, x) => module.training ? throw new InvalidOperationException("no more") : x);
        byte[][] before = [.. model.state_dict().Values.Select(t => t.bytes.ToArray())];
        using Tensor input = randn(2, 3, 9, 9);
        Assert.Throws<InvalidOperationException>(() => Verifier.Verify(model, input));
        Assert.Equal(before, model.state_dict().Values.Select(t => t.bytes.ToArray()));
        Assert.All(model.parameters(), p => Assert.Null(p.grad));
        Assert.All(model.parameters(), p => Assert.True(p.requires_grad));
    }

    private static Tensor Dropped(Tensor x, string fault)
    {
        double p = fault is "probability" or "share" ? 0.5 : fault == "swapped" ? 0.8 : 0.2;
        Tensor mask = rand(fault == "swapped" ? [x.shape[0], 1, 1, 1] : x.shape).gt(p).to_type(ScalarType.Float32);
        return fault switch
        {
            "unscaled" => x * mask,
            "share" => x * mask / 0.8,
            "none" => x.alias(),
            "gradient" => (x * mask / 0.8).detach() + ((x - x.detach()) * rand(x.shape).gt(p).to_type(ScalarType.Float32) / 0.8),
            _ => x * mask / (1 - p),
        };
    }

    private static nn.Module<Tensor, Tensor> Drop(string kind, double probability) => kind switch
    {
        "dropout" => nn.Dropout(probability),
        "dropout2d" => nn.Dropout2d(probability),
        _ => new StochasticDepth(probability),
    };

    private static nn.Module<Tensor, Tensor> Norm(double momentum) => nn.Sequential(("norm", nn.BatchNorm2d(4, momentum: momentum)));

    private static Tensor Input() => (randn(2, 4, 5, 5) * 0.5) + 0.3;

    private static LayerCheck? Verify(nn.Module<Tensor, Tensor> model, nn.Module<Tensor, Tensor> trusted)
    {
        manual_seed(4);
        using Tensor input = Input();
        return Verifier.Verify(model, input, against: trusted).FirstFailure;
    }
}
