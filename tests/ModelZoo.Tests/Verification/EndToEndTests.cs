using ModelZoo.Models;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>In float64 the two sides must agree to about the last digits, so a relative error tells a wrong chain from rounding.</summary>
[Collection(TorchCollection.Name)]
public class EndToEndTests
{
    [Theory]
    [InlineData("lenet5")]
    [InlineData("lenet5_classic")]
    [InlineData("small_cnn")]
    public void The_reference_runs_the_whole_model_as_torch_does(string name)
    {
        manual_seed(11);
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        model.to(ScalarType.Float64);
        using Tensor input = randn(2, info.Input.Channels, info.Input.Height, info.Input.Width, dtype: ScalarType.Float64);
        AssertAgrees(model, input);
    }

    [Fact]
    public void Branches_and_a_shared_leaf_add_their_gradients_up()
    {
        manual_seed(12);
        using var branchy = new Branchy();
        branchy.to(ScalarType.Float64);
        using Tensor image = randn(2, 3, 9, 9, dtype: ScalarType.Float64);
        AssertAgrees(branchy, image);

        Linear shared = nn.Linear(5, 5, dtype: ScalarType.Float64);
        using nn.Module<Tensor, Tensor> twice = nn.Sequential(("a", shared), ("tanh", nn.Tanh()), ("b", shared));
        using Tensor row = randn(3, 5, dtype: ScalarType.Float64);
        AssertAgrees(twice, row);
    }

    [Fact]
    public void A_gradient_that_is_wrong_somewhere_shows_everywhere_before_it()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("fc1", nn.Linear(4, 4)), ("leaf", new Leaf(x => x.mul(2).neg().add(x.detach()))), ("fc2", nn.Linear(4, 3)));
        var checks = CheckRegistry.CreateDefault();
        checks.Add<Leaf>(_ => new Negation());
        using Tensor input = randn(2, 4);
        var differences = EndToEnd.Compare(model, input, new VerifyOptions { Checks = checks }).ToDictionary(d => d.Name, d => d.RelativeError);
        Assert.InRange(differences["output"], 0, 1e-5);
        Assert.InRange(differences["fc2.weight"], 0, 1e-5);
        Assert.Equal(1, differences["fc1.weight"], 3);
        Assert.Equal(1, differences["grad input"], 3);
    }

    [Fact]
    public void An_unknown_leaf_is_refused_by_name()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("leaf", new Leaf(x => x.neg())));
        using Tensor input = randn(2, 4);
        Assert.Contains("leaf", Assert.Throws<ZooException>(() => EndToEnd.Compare(model, input)).Message, StringComparison.Ordinal);
    }

    private static void AssertAgrees(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        IReadOnlyList<EndToEndDifference> differences = EndToEnd.Compare(model, input);
        Assert.Equal(3 + model.named_parameters().Count(), differences.Count);
        Assert.All(differences, d => Assert.True(d.RelativeError < 1e-11, $"{d}"));
        Assert.All(model.parameters(), p => Assert.Null(p.grad));
    }
}
