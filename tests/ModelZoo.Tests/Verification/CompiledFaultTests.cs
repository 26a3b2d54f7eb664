using ModelZoo.Inference;
using ModelZoo.Inference.Compilation;
using ModelZoo.Registry;
using ModelZoo.Tests.Inference;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
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
        ["one bias one thousandth off"] = ("resnet18", null, p => Bias(p, "conv1")[5].mul_(1.001f), "compiled"),
        ["packed weights of before the change"] = ("resnet18", null, p => p.CurrentInstead = static () => true, "compiled, weights changed"),
        ["a sum over what is read later"] = ("resnet18", new Overwriting(), static _ => { }, "compiled"),
        ["a gate over what is read later"] = ("efficientnet_b0", new Overwriting(), static _ => { }, "compiled"),
        ["a normalization over what is read later"] = ("densenet121", new Overwriting(), static _ => { }, "compiled"),
    };

    // Without the fused operators a convolution adds in memory of its own.
    public static TheoryData<string> Names => [.. Faults.Where(f => f.Value.Rules is null || CompiledModel.Unavailable is null).Select(f => f.Key)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_planted_fault_is_found(string name)
    {
        (string modelName, Liveness? rules, Action<CompiledProgram> plant, string quantity) = Faults[name];
        using ZooModel model = CompiledModelTests.Adapted(modelName, 32, out Tensor images);
        using Tensor input = images;
        using (CompiledModel right = model.Compile())
        {
            Assert.DoesNotContain(CompiledVerifier.Verify(model, right, input, Quick), check => check.Verdict == Verdict.Failed);
        }

        using var wrong = new CompiledModel(model, new()) { Rules = rules };
        wrong.With(input, program =>
        {
            plant(program);
            return true;
        });
        LayerCheck? failure = CompiledVerifier.Verify(model, wrong, input, Quick).FirstOrDefault(check => check.Verdict == Verdict.Failed);
        Assert.NotNull(failure);
        Assert.Equal(quantity, failure.Quantity);
    }

    private static VerifyOptions Quick { get; } = new() { MaxElements = 2048, MaxTerms = 200_000 };

    private static Tensor Bias(CompiledProgram program, string layer) =>
        program.Steps.OfType<ConvolutionStep>().Single(s => s.Layers[0].Name == layer).Bias!;

    private static void Scale(CompiledProgram program, string layer, float factor)
    {
        using IDisposable none = no_grad();
        Bias(program, layer).mul_(factor).Dispose();
    }

    // Overwrites whenever a step would like to.
    private sealed class Overwriting : Liveness
    {
        protected override bool MayOverwrite(int value, int at, Step step, int[] last, int[] memory) => value != 0;
    }
}
