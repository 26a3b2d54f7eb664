using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>Layers that do not compute what they say of themselves: hooks that change a value, gradients that are wrong, leaves that nobody knows.</summary>
[Collection(TorchCollection.Name)]
public class CorruptionTests
{
    [Theory]
    [InlineData("conv1")]
    [InlineData("relu1")]
    [InlineData("pool2")]
    [InlineData("flatten")]
    [InlineData("fc")]
    public void One_wrong_element_is_found(string name)
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        using Tensor input = randn(2, 1, 28, 28);
        Assert.True(Verifier.Verify(model, input).Passed);
        long place = 0;
        Corrupt(model, name, y =>
        {
            place = y.numel() / 2 + 1;
            return AddAt(y, place, 1e-3);
        });

        LayerCheck? failure = Verifier.Verify(model, input).FirstFailure;

        Assert.Equal((name, "output"), (failure?.Name, failure?.Quantity));
        Assert.Equal(place, Flat(failure!.WorstIndex, failure.Shape));
        Assert.Equal(1e-3, failure.Actual - failure.Expected, 5);
    }

    [Fact]
    public void A_wrong_factor_shows_in_the_output_and_in_each_gradient()
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        using Tensor input = randn(2, 1, 28, 28);
        Corrupt(model, "conv2", y => y * 1.01);
        VerificationReport report = Verifier.Verify(model, input);
        Assert.Equal(["output", "grad input", "grad weight", "grad bias"], report.Failures.Select(check => check.Quantity));
        Assert.All(report.Failures, check => Assert.Equal("conv2", check.Name));
    }

    [Theory]
    [InlineData("conv1")]
    [InlineData("fc")]
    public void An_error_of_100_bounds_is_found_and_one_of_a_half_is_within(string name)
    {
        using ZooModel model = Catalog.Models.Find("small_cnn").Create();
        using Tensor input = randn(2, 1, 28, 28);
        LayerCheck clean = Verifier.Verify(model, input).Checks.Single(check => check.Name == name && check.Quantity == "output");
        long place = Flat(clean.WorstIndex, clean.Shape);
        double planted = 100 * clean.BoundThere;
        Corrupt(model, name, y => AddAt(y, place, planted));

        LayerCheck? failure = Verifier.Verify(model, input).FirstFailure;

        Assert.Equal((name, "output"), (failure?.Name, failure?.Quantity));
        Assert.Equal(place, Flat(failure!.WorstIndex, failure.Shape));
        Assert.InRange(failure.WorstRatio, 98, 102);
        planted = clean.BoundThere / 2 * (clean.Actual > clean.Expected ? -1 : 1);
        Assert.True(Verifier.Verify(model, input).Passed);
    }

    [Fact]
    public void A_wrong_gradient_behind_a_right_output_is_found()
    {
        LayerCheck? failure = VerifyAsNegation(x => x.mul(2).neg().add(x.detach()));
        Assert.Equal(("leaf", "grad input", Verdict.Failed), (failure?.Name, failure?.Quantity, failure?.Verdict));
        Assert.Equal(1, failure!.WorstRatio > 1 ? 1 : 0);
        Assert.Equal(2, failure.Actual / failure.Expected);
    }

    [Fact]
    public void A_leaf_without_gradient_is_found()
    {
        LayerCheck? failure = VerifyAsNegation(x => x.detach().neg());
        Assert.Equal(("leaf", "grad input", Verdict.Failed), (failure?.Name, failure?.Quantity, failure?.Verdict));
        Assert.Contains("cut off", failure?.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_leaf_that_gives_NaN_is_found()
    {
        LayerCheck? failure = VerifyAsNegation(x => x.neg().div(x.sub(x)).mul(0));
        Assert.Equal(("leaf", "output", double.PositiveInfinity), (failure?.Name, failure?.Quantity, failure?.WorstRatio));
        Assert.True(double.IsNaN(failure!.Actual));
    }

    [Fact]
    public void A_forward_that_changes_from_call_to_call_is_found()
    {
        int calls = 0;
        LayerCheck? failure = VerifyAsNegation(x => calls++ < 1 ? x.neg() : x.neg().add(x.detach().mul(2)));
        Assert.Equal(("model", "determinism"), (failure?.Name, failure?.Quantity));
    }

    [Fact]
    public void A_forward_that_throws_is_named()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("first", nn.ReLU()), ("second", new Leaf(_ => throw new InvalidOperationException("no more"))));
        using Tensor input = randn(2, 3);
        LayerCheck? failure = Verifier.Verify(model, input).FirstFailure;
        Assert.Equal(("second", "forward"), (failure?.Name, failure?.Quantity));
        Assert.Contains("no more", failure?.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_leaf_is_unverified_and_fails_unless_allowed()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("relu", nn.ReLU()), ("leaf", new Leaf(x => x.neg())));
        using Tensor input = randn(2, 3);
        VerificationReport report = Verifier.Verify(model, input);
        Assert.Equal(("leaf", Verdict.Unverified), (report.FirstFailure?.Name, report.FirstFailure?.Verdict));
        Assert.Same(report.FirstFailure, report.WorstFirst[0]);
        VerificationReport allowed = Verifier.Verify(model, input, new VerifyOptions { AllowUnverified = new HashSet<string> { nameof(Leaf) } });
        Assert.True(allowed.Passed);
        Assert.Contains(allowed.Checks, check => check.Verdict == Verdict.Unverified);
    }

    // "determinism" is the model's second forward: the leaf runs in the trace, alone for its gradient, and then again.
    private static LayerCheck? VerifyAsNegation(Func<Tensor, Tensor> function)
    {
        var checks = CheckRegistry.CreateDefault();
        checks.Add<Leaf>(_ => new Negation());
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("first", nn.ReLU()), ("leaf", new Leaf(function)));
        using Tensor input = rand(3, 4) + 0.5;
        return Verifier.Verify(model, input, new VerifyOptions { Checks = checks, Loss = false }).FirstFailure;
    }

    private static void Corrupt(nn.Module model, string name, Func<Tensor, Tensor> change) =>
        FaultTests.Find<nn.Module<Tensor, Tensor>>(model, name).register_forward_hook((_, _, y) => change(y));

    private static Tensor AddAt(Tensor y, long place, double amount)
    {
        using Tensor bump = zeros(y.numel());
        bump[place] = amount;
        using Tensor shaped = bump.reshape(y.shape);
        return y.add(shaped);
    }

    private static long Flat(IReadOnlyList<long> index, IReadOnlyList<long> shape) =>
        index.Zip(shape).Aggregate(0L, (flat, axis) => (flat * axis.Second) + axis.First);
}
