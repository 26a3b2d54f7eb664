using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx.Export;

/// <summary>Whole networks of the catalog: their files in ONNX Runtime against themselves.</summary>
[Collection(TorchCollection.Name)]
public class NetworkExportTests(ITestOutputHelper log)
{
    private const double Bound = 2e-5;

    // The smallest of each family, of encoders and decoders each.
    private static readonly string[] Small = ["lenet5_classic", "lenet5", "convnet", "small_cnn", "alexnet_original", "zfnet", "googlenet",
        "googlenet_naive", "resnet18", "resnet18_cntk", "se_resnet18", "resnet20", "preact_resnet18", "wrn_16_8", "densenet121", "mobilenet_v1_050",
        "mobilenet_v2", "nasnet_mobile", "efficientnet_b0", "squeezenet1_1", "conv_depthwise_separable",
        "encdec_nails", "encdec_nearest", "encdec_transposed", "encdec_unpool"];

    public static TheoryData<string> Representatives() => [.. Small];

    [Theory]
    [MemberData(nameof(Representatives))]
    public void A_network_computes_the_same_in_ONNX_Runtime(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        int size = Math.Max(info.MinimumSize, Math.Min(32, info.Input.Height));
        Compare(info, info.Defaults with { InputHeight = size, InputWidth = size }, new() { Input = [info.Input.Channels, size, size] });
    }

    // Half a gigabyte is in its fully connected layers, which are AlexNet's.
    [Fact]
    public void The_features_of_VGG_compute_the_same_in_ONNX_Runtime()
    {
        random.manual_seed(1);
        using ZooModel model = Catalog.Models.Find("vgg11_bn").Create();
        Randomize(model);
        using Tensor x = randn(2, 3, 32, 32);
        double difference = OrtSession.Difference((nn.Module<Tensor, Tensor>)model.named_children().Single(c => c.name == "features").module, x);
        Assert.True(difference <= Bound, $"{difference}");
    }

    [Theory]
    [InlineData("resnet20")]
    [InlineData("squeezenet1_1")]
    public void Written_and_read_again_it_is_the_same_network_to_the_bit(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TempFolder();
        ModelInfo info = Catalog.Models.Find(name);
        ModelOptions options = info.Defaults with { InputHeight = 48, InputWidth = 40, NumClasses = 3 };
        using ZooModel model = info.Create(options);
        Randomize(model);
        model.eval();
        var described = new CheckpointInfo
        {
            Architecture = name,
            Options = options,
            Labels = ["ant", "bee", "wasp"],
            Preprocessing = info.Preprocessing with { Height = 48, Width = 40, Mean = [0.1f, 0.2f, 0.3f] },
        };
        string path = folder.File("x.onnx");
        OnnxExport.Write(path, model, new() { Input = [3, 48, 40], Description = described });
        using ResolvedModel back = ModelResolver.Resolve(Catalog.Models, path, Catalog.ReadResource);
        Assert.Equal(name, back.Info.Name);
        Assert.Equal(described.Labels, back.Labels);
        Assert.Equal([0.1f, 0.2f, 0.3f], back.Preprocessing.Mean);
        Assert.Equal((48, 40), (back.Preprocessing.Height, back.Preprocessing.Width));
        using Tensor x = randn(2, 3, 48, 40);
        Assert.True(model.call(x).equal(back.Model.call(x)).all().item<bool>());
    }

    [Fact]
    public void A_file_that_names_another_network_than_it_holds_stays_a_graph_of_its_own()
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TempFolder();
        ModelInfo info = Catalog.Models.Find("resnet20");
        ModelOptions options = info.Defaults;
        using ZooModel model = info.Create(options);
        model.eval();
        string path = folder.File("x.onnx");
        var described = new CheckpointInfo
        {
            Architecture = "resnet20",
            Options = options,
            Labels = [.. "0123456789".Select(c => $"{c}")],
            Preprocessing = info.Preprocessing,
        };
        OnnxExport.Write(path, model, new() { Input = [3, 32, 32], Description = described });
        using (OnnxFile file = OnnxFile.Open(path))
        {
            file.Model.Graph!.Nodes.First(n => n.OpType == "BatchNormalization").Attributes.Single(a => a.Name == "epsilon").F = 0.5f;
            OnnxFile.Write(folder.File("other.onnx"), file.Model);
        }

        using ResolvedModel other = ModelResolver.Resolve(Catalog.Models, folder.File("other.onnx"), Catalog.ReadResource);
        Assert.Equal("other.onnx", other.Info.Name);
    }

    [Fact]
    public void Every_family_has_a_representative() =>
        Assert.Equal(["vgg"], Catalog.Models.Models.Select(m => m.Family).Distinct().Except(Small.Select(name => Catalog.Models.Find(name).Family)));

    [Theory]
    [InlineData("resnet18")]
    [InlineData("efficientnet_b0")]
    public void Folded_it_has_no_batch_normalization_and_computes_the_same(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        ModelProto proto = Compare(info, info.Defaults with { InputHeight = 32, InputWidth = 32 }, new() { Input = [3, 32, 32], Fold = true });
        Assert.DoesNotContain(proto.Graph!.Nodes, n => n.OpType == "BatchNormalization");
        Assert.DoesNotContain(proto.Graph.Initializers, i => i.Name.Contains("running", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("group:4")]
    [InlineData("layer")]
    [InlineData("instance")]
    public void Other_normalizations_are_written_too(string norm)
    {
        ModelInfo info = Catalog.Models.Find("resnet20");
        Compare(info, info.Defaults with { Norm = norm }, new() { Input = [3, 32, 32] });
    }

    [Theory]
    [InlineData(18)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    public void Later_opsets_hold_the_same_nodes(int opset)
    {
        ModelInfo info = Catalog.Models.Find("encdec_unpool");
        Compare(info, info.Defaults, new() { Input = [1, 28, 28], Opset = opset });
        info = Catalog.Models.Find("googlenet_naive");
        Compare(info, info.Defaults with { InputHeight = 32, InputWidth = 32 }, new() { Input = [3, 32, 32], Opset = opset });
    }

    [Fact]
    public void Initializers_have_the_keys_of_the_state_dict_and_the_file_says_what_it_is()
    {
        using var folder = new TempFolder();
        ModelInfo info = Catalog.Models.Find("resnet18");
        ModelOptions built = info.Defaults with { NumClasses = 3, InputHeight = 64, InputWidth = 64 };
        using ZooModel model = info.Create(built);
        CheckpointInfo description = Description(info, built, "Ätna", "b", "c");
        OnnxExported made = OnnxExport.Write(folder.File("r.onnx"), model, new() { Input = [3, 64, 64], Description = description, Checks = 2 });
        using OnnxFile file = OnnxFile.Open(folder.File("r.onnx"));
        GraphProto graph = file.Model.Graph!;
        string[] keys = [.. model.state_dict().Keys.Where(k => !k.EndsWith("num_batches_tracked", StringComparison.Ordinal))];
        Assert.Equal(keys.Order(), graph.Initializers.Select(i => i.Name).Where(keys.Contains).Order());
        Assert.Equal((keys.Length, true, 17), (made.Tensors, made.AnySize, made.Opset));
        using (Tensor written = file.Read(graph.Initializers.Single(i => i.Name == "layer1.0.conv1.weight")))
        {
            Assert.Equal(model.state_dict()["layer1.0.conv1.weight"].data<float>().ToArray(), written.data<float>().ToArray());
        }

        Assert.Equal(["batch", "", "height", "width"], graph.Inputs.Single().Type!.TensorType!.Shape!.Dims.Select(d => d.DimParam));
        Assert.Equal(CheckpointJson.Write(description), file.Model.MetadataProps.Single(p => p.Key == OnnxExport.DescriptionKey).Value);
        Assert.Equal("""["Ätna","b","c"]""", file.Model.MetadataProps.Single(p => p.Key == OnnxExport.LabelsKey).Value);

        // Any batch and any size.
        using OrtSession ort = OrtSession.Of(folder.File("r.onnx"));
        using Tensor x = randn(3, 3, 80, 97);
        using IDisposable none = no_grad();
        model.eval();
        using Tensor y = model.call(x);
        Assert.True(OnnxChecksOf(y).Difference(ort.Run(x.data<float>().ToArray(), x.shape).Values) < Bound);

        // The checks are the network's own outputs, and a reader finds them met.
        OnnxChecks checks = OnnxChecks.Read(folder.File("r.onnx"))!;
        Assert.Equal([2, 3, 64, 64], checks.Input.Shape);
        Assert.Equal([2, 3], checks.Output.Shape);
        float[] outputs = ort.Run(checks.Input.Data, checks.Input.Shape).Values;
        Assert.True(checks.Difference(outputs) < Bound, $"{checks.Difference(outputs)}");
        outputs[^1] += 1e-3f * outputs.Max(MathF.Abs);
        Assert.True(checks.Difference(outputs) > Bound);
        outputs[0] = float.NaN;
        Assert.Equal(double.PositiveInfinity, checks.Difference(outputs));
    }

    [Fact]
    public void Damaged_checks_are_refused_and_none_are_none()
    {
        var model = new ModelProto { Graph = new() };
        Assert.Null(OnnxChecks.Read(model, "x.onnx"));
        model.MetadataProps.Add(new() { Key = OnnxChecks.InputKey, Value = "AAAA" });
        Assert.Contains("x.onnx", Assert.Throws<ZooException>(() => OnnxChecks.Read(model, "x.onnx")).Message, StringComparison.Ordinal);
        model.MetadataProps.Add(new() { Key = OnnxChecks.OutputKey, Value = "no base64" });
        Assert.Throws<ZooException>(() => OnnxChecks.Read(model, "x.onnx"));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(23)]
    public void An_opset_that_is_not_written_is_refused(int opset)
    {
        using var layer = nn.ReLU();
        Assert.Throws<UsageException>(() => OnnxExport.Write("x.onnx", layer, new() { Input = [3], Opset = opset }));
        Assert.Throws<UsageException>(() => OnnxExport.Write("x.onnx", layer, new() { Input = [3], WithPreprocessing = true }));
    }

    [Fact]
    public void An_input_that_the_network_does_not_take_is_refused()
    {
        using ZooModel model = Catalog.Models.Find("lenet5").Create();
        Assert.Contains("[1,28,28]", Assert.Throws<ZooException>(() => OnnxExport.Write("x.onnx", model, new() { Input = [1, 28, 28] })).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists("x.onnx"));
        Assert.True(model.training);
    }

    [Theory]
    [InlineData("pads")]
    [InlineData("epsilon")]
    [InlineData("Concat")]
    [InlineData("weight")]
    public void A_planted_fault_is_caught(string fault)
    {
        random.manual_seed(2);
        ModelInfo info = Catalog.Models.Find("densenet121");
        using ZooModel model = info.Create(info.Defaults with { InputHeight = 32, InputWidth = 32 });
        Randomize(model);
        using Tensor x = randn(2, 3, 32, 32);
        double right = OrtSession.Difference(model, x), wrong = OrtSession.Difference(model, x, plant: proto => Plant(proto.Graph!, fault));
        log.WriteLine($"{fault}: {right:G3} without, {wrong:G3} with");
        Assert.True(right <= Bound, $"{right}");
        Assert.True(wrong > Bound, $"{wrong}");
    }

    private static void Plant(GraphProto graph, string fault)
    {
        switch (fault)
        {
            case "pads": // as many, but all at the end
                AttributeProto pads = graph.Nodes.First(n => n.OpType == "Conv" && n.Name.EndsWith("conv2", StringComparison.Ordinal)).Attributes
                    .Single(a => a.Name == "pads");
                (pads.Ints[0], pads.Ints[2]) = (pads.Ints[0] - 1, pads.Ints[2] + 1);
                break;
            case "epsilon": // ten times
                NodeProto norm = graph.Nodes.Last(n => n.OpType == "BatchNormalization");
                norm.Attributes.Single(a => a.Name == "epsilon").F *= 10;
                break;
            case "Concat":
                NodeProto join = graph.Nodes.First(n => n.OpType == "Concat");
                (join.Inputs[0], join.Inputs[1]) = (join.Inputs[1], join.Inputs[0]);
                break;
            default:
                NodeProto first = graph.Nodes.First(n => n.OpType == "BatchNormalization");
                (first.Inputs[1], first.Inputs[4]) = (first.Inputs[4], first.Inputs[1]);
                break;
        }
    }

    private ModelProto Compare(ModelInfo info, ModelOptions built, OnnxExportOptions options)
    {
        random.manual_seed(1);
        using ZooModel model = info.Create(built);
        Randomize(model);
        ModelProto? written = null;
        using Tensor x = randn([2, .. options.Input]);
        double difference = OrtSession.Difference(model, x, options, proto => written = proto);
        log.WriteLine($"{info.Name}: {difference:G3} of the largest output, {written!.Graph!.Nodes.Count} nodes");
        Assert.True(difference <= Bound, $"{info.Name}: {difference}");
        return written;
    }

    // Running statistics that do something: a fresh network's are zeros and ones.
    internal static void Randomize(nn.Module model)
    {
        using IDisposable none = no_grad();
        foreach (BatchNorm2d norm in model.modules().OfType<BatchNorm2d>())
        {
            nn.init.uniform_(norm.running_var, 0.5, 1.5);
            nn.init.uniform_(norm.running_mean, -0.2, 0.2);
            nn.init.uniform_(norm.weight, 0.5, 1.5);
            nn.init.uniform_(norm.bias, -0.2, 0.2);
        }
    }

    internal static CheckpointInfo Description(ModelInfo info, ModelOptions built, params string[] labels) => new()
    {
        Architecture = info.Name,
        Options = built,
        Labels = labels,
        Preprocessing = info.Preprocessing with { Height = built.InputHeight, Width = built.InputWidth, ShorterSide = built.InputHeight * 8 / 7 },
        Extra = new Dictionary<string, string> { ["seed"] = "1" },
    };

    private static OnnxChecks OnnxChecksOf(Tensor y) => new(new([1], [0]), false, new(y.shape, y.data<float>().ToArray()));
}
