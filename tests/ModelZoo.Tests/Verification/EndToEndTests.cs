using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Reference;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using Xunit;
using static TorchSharp.torch;
using Linear = TorchSharp.Modules.Linear;

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
        AssertAgrees(model, 2, info.Input.Channels, info.Input.Height, info.Input.Width);
    }

    [Fact]
    public void Branches_and_a_shared_leaf_add_their_gradients_up()
    {
        manual_seed(12);
        using var branchy = new Branchy();
        AssertAgrees(branchy, 2, 3, 9, 9);

        Linear shared = nn.Linear(5, 5);
        using nn.Module<Tensor, Tensor> twice = nn.Sequential(("a", shared), ("tanh", nn.Tanh()), ("b", shared));
        AssertAgrees(twice, 3, 5);
    }

    [Fact]
    public void A_gradient_that_is_wrong_somewhere_shows_everywhere_before_it()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("fc1", nn.Linear(4, 4)), ("leaf", new Leaf(x => x.mul(2).neg().add(x.detach()))),
            ("fc2", nn.Linear(4, 3)));
        var checks = CheckRegistry.CreateDefault();
        checks.Add<Leaf>(_ => new Negation());
        var verdicts = EndToEnd.Verify(model, [2, 4], new VerifyOptions { Checks = checks }).ToDictionary(c => c.Quantity, c => c.Passed);
        Assert.True(verdicts["output"] && verdicts["loss"] && verdicts["grad fc2.weight"]);
        Assert.False(verdicts["grad fc1.weight"] || verdicts["grad fc1.bias"] || verdicts["grad input"]);
    }

    [Fact]
    public void Swapped_gradients_of_a_concatenation_are_caught_in_the_branches()
    {
        manual_seed(13);
        using var model = new Branchy();
        var checks = CheckRegistry.CreateDefault();
        checks.Add<Concat>(_ => new SwappedConcat());
        var verdicts = EndToEnd.Verify(model, [2, 3, 9, 9], new VerifyOptions { Checks = checks }).ToDictionary(c => c.Quantity, c => c.Passed);
        Assert.True(verdicts["output"] && verdicts["loss"] && verdicts["grad fc.weight"]);
        Assert.False(verdicts["grad left.weight"] || verdicts["grad right.weight"] || verdicts["grad conv1.weight"] || verdicts["grad input"]);
    }

    [Fact]
    public void Auxiliary_heads_enter_the_loss_with_their_weight()
    {
        manual_seed(14);
        ModelInfo info = Catalog.Models.Find("googlenet");
        using ZooModel model = info.Create(info.Defaults with { NumClasses = 5, InputHeight = 32, InputWidth = 32 });
        byte[] before = model.state_dict()["fc.weight"].bytes.ToArray();
        IReadOnlyList<LayerCheck> checks = EndToEnd.Verify(model, [1, 3, 32, 32]);
        Assert.All(checks, c => Assert.True(c.Passed, $"{c}"));
        Assert.Contains(checks, c => c.Quantity == "grad aux1.fc2.weight");
        Assert.Equal(before, model.state_dict()["fc.weight"].bytes.ToArray());
        Assert.Equal(ScalarType.Float32, model.parameters().First().dtype);
    }

    [Theory]
    [InlineData("encdec_unpool")]
    [InlineData("encdec_transposed")]
    public void Images_are_held_against_random_ones(string name)
    {
        manual_seed(15);
        using ZooModel model = Catalog.Models.Find(name).Create();
        IReadOnlyList<LayerCheck> checks = EndToEnd.Verify(model, [2, 1, 12, 12]);
        Assert.All(checks, c => Assert.True(c.Passed, $"{c}"));
    }

    [Fact]
    public void An_unknown_leaf_is_refused_by_name()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("leaf", new Leaf(x => x.neg())));
        Assert.Contains("leaf", Assert.Throws<ZooException>(() => EndToEnd.Verify(model, [2, 4])).Message, StringComparison.Ordinal);
    }

    private static void AssertAgrees(nn.Module<Tensor, Tensor> model, params long[] shape)
    {
        IReadOnlyList<LayerCheck> checks = EndToEnd.Verify(model, shape);
        Assert.Equal(3 + model.named_parameters().Count(), checks.Count);
        Assert.All(checks, c => Assert.True(c.Passed && c.MaxError <= 1e-11 * Math.Max(1, Math.Abs(c.Expected)), $"{c}"));
        Assert.All(model.parameters(), p => Assert.Null(p.grad));
    }

    // Each input gets the other's gradient.
    private sealed record SwappedConcat : ILayerCheck
    {
        private readonly ILayerCheck right = NormalizationFaultTests.CheckOf(new Concat());

        public long Parameters => 0;

        public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => right.Output(inputs, rounding);

        public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
        {
            Quantity[] gradients = [.. right.Gradients(inputs, gradY, rounding)];
            return [gradients[1] with { Name = gradients[0].Name }, gradients[0] with { Name = gradients[1].Name }];
        }
    }
}
