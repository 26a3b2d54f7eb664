using System.Text.Json;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Inference.Quantization;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Transfer;

[Collection(TorchCollection.Name)]
public class FeatureTests
{
    /// <summary>
    /// Networks of every kind of block: plain, residual, pre-activated, dense, inception, squeeze-and-excitation, depthwise, separable cells, response
    /// normalization.
    /// </summary>
    [Theory]
    [InlineData("vgg11_bn", 32)]
    [InlineData("resnet18", 48)]
    [InlineData("resnext50_32x4d", 32)]
    [InlineData("preact_resnet18", 32)]
    [InlineData("densenet121", 32)]
    [InlineData("googlenet", 32)]
    [InlineData("se_resnet18", 32)]
    [InlineData("mobilenet_v1_050", 32)]
    [InlineData("efficientnet_b0", 32)]
    [InlineData("nasnet_mobile", 32)]
    [InlineData("zfnet", 63)]
    [InlineData("lenet5_classic", 32)]
    [InlineData("resnet20", 32)]
    [InlineData("wrn_16_8", 16)]
    [InlineData("conv_dilated", 16)]
    public void A_folded_backbone_gives_what_the_forward_gives(string name, int size)
    {
        random.manual_seed(1);
        ModelInfo info = Samples.Info(name);
        using ZooModel model = info.Create(info.Defaults with { InputHeight = size, InputWidth = size });
        using Tensor images = randn(4, info.Input.Channels, size, size);
        Adapt(model, images);
        using ImageTensors data = ImageTensors.FromTensors(images.clone(), tensor(new long[] { 0, 1, 2, 3 }), ["a", "b", "c", "d"]);
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        using ImageTensors fast = Features.Before(model, model.Head, data);
        using Tensor slow = Hooked(model, model.Head, images);
        Assert.Equal(slow.shape, fast.Inputs.shape);
        float scale = slow.abs().max().item<float>();
        Assert.True((slow - fast.Inputs).abs().max().item<float>() < 1e-3f * scale, $"{(slow - fast.Inputs).abs().max().item<float>()} of {scale}");
        Assert.All(Samples.Bytes(model), e => Assert.Equal(before[e.Key], e.Value));
    }

    [Fact]
    public void A_layer_gives_its_own_output_though_the_next_changes_it_in_place()
    {
        using ZooModel model = Samples.Fresh("vgg11");
        using Tensor images = randn(2, 3, 32, 32);
        using ImageTensors data = ImageTensors.FromTensors(images.clone(), tensor(new long[] { 0, 1 }), ["a", "b"]);
        using ImageTensors fc7 = Features.At(model, "classifier.3", data);
        using ImageTensors active = Features.At(model, "classifier.4", data);
        Assert.Equal([2L, 4096L], fc7.Inputs.shape);
        Assert.True(fc7.Inputs.min().item<float>() < 0);
        Assert.True(allclose(fc7.Inputs.relu(), active.Inputs));
        using ImageTensors stage = Features.At(model, "features", data);
        Assert.Equal([2L, 512L, 1L, 1L], stage.Inputs.shape);
        Assert.Contains("no layer 'classifier.33'", Assert.Throws<ZooException>(() => Features.At(model, "classifier.33", data)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Folding_leaves_alone_what_somebody_else_reads()
    {
        using var model = new Branching();
        using Tensor images = randn(3, 2, 6, 6);
        Adapt(model, images);
        using ImageTensors data = ImageTensors.FromTensors(images.clone(), tensor(new long[] { 0, 1, 0 }), ["a", "b"]);
        using ImageTensors fast = Features.Before(model, "fc", data);
        using Tensor slow = Hooked(model, "fc", images);
        Assert.True(allclose(slow, fast.Inputs, rtol: 1e-4, atol: 1e-4));
    }

    [Fact]
    public void Features_go_to_a_file_with_labels_and_names()
    {
        using var folder = new TempFolder();
        using ImageTensors features = ImageTensors.FromTensors(tensor(new[] { 0.5f, -1.25f, 1e-7f, 3 }, [2, 2]), tensor(new long[] { 1, 0 }),
            ["ant", "bee, queen"]);
        FeatureTable.Write(folder.File("f.csv"), features, ["a.jpg", "b.jpg"]);
        Assert.Equal("file,label,class,f0,f1\na.jpg,1,\"bee, queen\",0.5,-1.25\nb.jpg,0,ant,1E-07,3\n", File.ReadAllText(folder.File("f.csv")));
        FeatureTable.Write(folder.File("f.safetensors"), features, ["a.jpg", "b.jpg"], new Dictionary<string, string> { ["layer"] = "fc7" });
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("f.safetensors"));
        Assert.Equal([2L, 2L], file["features"].Shape);
        Assert.Equal([2L], file["labels"].Shape);
        Assert.Equal("fc7", file.Metadata["layer"]);
        Assert.Equal(["a.jpg", "b.jpg"], JsonSerializer.Deserialize<string[]>(file.Metadata["files"])!);
        Assert.Contains(".safetensors or .csv", Assert.Throws<UsageException>(() => FeatureTable.Write("f.txt", features)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_several_labels_or_a_number_they_go_with_the_targets_and_not_with_rows_of_a_table()
    {
        using var folder = new TempFolder();
        var labels = new TargetTable(new() { Kind = TaskKind.MultiLabel }, 2, new float[] { 0, 0, 1, 1, 0, 1 });
        var number = new TargetTable(new() { Kind = TaskKind.Regression, Offset = 9 }, 1, new float[] { 4, -2.5f, 1e9f });
        Assert.Equal("file,labels,f0\na.jpg,\"bee, queen\",0.5\nb.jpg,\"ant|bee, queen\",3\n", Written(labels, ["ant", "bee, queen"]));
        Assert.Equal([0, 1, 1, 1], Targets(labels, ["ant", "bee, queen"]));
        Assert.Equal("file,\"age, in days\",f0\na.jpg,1E+09,0.5\nb.jpg,-2.5,3\n", Written(number, ["age, in days"]));
        Assert.Equal([1e9f, -2.5f], Targets(number, ["age, in days"]));

        ImageTensors Features(TargetTable targets, string[] names) =>
            ImageTensors.FromTensors(tensor(new[] { 0.5f, 3 }, [2, 1]), tensor(new long[] { 2, 1 }), names, targets);

        string Written(TargetTable targets, string[] names)
        {
            using ImageTensors features = Features(targets, names);
            FeatureTable.Write(folder.File("f.csv"), features, ["a.jpg", "b.jpg"]);
            return File.ReadAllText(folder.File("f.csv"));
        }

        float[] Targets(TargetTable targets, string[] names)
        {
            using ImageTensors features = Features(targets, names);
            FeatureTable.Write(folder.File("f.safetensors"), features);
            using SafetensorsFile file = SafetensorsFile.Open(folder.File("f.safetensors"));
            Assert.Equal(["features", "targets"], file.Entries.Select(e => e.Name).Order());
            Assert.Equal([2L, names.Length], file["targets"].Shape);
            using Tensor read = TensorBytes.Read(file, file["targets"]);
            return [.. read.data<float>()];
        }
    }

    [Fact]
    public void Features_on_the_disk_are_used_again_until_weights_or_images_change()
    {
        using var folder = new TempFolder();
        List<string> remarks = [];
        var options = new FineTuneOptions { Recipe = Samples.Quick, FeatureCache = folder.File("cache"), Remarks = new Remarks(remarks) };
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", 20), more = Samples.Tensors("lenet5", 21);
        double[] first = Losses(data);
        Assert.Contains("computed once", Assert.Single(remarks), StringComparison.Ordinal);
        TransferLearning.ReplaceHead(model, 10);
        Losses(data);
        Assert.Contains("read from", remarks[^1], StringComparison.Ordinal); // the head is no part of the backbone
        Losses(more);
        Assert.Contains("computed once", remarks[^1], StringComparison.Ordinal);
        using (no_grad())
        {
            model.parameters().First().mul_(1.5f);
        }

        Losses(data);
        Assert.Contains("computed once", remarks[^1], StringComparison.Ordinal);
        Assert.Equal(3, Directory.GetFiles(folder.File("cache")).Length);
        Assert.All(first, loss => Assert.True(double.IsFinite(loss)));

        double[] Losses(ImageTensors images) => [.. FineTuner.Train(model, "fc3", images, null, options).Epochs.Select(e => e.Loss)];
    }

    [Fact]
    public void Features_on_bytes_are_kept_apart_from_those_in_float()
    {
        using var folder = new TempFolder();
        List<string> remarks = [];
        using ResolvedModel trained = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset data = Digits.Load(DataSplit.Train).Take(40);
        using ImageTensors images = ImageTensors.From(data, TransferLearning.PreprocessingFor(data, trained.Preprocessing));
        using Tensor batch = Features.Example(images, 32);
        using var quantizer = Quantizer.Calibrate(trained.Model, [batch], new() { ReportImages = 0 });
        ResolvedModel quantized = trained with { Checkpoint = trained.Checkpoint! with { Quantization = quantizer.Info() } };
        var options = new FineTuneOptions { Recipe = Samples.Quick, FeatureCache = folder.File("cache"), Remarks = new Remarks(remarks), NewHead = true };
        Assert.Contains("computed once, in float32", Tuned(false), StringComparison.Ordinal);
        string first = Assert.Single(Directory.GetFiles(folder.File("cache")));
        Assert.Contains("computed once, in int8", Tuned(true), StringComparison.Ordinal);
        string second = Directory.GetFiles(folder.File("cache")).Single(f => f != first);
        Assert.Contains($"read from {second}", Tuned(true), StringComparison.Ordinal);
        Assert.Contains($"read from {first}", Tuned(false), StringComparison.Ordinal);

        using Tensor floats = Read(first), bytes = Read(second);
        double apart = ((floats - bytes).norm() / floats.norm()).item<float>();
        Assert.InRange(apart, 1e-4, 0.1);

        string Tuned(bool onBytes)
        {
            remarks.Clear();
            using FineTuneResult result = FineTuner.Run(quantized, data, null, options with { FeaturesOnBytes = onBytes });
            return remarks.Single(r => r.StartsWith("features of", StringComparison.Ordinal));
        }

        static Tensor Read(string path)
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return TensorBytes.Read(file, file["features"]);
        }
    }

    private static void Adapt(nn.Module<Tensor, Tensor> model, Tensor images)
    {
        foreach (BatchNorm norm in model.modules().OfType<BatchNorm>())
        {
            norm.momentum = 1;
        }

        model.train();
        using IDisposable none = no_grad();
        model.call(images).Dispose();
        model.eval();
    }

    private static Tensor Hooked(nn.Module<Tensor, Tensor> model, string layer, Tensor images)
    {
        Tensor? seen = null;
        var hook = TransferLearning.Find(model, layer).register_forward_pre_hook((_, input) =>
        {
            seen = input.clone().DetachFromDisposeScope();
            return input;
        });
        model.eval();
        using IDisposable none = no_grad();
        model.call(images).Dispose();
        hook.remove();
        return seen!;
    }

    private sealed class Remarks(List<string> heard) : IProgress<string>
    {
        public void Report(string value) => heard.Add(value);
    }

    // The convolution's output is read by its normalization and by the sum; the sum's by the rectifier and by another sum.
    private sealed class Branching : nn.Module<Tensor, Tensor>
    {
#pragma warning disable IDE1006
        private readonly Conv2d conv = nn.Conv2d(2, 4, 3, padding: 1);
        private readonly BatchNorm2d bn = nn.BatchNorm2d(4);
        private readonly Layers.Add add1 = new();
        private readonly ReLU relu = nn.ReLU();
        private readonly Layers.Add add2 = new();
        private readonly Flatten flatten = nn.Flatten();
        private readonly Linear fc = nn.Linear(144, 2);
#pragma warning restore IDE1006

        public Branching() : base(nameof(Branching)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = conv.call(input);
            Tensor sum = add1.call(bn.call(x), x);
            return fc.call(flatten.call(add2.call(relu.call(sum), sum))).MoveToOuterDisposeScope();
        }
    }
}
