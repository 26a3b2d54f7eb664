using ModelZoo.Inference;
using ModelZoo.Inference.Compilation;
using ModelZoo.Registry;
using ModelZoo.Tests.Inference;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>A fault is planted in a compiled network; the verification must name the operation.</summary>
[Collection(TorchCollection.Name)]
public class CompiledFaultTests
{
    private static readonly Dictionary<string, (string Model, Liveness? Rules, Action<CompiledProgram> Plant, string Quantity)> Faults = new()
    {
        ["a fold with another ε"] = ("resnet18", null, p => Scale(p, "layer2.0.conv1", 0.999f), "compiled"),
        ["a fold without the shift"] = ("resnet18", null, p => Scale(p, "layer1.0.conv1", 0f), "compiled"),
        ["one bias a hundredth off"] = ("resnet18", null, p => Shift(p, "conv1"), "compiled"),
        ["packed weights of before the change"] = ("resnet18", null, p => p.CurrentInstead = static () => true, "compiled, weights changed"),
        ["a sum over what is read later"] = ("nasnet_mobile", new Overwriting(), static _ => { }, "compiled"),
        ["a normalization over what is read later"] = ("preact_resnet18", new Overwriting(), static _ => { }, "compiled"),
        ["a growing concatenation over what is read later"] = ("densenet121", new Overwriting(), static _ => { }, "compiled"),
        ["a normalization before a convolution a hundredth off"] = ("densenet121", null, ShiftBefore, "compiled"),
        ["a convolution in a wrong place of a concatenation"] = ("googlenet", null, Displace, "compiled"),
    };

    // Without the fused operators a convolution adds in memory of its own, and reads and writes as its layer does.
    public static TheoryData<string> Names => [.. Faults.Where(f => CompiledModel.Unavailable is null || !NeedsKernels(f.Value)).Select(f => f.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_fault_is_found(string name)
    {
        (string modelName, Liveness? rules, Action<CompiledProgram> plant, string quantity) = Faults[name];
        using ZooModel model = CompiledModelTests.Adapted(modelName, 32, out Tensor images);
        using Tensor input = images;
        // Where normalizations are computed by themselves they are what would like to write over something.
        CompileOptions options = new() { Fusions = rules is null ? Fusions.All : Fusions.All & ~Fusions.PreActivations };
        using (CompiledModel right = model.Compile(options))
        {
            Assert.DoesNotContain(CompiledVerifier.Verify(model, right, input, Quick), check => check.Verdict == Verdict.Failed);
        }

        using var wrong = new CompiledModel(model, options) { Rules = rules };
        wrong.With(input, program =>
        {
            plant(program);
            return true;
        });
        LayerCheck? failure = CompiledVerifier.Verify(model, wrong, input, Quick).FirstOrDefault(check => check.Verdict == Verdict.Failed);
        Assert.NotNull(failure);
        Assert.Equal(quantity, failure.Quantity);
    }

    [Fact]
    public void A_sum_over_what_the_convolution_itself_reads_is_found()
    {
        using var model = new SelfSum();
        using Tensor input = randn(4, 3, 64, 64);
        using (CompiledModel right = model.Compile())
        {
            Assert.All(CompiledVerifier.Verify(model, right, input, Quick), check => Assert.True(check.Passed, $"{check}"));
        }

        using var wrong = new CompiledModel(model, new()) { Rules = new Overwriting() };
        Assert.Equal(CompiledModel.Unavailable is null, CompiledVerifier.Verify(model, wrong, input, Quick).Any(check => check.Verdict == Verdict.Failed));
    }

    private static VerifyOptions Quick { get; } = new() { MaxElements = 2048, MaxTerms = 200_000 };

    private static Tensor Bias(CompiledProgram program, string layer) =>
        program.Steps.OfType<ConvolutionStep>().Single(s => s.Layers[0].Name == layer).Bias!;

    private static void Scale(CompiledProgram program, string layer, float factor)
    {
        using IDisposable none = no_grad();
        Bias(program, layer).mul_(factor);
    }

    private static void Shift(CompiledProgram program, string layer)
    {
        using IDisposable none = no_grad();
        using Tensor one = Bias(program, layer).narrow(0, 5, 1);
        one.add_(0.01f);
    }

    private static bool NeedsKernels((string Model, Liveness? Rules, Action<CompiledProgram> Plant, string Quantity) fault) =>
        fault.Rules is not null || fault.Plant == ShiftBefore || fault.Plant == Displace;

    private static void ShiftBefore(CompiledProgram program)
    {
        using IDisposable none = no_grad();
        program.Steps.OfType<ConvolutionStep>().Single(s => s.Layers[0].Name == "features.denseblock1.denselayer2.norm1").BeforeShift!.add_(0.01f);
    }

    private static void Displace(CompiledProgram program)
    {
        ConvolutionStep step = program.Steps.OfType<ConvolutionStep>().First(s => s.Place is not null);
        step.Place = step.Place! with { Channel = step.Place!.Channel + 1 };
    }

    // Overwrites whenever a step would like to.
    private sealed class Overwriting : Liveness
    {
        protected override bool MayOverwrite(int value, int at, Step step, int[] last, int[] memory) => value != 0;
    }

    private sealed class SelfSum : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Conv2d first = nn.Conv2d(3, 32, 3, padding: 1);
        private readonly Conv2d second = nn.Conv2d(32, 32, 3, padding: 1);
        private readonly Layers.Add add = new();
#pragma warning restore IDE1006

        public SelfSum() : base(nameof(SelfSum)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = first.call(input);
            return add.call(second.call(x), x).MoveToOuterDisposeScope();
        }
    }
}
