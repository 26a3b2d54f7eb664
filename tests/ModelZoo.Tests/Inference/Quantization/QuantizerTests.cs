using ModelZoo.Inference;
using ModelZoo.Inference.Quantization;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using ModelZoo.Weights;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference.Quantization;

/// <summary>Quantized networks: close to the float one, the same by oneDNN and by plain operators, verified, and faults in them found.</summary>
[Collection(TorchCollection.Name)]
public class QuantizerTests(ITestOutputHelper log)
{
    private static VerifyOptions Quick { get; } = new() { MaxElements = 512, MaxTerms = 200_000 };

    public static TheoryData<string, int> Networks => new()
    {
        { "resnet20", 32 }, { "resnet50", 32 }, { "mobilenet_v2", 32 }, { "googlenet", 32 }, { "alexnet", 64 }, { "densenet121", 32 },
        { "efficientnet_b0", 32 }, { "squeezenet1_1", 48 }, { "lenet5", 32 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Every_step_on_bytes_is_the_exact_sum_of_integers(string name, int size)
    {
        using ZooModel model = CompiledModelTests.Adapted(name, size, out Tensor images);
        using Tensor input = images;
        QuantizationInfo info = Quantized(model, input, out double noise);
        foreach (bool native in (bool[])[true, false])
        {
            using CompiledModel compiled = model.Compile(new() { Quantization = info, ByteOperators = native });
            IReadOnlyList<LayerCheck> checks = CompiledVerifier.Verify(model, compiled, input, Quick);
            Assert.All(checks, check => Assert.True(check.Passed, $"{check}"));
            Assert.Contains(checks, check => check.Quantity.Contains("int8 output", StringComparison.Ordinal));
            log.WriteLine($"{name}: {info.Layers.Count} layers on bytes, {noise:F1} dB, {compiled.QuantizationFallback ?? "oneDNN"}");
        }

        Assert.InRange(noise, 12, 100);
    }

    [Theory]
    [InlineData("resnet20", 32)]
    [InlineData("googlenet", 32)]
    public void OneDNN_and_plain_operators_give_the_same(string name, int size)
    {
        using ZooModel model = CompiledModelTests.Adapted(name, size, out Tensor images);
        using Tensor input = images;
        QuantizationInfo info = Quantized(model, input, out _);
        using CompiledModel fast = model.Compile(new() { Quantization = info }), plain = model.Compile(new() { Quantization = info, ByteOperators = false });
        using CompiledModel without = model.Compile(new() { Quantization = info, FusedOperators = false });
        using Tensor a = fast.Call(input), b = plain.Call(input), c = without.Call(input);
        Assert.Equal(CompiledModel.QuantizationUnavailable ?? CompiledModel.Unavailable, fast.QuantizationFallback);
        Assert.NotNull(plain.QuantizationFallback);
        float most = b.abs().max().item<float>();
        Assert.True((a - b).abs().max().item<float>() < 0.02f * most); // a tie of a rounding may fall to the other side
        Assert.True((c - b).abs().max().item<float>() < 0.02f * most);
    }

    public static TheoryData<string> Faults =>
        ["a wrong zero point", "a wrong scale of one channel", "weights of before the change", "a wrong scale", "a correction"];

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_planted_fault_is_found(string fault)
    {
        using ZooModel model = CompiledModelTests.Adapted("resnet20", 32, out Tensor images);
        using Tensor input = images;
        QuantizationInfo right = Quantized(model, input, out _), wrong = fault switch
        {
            "a wrong zero point" => right with { Values = [.. right.Values.Select(v => v.Layer.Length == 0 ? v with { Zero = v.Zero + 1 } : v)] },
            "a wrong scale" => right with { Values = [.. right.Values.Select((v, i) => i == 5 ? v with { Scale = v.Scale * 1.02f } : v)] },
            "a wrong scale of one channel" => Changed(right, 3, l => l with { Scales = [.. l.Scales.Select((s, k) => k == 7 ? s * 1.05f : s)] }),
            "a correction" => Changed(right, 2, l => l with { Correction = [.. l.Correction.Select((c, k) => k == 1 ? c + 0.2f : c)] }),
            _ => right,
        };
        using (CompiledModel good = model.Compile(new() { Quantization = right }))
        {
            Assert.DoesNotContain(CompiledVerifier.Verify(model, good, input, Quick), c => c.Verdict == Verdict.Failed);
        }

        using var bad = new CompiledModel(model, new() { Quantization = wrong }) { Claimed = right };
        if (fault == "weights of before the change")
        {
            bad.With(input, program => program.CurrentInstead = static () => true);
        }

        LayerCheck failure = CompiledVerifier.Verify(model, bad, input, Quick).First(c => c.Verdict == Verdict.Failed);
        log.WriteLine($"{failure}");
    }

    [Fact]
    public void A_stale_pack_is_found()
    {
        if (CompiledModel.QuantizationUnavailable is not null)
        {
            return; // nothing is packed
        }

        using ZooModel model = CompiledModelTests.Adapted("resnet20", 32, out Tensor images);
        using Tensor input = images;
        using CompiledModel compiled = model.Compile(new() { Quantization = Quantized(model, input, out _) });
        compiled.Call(input).Dispose(); // packs
        compiled.With(input, program =>
        {
            ByteProduct product = program.Steps.OfType<ByteProductStep>().ElementAt(4).Product;
            using IDisposable none = no_grad();
            using Tensor negative = product.Weight.neg();
            product.Weight.copy_(negative);
            return true;
        });
        Assert.Contains(CompiledVerifier.Verify(model, compiled, input, Quick), c => c.Verdict == Verdict.Failed && c.Quantity.Contains("int8 output"));
    }

    [Fact]
    public void Layers_that_are_named_stay_in_float()
    {
        using ZooModel model = CompiledModelTests.Adapted("resnet20", 32, out Tensor images);
        using Tensor input = images;
        using var quantizer = Quantizer.Calibrate(model, [input], new() { FloatFirst = true, FloatLayers = ["layer2.0.conv1"], ReportImages = 0 });
        QuantizationInfo info = quantizer.Info();
        Assert.Equal(quantizer.Layers.Except(["conv1", "layer2.0.conv1", "fc"]), info.Layers.Select(l => l.Layer));
        using CompiledModel compiled = model.Compile(new() { Quantization = info });
        Assert.DoesNotContain(CompiledVerifier.Verify(model, compiled, input, Quick), c => c.Verdict == Verdict.Failed);
        using var unknown = Quantizer.Calibrate(model, [input], new() { FloatLayers = ["layer2.0.conv3"] });
        Assert.Contains("layer2.0.conv", Assert.Throws<UsageException>(unknown.Info).Message, StringComparison.Ordinal);
    }

    private static QuantizationInfo Changed(QuantizationInfo info, int place, Func<QuantizedLayer, QuantizedLayer> change) =>
        info with { Layers = [.. info.Layers.Select((l, i) => i == place ? change(l) : l)] };

    private static QuantizationInfo Quantized(ZooModel model, Tensor input, out double noise)
    {
        using var quantizer = Quantizer.Calibrate(model, [input], new() { ReportImages = 0 });
        QuantizationInfo info = quantizer.Info();
        using CompiledModel plain = model.Compile(), compiled = model.Compile(new() { Quantization = info });
        using Tensor expected = plain.Call(input), seen = compiled.Call(input), difference = expected - seen;
        noise = 10 * Math.Log10(expected.square().sum().item<float>() / difference.square().sum().item<float>());
        return info;
    }
}
