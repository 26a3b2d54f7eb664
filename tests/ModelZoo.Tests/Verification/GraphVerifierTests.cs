using ModelZoo.Cli;
using ModelZoo.Models;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Tests.Onnx.Export;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using ModelZoo.Verification.Engines;
using ModelZoo.Weights;
using TorchSharp;
using Xunit;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>Networks as files in ONNX Runtime, every value against the reference; and engines and files with something wrong in them.</summary>
[Collection(TorchCollection.Name)]
public sealed class GraphVerifierTests(ITestOutputHelper log) : IDisposable
{
    private static readonly VerifyOptions Quick = new() { MaxElements = 512 };

    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("resnet20", false)]
    [InlineData("resnet20", true)]
    [InlineData("lenet5_classic", false)]
    [InlineData("squeezenet1_1", false)]
    [InlineData("efficientnet_b0", true)]
    [InlineData("encdec_nearest", false)]
    public void Every_value_of_a_network_is_within_its_bound(string name, bool fold)
    {
        (string path, long[] input) = Written(name, new() { Input = [], Fold = fold, Checks = 2 });
        using DisposeScope scope = NewDisposeScope();
        using GraphVerifier verifier = GraphVerifier.Open(path);
        VerificationReport report = verifier.Verify(new OnnxRuntimeEngine(), randn([2, .. input]), Quick);
        LayerCheck worst = report.Checks.MaxBy(c => c.WorstRatio)!;
        log.WriteLine($"{name}: {report.Checks.Count} checks, worst {worst}");
        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.Equal(["output as it is", "checks in the file"], report.Checks.TakeLast(2).Select(c => c.Quantity));
        Assert.True(report.Checks.Count > 6);
    }

    [Fact]
    public void An_engine_that_is_wrong_in_one_value_is_named()
    {
        (string path, long[] input) = Written("resnet20", new() { Input = [] });
        using DisposeScope scope = NewDisposeScope();
        using GraphVerifier verifier = GraphVerifier.Open(path);
        VerificationReport report = verifier.Verify(new Wrong("layer2.1.conv1"), randn([2, .. input]), Quick);
        Assert.Equal("layer2.1.conv1", report.FirstFailure?.Name);
    }

    [Fact]
    public void Weights_that_changed_after_the_export_fail_the_checks_of_the_file()
    {
        (string path, long[] input) = Written("lenet5", new() { Input = [], Checks = 2 });
        using (OnnxFile file = OnnxFile.Open(path))
        {
            TensorProto bias = file.Model.Graph!.Initializers.Single(t => t.Name == "fc2.bias");
            using Tensor changed = file.Read(bias).add(0.3);
            bias.RawData = TensorElements.ToProto(bias.Name, changed).RawData;
            OnnxFile.Write(folder.File("changed.onnx"), file.Model);
        }

        using DisposeScope scope = NewDisposeScope();
        using GraphVerifier verifier = GraphVerifier.Open(folder.File("changed.onnx"));
        VerificationReport report = verifier.Verify(new OnnxRuntimeEngine(), randn([2, .. input]), Quick);
        Assert.Equal(["checks in the file"], report.Failures.Select(f => f.Quantity));
    }

    [Fact]
    public void A_network_of_float16_is_read_and_verified_by_its_checks()
    {
        (string path, long[] input) = Written("resnet20", new() { Input = [], Checks = 2 });
        using DisposeScope scope = NewDisposeScope();
        string half = folder.File("half.onnx");
        using (OnnxFile file = OnnxFile.Open(path))
        {
            GraphProto graph = file.Model.Graph!;
            foreach (TensorProto tensor in graph.Initializers.Where(t => t.DataType == OnnxType.Float))
            {
                Tensor narrow = file.Read(tensor).to(ScalarType.Float16);
                (tensor.DataType, tensor.RawData) = (OnnxType.Float16, TensorElements.ToProto(tensor.Name, narrow).RawData);
            }

            graph.Inputs.Concat(graph.Outputs).ToList().ForEach(value => value.Type!.TensorType!.ElemType = OnnxType.Float16);
            OnnxFile.Write(half, file.Model);
        }

        Tensor x = randn([2, .. input]).to(ScalarType.Float16).to(ScalarType.Float32);
        using GraphVerifier verifier = GraphVerifier.Open(half);
        VerificationReport report = verifier.Verify(new OnnxRuntimeEngine(), x, Quick);
        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.Equal("checks in the file", Assert.Single(report.Checks).Quantity);

        using IDisposable none = no_grad();
        using ZooModel whole = OnnxModel.Load(path), read = OnnxModel.Load(half);
        Assert.All(read.parameters(), p => Assert.Equal(ScalarType.Float32, p.dtype));
        Tensor expected = whole.call(x), y = read.call(x);
        Assert.True((y - expected).abs().max().item<float>() < 0.02 * expected.abs().max().item<float>());
    }

    [Fact]
    public void Of_pictures_the_checks_alone_are_verified()
    {
        ModelInfo info = Catalog.Models.Find("resnet20");
        (string path, _) = Written("resnet20", new()
        {
            Input = [],
            Checks = 2,
            WithPreprocessing = true,
            Description = Described(info),
        });
        using GraphVerifier verifier = GraphVerifier.Open(path);
        Assert.True(verifier.Pictures);
        VerificationReport report = verifier.Verify(new OnnxRuntimeEngine(), null);
        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.Equal("checks in the file", Assert.Single(report.Checks).Quantity);
    }

    [Fact]
    public void Pictures_without_checks_are_refused_with_what_to_do()
    {
        ModelInfo info = Catalog.Models.Find("resnet20");
        CheckpointInfo described = Described(info);
        (string path, _) = Written("resnet20", new() { Input = [], WithPreprocessing = true, Description = described });
        using GraphVerifier verifier = GraphVerifier.Open(path);
        Assert.Contains("--checks", Assert.Throws<ZooException>(() => verifier.Verify(new OnnxRuntimeEngine(), null)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_first_layer_that_differs_is_named(bool fold)
    {
        (string path, long[] input) = Written("resnet20", new() { Input = [], Fold = fold });
        manual_seed(1);
        using DisposeScope scope = NewDisposeScope();
        using ZooModel model = Catalog.Models.Find("resnet20").Create();
        NetworkExportTests.Randomize(model);
        model.eval();
        Tensor x = randn([1, .. input]);
        Assert.Null(FirstDifference.Of(model, x, path, new OnnxRuntimeEngine()));
        FaultTests.Change(model.named_parameters().Single(p => p.name == "layer2.1.bn1.weight").parameter, w => w * 1.1);
        LayerDifference? found = FirstDifference.Of(model, x, path, new OnnxRuntimeEngine());
        Assert.Equal(fold ? "layer2.1.conv1" : "layer2.1.bn1", found?.Layer); // folded, the convolution before it has no counterpart either
        Assert.InRange(found!.Difference, 1e-3, 1);
    }

    public void Dispose() => folder.Dispose();

    private static CheckpointInfo Described(ModelInfo info) =>
        NetworkExportTests.Description(info, info.Defaults, [.. Enumerable.Range(0, info.Classes).Select(c => $"{c}")]);

    private (string Path, long[] Input) Written(string name, OnnxExportOptions options)
    {
        manual_seed(1);
        ModelInfo info = Catalog.Models.Find(name);
        int size = Math.Max(info.MinimumSize, Math.Min(32, info.Input.Height));
        long[] input = [info.Input.Channels, size, size];
        using ZooModel model = info.Create(info.Defaults with { InputHeight = size, InputWidth = size });
        NetworkExportTests.Randomize(model);
        string path = folder.File("x.onnx");
        OnnxExport.Write(path, model, options with { Input = input });
        return (path, input);
    }

    // ONNX Runtime, but for one value.
    private sealed class Wrong(string what) : IGraphEngine
    {
        private readonly OnnxRuntimeEngine right = new();

        public string Name => right.Name;

        public double FunctionError => right.FunctionError;

        public IGraphSession Open(ReadOnlyMemory<byte> model, string? folder) => new Session(right.Open(model, folder), what);

        private sealed class Session(IGraphSession right, string what) : IGraphSession
        {
            public IReadOnlyList<GraphArray> Run(GraphArray input, IReadOnlyList<string> outputs)
            {
                IReadOnlyList<GraphArray> values = right.Run(input, outputs);
                if (outputs.ToList().IndexOf(what) is >= 0 and var place)
                {
                    values[place].Values[0] += 1e-3;
                }

                return values;
            }

            public void Dispose() => right.Dispose();
        }
    }
}
