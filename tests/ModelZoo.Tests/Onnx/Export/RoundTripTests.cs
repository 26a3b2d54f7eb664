using ModelZoo.Models;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx.Export;

/// <summary>
/// A network that is written and read again gives the same logits to the bit: small ones of every family; with ZOO_WHOLE_CATALOG=1 (as scripts/test --full sets
/// it) every model of the catalog.
/// </summary>
[Collection(TorchCollection.Name)]
public sealed class RoundTripTests
{
    private static readonly string[] Small = ["lenet5_classic", "lenet5", "convnet", "small_cnn", "resnet20", "resnet20_b", "wrn_16_8", "preact_resnet18",
        "mobilenet_v1_050", "mobilenet_v2", "nasnet_mobile", "efficientnet_b0", "squeezenet1_1", "googlenet", "se_resnet18", "conv_depthwise_separable",
        "encdec_nails", "encdec_nearest", "encdec_transposed", "encdec_unpool"];

    public static TheoryData<string> Names => Environment.GetEnvironmentVariable("ZOO_WHOLE_CATALOG") == "1"
        ? [.. Catalog.Models.Models.Select(m => m.Name)]
        : [.. Small];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_gives_the_same_logits_to_the_bit(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TempFolder();
        ModelInfo info = Catalog.Models.Find(name);
        bool whole = info.Family is "vgg" or "alexnet"; // at small sizes their pooling repeats pixels, which is written as products and not read
        int size = whole ? info.Input.Height : Math.Max(info.MinimumSize, Math.Min(32, info.Input.Height));
        ModelOptions options = info.Defaults with { InputHeight = size, InputWidth = size };
        manual_seed(2);
        string path = folder.File("x.onnx");
        Tensor x = randn(2, info.Input.Channels, size, size), before;
        using (ZooModel model = info.Create(options))
        {
            NetworkExportTests.Randomize(model);
            model.eval();
            using IDisposable none = no_grad();
            before = model.call(x);
            OnnxExport.Write(path, model, new() { Input = [info.Input.Channels, size, size] });
        }

        using (ZooModel read = OnnxModel.Load(path))
        {
            using IDisposable none = no_grad();
            Tensor after = read.call(x);
            Assert.Equal(before.shape, after.shape);
            Assert.Equal(0, (after - before).abs().max().item<float>());
        }
    }
}
