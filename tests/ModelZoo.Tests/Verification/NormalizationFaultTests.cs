using ModelZoo.Layers;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>Faults planted in the layers of residual networks: normalizations, gates, padded shortcuts.</summary>
[Collection(TorchCollection.Name)]
public class NormalizationFaultTests
{
    private static readonly Dictionary<string, (Func<nn.Module<Tensor, Tensor>> Build, Action<nn.Module> Plant, string Cause)> Faults = new()
    {
        ["eps of a group norm"] = (() => new Normalization(NormalizationKind.Group, 2).Create(4), m => ((GroupNorm)m).eps = 1e-3, "eps 0.001 instead of 1e-05"),
        ["groups"] = (() => new Normalization(NormalizationKind.Group, 2).Create(4), m => ((GroupNorm)m).num_groups = 1, "1 group instead of 2 groups"),
        ["group norm as instance norm"] = (() => new Normalization(NormalizationKind.Layer).Create(4), m =>
            ((GroupNorm)m).num_groups = 4, "a group per channel instead of 1 group"),
        ["scale and shift of a group norm"] = (() => new Normalization(NormalizationKind.Group, 2).Create(4), m =>
            Plain(((GroupNorm)m).weight, ((GroupNorm)m).bias!), "scale and shift are missing"),
        ["eps of an instance norm"] = (() => nn.InstanceNorm2d(4, affine: true), m => ((InstanceNorm2d)m).eps = 1e-6, "eps 1e-06 instead of 1e-05"),
        ["scale and shift of an instance norm"] = (() => nn.InstanceNorm2d(4, affine: true), m =>
            Plain(((InstanceNorm2d)m).weight, ((InstanceNorm2d)m).bias!), "scale and shift are missing"),
        ["eps of a layer norm"] = (() => nn.LayerNorm([4, 5, 5]), m => ((LayerNorm)m).eps = 1e-3, "eps 0.001 instead of 1e-05"),
        ["scale and shift of a layer norm"] = (() => nn.LayerNorm([4, 5, 5]), m =>
            Plain(((LayerNorm)m).weight, ((LayerNorm)m).bias!), "scale and shift are missing"),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_fault_in_a_normalization_is_named(string name)
    {
        (Func<nn.Module<Tensor, Tensor>> build, Action<nn.Module> plant, string cause) = Faults[name];
        manual_seed(2);
        nn.Module<Tensor, Tensor> wrong = build();
        using nn.Module<Tensor, Tensor> trusted = nn.Sequential(("norm", build())), model = nn.Sequential(("norm", wrong));
        foreach ((string _, Parameter parameter) in trusted.named_parameters())
        {
            FaultTests.Change(parameter, p => p + (randn(p.shape) * 0.3));
        }

        model.load_state_dict(trusted.state_dict());
        using Tensor input = (randn(2, 4, 5, 5) * 0.1) + 0.1;
        Assert.Null(Verifier.Verify(model, input, against: trusted).FirstFailure);

        plant(wrong);

        LayerCheck? failure = Verifier.Verify(model, input, against: trusted).FirstFailure;
        Assert.Equal("norm", failure?.Name);
        Assert.Contains(cause, failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 1, 2, "the zeros come before the input's channels instead of after them")]
    [InlineData(0, 1, 1, "stride 1 instead of 2")]
    [InlineData(0, 2, 2, null)]
    public void A_fault_in_a_padded_shortcut_is_named(long turned, double factor, long stride, string? cause)
    {
        using PaddedShortcut trusted = new(3, 8, 2), other = new(3, 8, stride);
        using var wrong = new Leaf(x => other.call(x).roll(turned, 1) * factor);
        var options = new VerifyOptions();
        options.Checks.Add<Leaf>(_ => CheckOf(trusted));
        using Tensor input = randn(2, 3, 6, 6);
        LayerCheck? failure = Verifier.Verify(wrong, input, options).FirstFailure;
        Assert.Equal("output", failure?.Quantity);
        Assert.Equal(cause, failure?.LikelyCause);
    }

    [Fact]
    public void A_wrong_gradient_of_a_padded_shortcut_is_caught()
    {
        using PaddedShortcut trusted = new(3, 8, 2);
        using var wrong = new Leaf(x => trusted.call(x) + ((x - x.detach()).sum() * 1e-3)); // adds 0, and a gradient
        var options = new VerifyOptions();
        options.Checks.Add<Leaf>(_ => CheckOf(trusted));
        using Tensor input = randn(2, 3, 6, 6);
        Assert.Equal("grad input", Verifier.Verify(wrong, input, options).FirstFailure?.Quantity);
    }

    [Theory]
    [InlineData("product", null, null)]
    [InlineData("sum", "output", "added instead of multiplied")]
    [InlineData("first", "output", "the first input is passed on alone")]
    [InlineData("no gradient to the gates", "grad input 1", null)]
    public void A_fault_in_a_gate_is_named(string fault, string? quantity, string? cause)
    {
        using var trusted = new Multiply();
        using var model = new Gated((x, gates) => fault switch
        {
            "sum" => x + gates,
            "first" => x.alias(),
            "no gradient to the gates" => x * gates.detach(),
            _ => x * gates,
        });
        var options = new VerifyOptions();
        options.Checks.Add<Join>(_ => CheckOf(trusted));
        using Tensor input = randn(2, 3, 6, 6);
        LayerCheck? failure = Verifier.Verify(model, input, options).FirstFailure;
        Assert.Equal(quantity, failure?.Quantity);
        Assert.Equal(cause, failure?.LikelyCause);
    }

    internal static ILayerCheck CheckOf(nn.Module layer) =>
        CheckRegistry.CreateDefault().TryFind(layer, out ILayerCheck? check, out string? reason) ? check : throw new ZooException(reason);

    private static void Plain(Parameter weight, Parameter bias)
    {
        FaultTests.Change(weight, w => w.ones_like());
        FaultTests.Change(bias, b => b.zeros_like());
    }
}

/// <summary>A layer of two inputs made of a function.</summary>
internal sealed class Join(Func<Tensor, Tensor, Tensor> function) : nn.Module<Tensor, Tensor, Tensor>(nameof(Join))
{
    public override Tensor forward(Tensor input1, Tensor input2) => function(input1, input2);
}

/// <summary>Channels weighed by the logistic function of their averages.</summary>
internal sealed class Gated : nn.Module<Tensor, Tensor>
{
    private readonly AdaptiveAvgPool2d pool = nn.AdaptiveAvgPool2d(1);
    private readonly Sigmoid sigmoid = nn.Sigmoid();
    private readonly Join join;

    public Gated(Func<Tensor, Tensor, Tensor> function) : base(nameof(Gated))
    {
        join = new Join(function);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        return join.call(input, sigmoid.call(pool.call(input))).MoveToOuterDisposeScope();
    }
}
