using ModelZoo.Cli;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Onnx;
using ModelZoo.Registry;
using ModelZoo.Tests.Oracle;
using ModelZoo.Tracing;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using ModelZoo.Verification.Engines;
using ModelZoo.Weights;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx;

/// <summary>Networks of torchvision as PyTorch's exporter writes them, at small sizes, against ONNX Runtime.</summary>
public sealed class OnnxNetworkTests(OnnxNetworkTests.Exported exported) : IClassFixture<OnnxNetworkTests.Exported>
{
    private const int Size = 64;

    [Theory]
    [InlineData("resnet18")]
    [InlineData("resnet18_whole")]
    [InlineData("mobilenet_v2")]
    [InlineData("mobilenet_v3_small")]
    [InlineData("shufflenet_v2_x0_5")]
    [InlineData("squeezenet1_1")]
    [InlineData("densenet")]
    [InlineData("googlenet")]
    [InlineData("efficientnet_b0")]
    [InlineData("unet")]
    public void A_network_computes_what_ONNX_Runtime_does_and_has_a_trace(string name)
    {
        string path = exported.File(name);
        using var scope = NewDisposeScope();
        OnnxImport import = OnnxModel.Open(path);
        using ZooModel model = import.Model;
        float[] x = new OnnxGraphs(13).Values(2 * 3 * Size * Size, -2, 2);
        using Tensor y = Forward(model, tensor(x, [2, 3, Size, Size]));
        OnnxGraphs.Near(y.contiguous().data<float>().ToArray(), OnnxGraphs.Run(File.ReadAllBytes(path), [2, 3, Size, Size], x), 2e-4);
        using Trace trace = Trace.Run(model, 1, 3, Size, Size);
        Assert.Equal(y.shape[1..], trace.Nodes[trace.Output].OutputShape[1..]);
        Assert.Equal(import.Info.Classes, y.shape[1]);
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("mobilenet_v3_small")]
    [InlineData("shufflenet_v2_x0_5")]
    [InlineData("densenet")]
    [InlineData("efficientnet_b0")]
    [InlineData("unet")]
    public void Every_value_of_a_network_is_within_the_bounds_of_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        var quick = new VerifyOptions { MaxElements = 256, MaxTerms = 20_000, Training = false };
        using (GraphVerifier graph = GraphVerifier.Open(exported.File(name)))
        {
            VerificationReport runtime = graph.Verify(new OnnxRuntimeEngine(), randn(2, 3, Size, Size), quick);
            Assert.True(runtime.Passed, $"ONNX Runtime: {runtime.FirstFailure}");
        }

        using ZooModel model = OnnxModel.Load(exported.File(name));
        VerificationReport torch = Verifier.Verify(model, randn(2, 3, Size, Size), quick);
        Assert.True(torch.Passed, $"torch: {torch.FirstFailure}");
    }

    [Fact]
    public void Keys_are_those_of_PyTorch_and_head_stem_and_stages_are_found()
    {
        using ZooModel model = OnnxModel.Load(exported.File("resnet18"));
        Assert.Contains("layer1.0.conv1.weight", model.state_dict().Keys);
        Assert.Equal(("fc", "conv1"), (model.Head, model.Stem));
        Assert.Equal([16L, 8, 4, 2], FeatureExtractor.Describe(model, new ModelOptions(10, 3, Size, Size)).Select(f => f.Shape[^1]).TakeLast(4));
    }

    [Fact]
    public void Every_layer_of_an_imported_network_is_verified()
    {
        using var scope = NewDisposeScope();
        using ZooModel model = OnnxModel.Load(exported.File("resnet18"));
        VerificationReport report = Verifier.Verify(model, randn(2, 3, 32, 32), new VerifyOptions { MaxElements = 256, MaxTerms = 20_000 });
        Assert.True(report.Passed, report.FirstFailure?.ToString());
        Assert.DoesNotContain(report.Checks, c => c.Verdict == Verdict.Unverified);
    }

    [Fact]
    public void A_graph_of_the_catalog_becomes_that_network_with_its_own_keys()
    {
        using ResolvedModel resolved = ModelResolver.Resolve(Catalog.Models, exported.File("resnet18_whole"), Catalog.ReadResource);
        Assert.Equal("resnet18", resolved.Info.Name);
        Assert.Null(resolved.Info.Graph);
        float[] x = new OnnxGraphs(13).Values(3 * Size * Size);
        using var scope = NewDisposeScope();
        Tensor y = Forward(resolved.Model, tensor(x, [1, 3, Size, Size]));
        OnnxGraphs.Near(y.data<float>().ToArray(), OnnxGraphs.Run(File.ReadAllBytes(exported.File("resnet18_whole")), [1, 3, Size, Size], x), 2e-4);
    }

    [Fact]
    public void A_graph_with_other_padding_is_not_taken_for_the_catalogs()
    {
        using OnnxFile file = OnnxFile.Open(exported.File("resnet18_whole"));
        AttributeProto pads = file.Model.Graph!.Nodes.First(n => n.OpType == "Conv" && n.Attributes.Any(a => a.Name == "strides"
                && a.Ints[0] == 2 && n != file.Model.Graph.Nodes[0]))
            .Attributes.First(a => a.Name == "pads");
        (pads.Ints[0], pads.Ints[1], pads.Ints[2], pads.Ints[3]) = (0, 0, 2, 2); // the same size, shifted by a pixel
        using var folder = new TempFolder();
        OnnxFile.Write(folder.File("other.onnx"), file.Model);
        using ResolvedModel resolved = ModelResolver.Resolve(Catalog.Models, folder.File("other.onnx"), Catalog.ReadResource);
        Assert.Equal("other.onnx", resolved.Info.Name);
    }

    [Fact]
    public void A_checkpoint_of_an_imported_network_carries_its_graph_and_another_head()
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        using ResolvedModel imported = ModelResolver.Resolve(Catalog.Models, exported.File("mobilenet_v2"), Catalog.ReadResource);
        Tensor x = randn(2, 3, Size, Size);
        Tensor before = Forward(imported.Model, x);
        Checkpoint.Save(folder.File("same.safetensors"), imported.Model, Described(imported));
        using ResolvedModel same = ModelResolver.Resolve(Catalog.Models, folder.File("same.safetensors"), Catalog.ReadResource);
        Assert.True(Forward(same.Model, x).equal(before).all().item<bool>());

        TransferLearning.ReplaceHead(imported.Model, 4);
        ResolvedModel other = imported with { Options = imported.Options with { NumClasses = 4 }, Labels = ["a", "b", "c", "d"] };
        Tensor after = Forward(other.Model, x);
        Checkpoint.Save(folder.File("other.safetensors"), other.Model, Described(other));
        using ResolvedModel opened = ModelResolver.Resolve(Catalog.Models, folder.File("other.safetensors"), Catalog.ReadResource);
        Assert.True(Forward(opened.Model, x).equal(after).all().item<bool>());
        Assert.Equal(other.Labels, opened.Labels);
    }

    [Fact]
    public void An_imported_network_learns()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        using ZooModel model = OnnxModel.Load(exported.File("squeezenet1_1"));
        model.train();
        using var optimizer = optim.SGD(model.parameters(), 0.02);
        Tensor x = randn(4, 3, Size, Size), labels = tensor([0L, 1, 2, 3]);
        double first = 0, last = 0;
        for (int step = 0; step < 8; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            Tensor loss = nn.functional.cross_entropy(model.call(x), labels);
            loss.backward();
            if (step == 0)
            {
                Assert.All(model.named_parameters(), p => Assert.True(p.parameter.grad is { } g && g.isfinite().all().item<bool>(), p.name));
            }

            optimizer.step();
            last = loss.item<float>();
            first = step == 0 ? last : first;
        }

        Assert.True(last < first * 0.9, $"{first} to {last}");
    }

    private static CheckpointInfo Described(ResolvedModel model) => new()
    {
        Architecture = model.Info.Name,
        Options = model.Options,
        Labels = model.Labels,
        Preprocessing = model.Preprocessing,
        Graph = model.Info.Graph,
    };

    private static Tensor Forward(nn.Module<Tensor, Tensor> model, Tensor x)
    {
        using IDisposable none = no_grad();
        return model.call(x);
    }

    /// <summary>The files that PyTorch wrote: random weights, running statistics that are not the first ones, opset 13.</summary>
    public sealed class Exported : IDisposable
    {
        private const string Script = """
            import sys, torch, torchvision
            from torch import nn
            torch.manual_seed(3)
            class UNet(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.down = nn.Conv2d(3, 8, 3, 2, 1)
                    self.norm = nn.GroupNorm(4, 8)
                    self.up = nn.ConvTranspose2d(8, 4, 4, 2, 1)
                    self.last = nn.Conv2d(4 + 3 + 8, 5, 1)
                    self.act = nn.PReLU(8)
                def forward(self, x):
                    d = self.act(self.norm(self.down(x)))
                    wide = nn.functional.interpolate(d, scale_factor=2, mode='bilinear', align_corners=False)
                    return self.last(torch.cat([torch.tanh(self.up(d)), x, nn.functional.interpolate(wide, size=x.shape[2:])], 1))
            m = torchvision.models
            nets = {
                'resnet18': m.resnet18, 'resnet18_whole': m.resnet18, 'mobilenet_v2': m.mobilenet_v2, 'mobilenet_v3_small': m.mobilenet_v3_small,
                'shufflenet_v2_x0_5': m.shufflenet_v2_x0_5, 'squeezenet1_1': m.squeezenet1_1, 'efficientnet_b0': m.efficientnet_b0,
                'densenet': lambda num_classes: m.DenseNet(8, (2, 2), 16, num_classes=num_classes),
                'googlenet': lambda num_classes: m.googlenet(weights=None, num_classes=num_classes, aux_logits=False, transform_input=True, init_weights=False),
                'unet': lambda num_classes: UNet(),
            }
            for name, build in nets.items():
                net = build(num_classes=10).eval()
                for part in net.modules():
                    if isinstance(part, nn.BatchNorm2d):
                        part.running_mean.normal_(0, .1); part.running_var.uniform_(.5, 1.5)
                whole = name.endswith('_whole')
                torch.onnx.export(net, torch.zeros(1, 3, 64, 64), name + '.onnx', opset_version=13, do_constant_folding=not whole,
                    training=torch.onnx.TrainingMode.PRESERVE if whole else torch.onnx.TrainingMode.EVAL,
                    dynamic_axes={'x': {0: 'n'}}, input_names=['x'])
            """;

        private readonly TempFolder folder = new();

        public Exported() => Python.Run(folder.Path, Script);

        public string File(string name) => folder.File($"{name}.onnx");

        public void Dispose() => folder.Dispose();
    }
}
