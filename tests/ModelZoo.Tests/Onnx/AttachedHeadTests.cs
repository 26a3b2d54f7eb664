using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using ModelZoo.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx;

/// <summary>Networks that end in features get a head: traced, verified, trained, saved and exported like any other.</summary>
[Collection(TorchCollection.Name)]
public sealed class AttachedHeadTests : IDisposable
{
    private readonly TempFolder folder = new();

    private static OnnxGraphs Maps() => new OnnxGraphs(13).Input("n", 3, 16, 16).Weight("conv.weight", 8, 3, 3, 3).Weight("conv.bias", 8)
        .Node("Conv", "x conv.weight conv.bias -> c", AttributeProto.Of("strides", [2L, 2])).Node("Relu", "c -> y");

    private static OnnxGraphs Pooled() => Maps().Node("GlobalAveragePool", "y -> p");

    private static OnnxGraphs Rows() => Pooled().Node("Flatten", "p -> f").Node("Relu", "f -> r");

    public static TheoryData<string> Kinds => ["maps", "pooled", "rows"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Features_get_a_head_that_is_verified_saved_and_exported(string kind)
    {
        using DisposeScope scope = NewDisposeScope();
        using ResolvedModel model = Headed(kind);
        Assert.Equal("head", model.Model.Head);
        TransferLearning.ReplaceHead(model.Model, 4);
        ResolvedModel ready = model with { Options = model.Options with { NumClasses = 4 }, Labels = ["a", "b", "c", "d"] };
        Tensor x = randn(2, 3, 16, 16), before = Forward(ready.Model, x);
        Assert.Equal([2L, 4], before.shape);
        Assert.True(before.abs().max().item<float>() > 0);
        VerificationReport report = Verifier.Verify(ready.Model, x);
        Assert.True(report.Passed, $"{report.FirstFailure}");

        Checkpoint.Save(folder.File("x.safetensors"), ready.Model, new()
        {
            Architecture = ready.Info.Name,
            Options = ready.Options,
            Labels = ready.Labels,
            Preprocessing = ready.Preprocessing,
            Graph = ready.Info.Graph,
        });
        using ResolvedModel opened = ModelResolver.Resolve(Catalog.Models, folder.File("x.safetensors"), Catalog.ReadResource);
        Assert.True(Forward(opened.Model, x).equal(before).all().item<bool>());
        OnnxExport.Write(folder.File("again.onnx"), opened.Model, new() { Input = [3, 16, 16] });
        using ZooModel again = OnnxModel.Load(folder.File("again.onnx"));
        Assert.True(Forward(again, x).equal(before).all().item<bool>());
        Assert.Equal("head", again.Head);
    }

    [Fact]
    public void It_learns_what_the_features_can_tell()
    {
        using ResolvedModel model = Headed("maps");
        ImageDataset digits = Digits.Load(DataSplit.Train).Take(400);
        FineTuneResult result = FineTuner.Run(model, digits, digits, new FineTuneOptions { Seed = 1 });
        using (result)
        {
            Assert.Equal(10, result.Model.Options.NumClasses);
            Assert.True(result.Training.TestAccuracy > 0.14, $"{result.Training.TestAccuracy}"); // of ten, from eight random features
            Assert.Empty(result.KeptClasses);
        }
    }

    [Fact]
    public void A_network_that_has_a_head_stays_as_it_is()
    {
        OnnxGraphs graph = Pooled().Node("Flatten", "p -> f").Weight("fc.weight", 5, 8).Weight("fc.bias", 5)
            .Node("Gemm", "f fc.weight fc.bias -> r", AttributeProto.Of("transB", 1L));
        File.WriteAllBytes(folder.File("x.onnx"), graph.Bytes("r"));
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, folder.File("x.onnx"), Catalog.ReadResource);
        Assert.Same(model, ImportedGraph.WithHead(model));
    }

    public void Dispose() => folder.Dispose();

    private ResolvedModel Headed(string kind)
    {
        byte[] bytes = kind switch { "maps" => Maps().Bytes("y"), "pooled" => Pooled().Bytes("p"), _ => Rows().Bytes("r") };
        File.WriteAllBytes(folder.File("x.onnx"), bytes);
        return ImportedGraph.WithHead(ModelResolver.Resolve(Catalog.Models, folder.File("x.onnx"), Catalog.ReadResource));
    }

    private static Tensor Forward(nn.Module<Tensor, Tensor> model, Tensor x)
    {
        using IDisposable none = no_grad();
        model.eval();
        return model.call(x);
    }
}
