using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Runtime;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>What Verify promises besides its verdicts.</summary>
[Collection(TorchCollection.Name)]
public class VerifierTests
{
    [Fact]
    public void A_network_with_branches_passes()
    {
        using var model = new Branchy();
        using Tensor input = randn(2, 3, 9, 9);
        VerificationReport report = Verifier.Verify(model, input);
        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.Contains(report.Checks, check => check is { Name: "add", Quantity: "grad input 1" });
        Assert.Contains(report.Checks, check => check is { Name: "concat", Quantity: "grad input 1" });
        Assert.Equal(["output", "grad logits"], report.Checks.Where(check => check.Name == "loss").Select(check => check.Quantity));
    }

    [Fact]
    public void The_model_is_afterwards_as_it_was_before()
    {
        using var model = new Branchy();
        model.train();
        FaultTests.Find<BatchNorm2d>(model, "bn1").eval();
        Linear fc = FaultTests.Find<Linear>(model, "fc");
        fc.weight.requires_grad = false;
        fc.bias!.grad = ones(4);
        byte[][] before = [.. model.state_dict().Values.Select(Bytes)];
        using Tensor input = randn(2, 3, 9, 9);

        VerificationReport report = Verifier.Verify(model, input);

        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.Contains(report.Checks, check => check is { Name: "fc", Quantity: "grad weight" });
        Assert.Equal(before, model.state_dict().Values.Select(Bytes));
        Assert.True(model.training);
        Assert.True(FaultTests.Find<Dropout>(model, "dropout").training);
        Assert.False(FaultTests.Find<BatchNorm2d>(model, "bn1").training);
        Assert.False(fc.weight.requires_grad);
        Assert.True(fc.bias!.requires_grad);
        Assert.Equal([1f, 1f, 1f, 1f], fc.bias!.grad!.data<float>().ToArray());
        Assert.Null(FaultTests.Find<Conv2d>(model, "conv1").weight.grad);
    }

    [Fact]
    public void The_same_seed_gives_the_same_report_and_another_seed_another()
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        using Tensor input = randn(2, 1, 28, 28);
        IEnumerable<LayerCheck> Checks(ulong seed) => Verifier.Verify(model, input, new VerifyOptions { Seed = seed, MaxElements = 100 }).Checks;
        string[] first = [.. Checks(1).Select(check => check.ToString())];
        Assert.Equal(first, Checks(1).Select(check => check.ToString()));
        Assert.NotEqual(first, Checks(2).Select(check => check.ToString()));
    }

    [Fact]
    public void A_large_layer_is_sampled_and_says_so()
    {
        using nn.Module<Tensor, Tensor> model = nn.Linear(200, 300);
        using Tensor input = randn(2, 200);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { MaxElements = 1000 });
        LayerCheck weight = report.Checks.Single(check => check.Quantity == "grad weight");
        Assert.Equal((1000, 60000), (weight.CheckedCount, weight.TotalCount));
        Assert.True(report.Passed);
    }

    [Fact]
    public void Progress_hears_of_every_check_in_order()
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        using Tensor input = randn(1, 1, 28, 28);
        var heard = new Listener();
        VerificationReport report = Verifier.Verify(model, input, progress: heard);
        Assert.Equal(report.Checks, heard.Checks);
    }

    [Fact]
    public void Without_backward_no_gradient_is_checked()
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        using Tensor input = randn(1, 1, 28, 28);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { Backward = false });
        Assert.True(report.Passed);
        Assert.DoesNotContain(report.Checks, check => check.Quantity.StartsWith("grad", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("lenet5", ScalarType.Float64)]
    [InlineData("lenet5_classic", ScalarType.Float64)]
    [InlineData("lenet5", ScalarType.BFloat16)]
    [InlineData("lenet5_classic", ScalarType.BFloat16)]
    public void Other_precisions_are_held_to_their_own_bounds(string name, ScalarType type)
    {
        manual_seed(3);
        using ZooModel model = Catalog.Models.Find(name).Create();
        model.to(type);
        using Tensor input = randn(2, 1, 32, 32, dtype: type);
        VerificationReport report = Verifier.Verify(model, input);
        Assert.True(report.Passed, $"{report.FirstFailure}");
    }

    [Fact]
    public void A_residual_network_is_held_to_the_bounds_of_bfloat16()
    {
        manual_seed(3);
        ModelInfo info = Catalog.Models.Find("resnet18");
        using ZooModel model = info.Create(info.Defaults with { InputHeight = 32, InputWidth = 32 });
        model.to(ScalarType.BFloat16);
        using Tensor input = randn(2, 3, 32, 32).to_type(ScalarType.BFloat16);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { MaxElements = 2048, MaxTerms = 200_000 });
        Assert.True(report.Passed, $"{report.FirstFailure}");
    }

    [Fact]
    public void Verification_can_be_canceled()
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        using Tensor input = randn(1, 1, 28, 28);
        using var source = new CancellationTokenSource();
        var options = new VerifyOptions { Cancellation = source.Token };
        var heard = new Listener(source.Cancel);
        Assert.Throws<OperationCanceledException>(() => Verifier.Verify(model, input, options, heard));
        Assert.All(heard.Checks, check => Assert.Equal("conv1", check.Name));
    }

    [Fact]
    public void Verification_leaves_no_tensors_behind()
    {
        using ZooModel model = Catalog.Models.Find("lenet5_classic").Create();
        using Tensor input = randn(1, 1, 32, 32);
        Verifier.Verify(model, input);
        long added = LiveTensors.Added(() =>
        {
            for (int i = 0; i < 3; i++)
            {
                Verifier.Verify(model, input);
            }
        });
        Assert.InRange(added, long.MinValue, 60);
    }

    private static byte[] Bytes(Tensor tensor) => tensor.bytes.ToArray();

    private sealed class Listener(Action? then = null) : IProgress<LayerCheck>
    {
        public List<LayerCheck> Checks { get; } = [];

        public void Report(LayerCheck value)
        {
            Checks.Add(value);
            then?.Invoke();
        }
    }
}
