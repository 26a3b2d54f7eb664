using ModelZoo.Layers;
using ModelZoo.Onnx.Export;
using ModelZoo.Tests.Training;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx.Export;

/// <summary>Every type of layer alone: what ONNX Runtime computes of its file is what the layer computes.</summary>
[Collection(TorchCollection.Name)]
public class LayerExportTests
{
    // A few roundings of single precision, of the largest output.
    private const double Bound = 3e-6;

    private static readonly (string Name, long[] Shape, Func<nn.Module> Make)[] Cases =
    [
        ("Conv2d", [2, 4, 9, 8], () => nn.Conv2d(4, 6, 3, stride: 2, padding: 1, groups: 2)),
        ("Conv2d uneven", [2, 3, 11, 12], () => nn.Conv2d(3, 4, (3, 2), stride: (1, 2), padding: (2, 0), dilation: (2, 1), bias: false)),
        ("Conv2d same", [2, 3, 9, 8], () => nn.Conv2d(3, 4, 4, padding: Padding.Same)),
        ("Conv2d valid", [2, 3, 9, 8], () => nn.Conv2d(3, 4, 4, padding: Padding.Valid)),
        ("Conv2d reflected", [2, 3, 9, 8], () => nn.Conv2d(3, 4, 3, padding: 1, padding_mode: PaddingModes.Reflect)),
        ("Conv2d repeated", [2, 3, 9, 8], () => nn.Conv2d(3, 4, 3, padding: 2, padding_mode: PaddingModes.Replicate)),
        ("ConvTranspose2d", [2, 4, 5, 6], () => nn.ConvTranspose2d(4, 6, 3, stride: 2, padding: 1, output_padding: 1, groups: 2)),
        ("ConvTranspose2d plain", [2, 4, 5, 6], () => nn.ConvTranspose2d(4, 3, 2, stride: 2, bias: false)),
        ("TableConvolution", [2, 6, 9, 8], () => new TableConvolution(6, TableConvolution.LeNet5, 5)),
        ("BedOfNails", [2, 3, 4, 5], () => new BedOfNails(3)),
        ("Linear", [3, 7], () => nn.Linear(7, 5)),
        ("Linear without bias", [3, 7], () => nn.Linear(7, 5, hasBias: false)),
        ("Linear of maps", [3, 2, 4, 7], () => nn.Linear(7, 5)),
        ("Linear of maps without bias", [3, 4, 7], () => nn.Linear(7, 5, hasBias: false)),
        ("RbfOutput", [3, 6], () => new RbfOutput(randn(4, 6))),

        ("MaxPool2d", [2, 3, 9, 8], () => nn.MaxPool2d(3, stride: 2, padding: 1)),
        ("MaxPool2d ceil", [2, 3, 12, 11], () => nn.MaxPool2d(3, stride: 2, ceil_mode: true)),
        ("MaxPool2d ceil, padded", [2, 3, 7, 8], () => nn.MaxPool2d(2, stride: 2, padding: 1, ceil_mode: true)),
        ("MaxPool2d dilated", [2, 3, 9, 8], () => nn.MaxPool2d(2, stride: 1, dilation: 2)),
        ("MaxPool2d of its size", [2, 3, 9, 8], () => nn.MaxPool2d((2, 3))),
        ("AvgPool2d", [2, 3, 9, 8], () => nn.AvgPool2d(3, stride: 2, padding: 1)),
        ("AvgPool2d, pads not counted", [2, 3, 9, 8], () => nn.AvgPool2d(3, stride: 2, padding: 1, count_include_pad: false)),
        ("AvgPool2d ceil", [2, 3, 10, 8], () => nn.AvgPool2d(3, stride: 2, ceil_mode: true)),
        ("AvgPool2d ceil, padded", [2, 3, 10, 8], () => nn.AvgPool2d(3, stride: 2, padding: 1, ceil_mode: true)),
        ("AvgPool2d ceil, a window in the pads", [2, 3, 7, 5], () => nn.AvgPool2d(2, stride: 2, padding: 1, ceil_mode: true)),
        ("AvgPool2d ceil, pads not counted", [2, 3, 10, 8], () => nn.AvgPool2d(3, stride: 2, padding: 1, ceil_mode: true, count_include_pad: false)),
        ("AvgPool2d divided", [2, 3, 9, 8], () => nn.AvgPool2d(2, padding: 1, divisor_override: 3)),
        ("AdaptiveAvgPool2d to one", [2, 3, 9, 8], () => nn.AdaptiveAvgPool2d(1)),
        ("AdaptiveAvgPool2d tiles", [2, 3, 9, 8], () => nn.AdaptiveAvgPool2d((3, 2))),
        ("AdaptiveAvgPool2d overlaps", [2, 3, 9, 8], () => nn.AdaptiveAvgPool2d((4, 7))),
        ("AdaptiveAvgPool2d repeats", [2, 3, 2, 3], () => nn.AdaptiveAvgPool2d((7, 7))),
        ("AdaptiveAvgPool2d of its size", [2, 3, 9, 8], () => nn.AdaptiveAvgPool2d((9, 8))),
        ("AdaptiveMaxPool2d to one", [2, 3, 9, 8], () => nn.AdaptiveMaxPool2d([1, 1])),
        ("AdaptiveMaxPool2d tiles", [2, 3, 9, 8], () => nn.AdaptiveMaxPool2d([3, 2])),
        ("Subsampling", [2, 3, 9, 8], () => new Subsampling(3)),
        ("MaxPoolWithIndices and MaxUnpool", [2, 3, 8, 6], () => new PoolAndBack()),
        ("Upsample nearest", [2, 3, 4, 5], () => nn.Upsample(scale_factor: [2.0, 3.0])),
        ("Upsample nearest to a size", [2, 3, 5, 7], () => nn.Upsample(size: [9L, 11L])),
        ("Upsample bilinear", [2, 3, 4, 5], () => nn.Upsample(scale_factor: [2.0, 2.0], mode: UpsampleMode.Bilinear)),
        ("Upsample bilinear from corner to corner", [2, 3, 4, 5], () => nn.Upsample(size: [9L, 11L], mode: UpsampleMode.Bilinear, align_corners: true)),
        ("Upsample bicubic", [2, 3, 6, 5], () => nn.Upsample(scale_factor: [2.0, 2.0], mode: UpsampleMode.Bicubic)),

        ("BatchNorm2d", [3, 4, 5, 6], () => Drawn(nn.BatchNorm2d(4, 1e-2))),
        ("BatchNorm2d without scale", [3, 4, 5, 6], () => Drawn(nn.BatchNorm2d(4, affine: false))),
        ("BatchNorm1d", [3, 4], () => Drawn(nn.BatchNorm1d(4))),
        ("InstanceNorm2d", [3, 4, 5, 6], () => Drawn(nn.InstanceNorm2d(4, 1e-2, affine: true))),
        ("InstanceNorm2d without scale", [3, 4, 5, 6], () => nn.InstanceNorm2d(4)),
        ("InstanceNorm2d, running", [3, 4, 5, 6], () => Drawn(nn.InstanceNorm2d(4, affine: true, track_running_stats: true))),
        ("GroupNorm", [3, 4, 5, 6], () => Drawn(nn.GroupNorm(2, 4, 1e-2))),
        ("GroupNorm without scale", [3, 4, 5, 6], () => nn.GroupNorm(2, 4, affine: false)),
        ("LayerNorm", [3, 4, 5, 6], () => Drawn(nn.LayerNorm([5, 6], 1e-2))),
        ("LayerNorm without scale", [3, 4, 5, 6], () => nn.LayerNorm([4, 5, 6], elementwise_affine: false)),
        ("LocalResponseNorm", [2, 9, 4, 5], () => nn.LocalResponseNorm(5, alpha: 0.1, beta: 0.75, k: 2)),

        ("ReLU", [2, 3, 4], () => nn.ReLU()),
        ("ReLU6", [2, 30, 4], () => new After(nn.Linear(4, 20), nn.ReLU6())),
        ("LeakyReLU", [2, 3, 4], () => nn.LeakyReLU(0.1)),
        ("PReLU", [2, 3, 4, 5], () => Drawn(nn.PReLU(3))),
        ("PReLU of one slope", [2, 3, 4, 5], () => nn.PReLU(1, 0.3)),
        ("ELU", [2, 3, 4], () => nn.ELU(0.7)),
        ("Sigmoid", [2, 3, 4], () => nn.Sigmoid()),
        ("Tanh", [2, 3, 4], () => nn.Tanh()),
        ("SiLU", [2, 3, 4], () => nn.SiLU()),
        ("Hardsigmoid", [2, 30, 4], () => nn.Hardsigmoid()),
        ("Hardswish", [2, 30, 4], () => nn.Hardswish()),
        ("Softmax", [2, 3, 4], () => nn.Softmax(1)),
        ("ScaledTanh", [2, 3, 4], () => new ScaledTanh()),

        ("Add", [2, 3, 4], () => new Joined(new ModelZoo.Layers.Add())),
        ("Multiply", [2, 3, 4], () => new Joined(new Multiply())),
        ("Negate", [2, 3, 4], () => new Negate()),
        ("Concat", [2, 3, 4], () => new Joined(new Concat())),
        ("TransformInput", [2, 3, 4, 5], () => new TransformInput(3)),
        ("MeanImage", [2, 3, 4, 5], () => new MeanImage(4, 5, (0.1f, 0.2f, 0.3f))),
        ("MeanImage of another size", [2, 3, 4, 5], () => new MeanImage(7, 9, (0.1f, 0.2f, 0.3f))),
        ("MeanImage, gray", [2, 1, 4, 5], () => new MeanImage(4, 5, (0.1f, 0.2f, 0.3f))),
        ("Flatten", [2, 3, 4, 5], () => nn.Flatten()),
        ("Flatten of the middle", [2, 3, 4, 5], () => nn.Flatten(1, 2)),
        ("ZeroPad2d", [2, 3, 4, 5], () => nn.ZeroPad2d((1, 2, 3, 0))),
        ("ZeroPad2d that cuts", [2, 3, 4, 5], () => nn.ZeroPad2d((-1, 1, -1, 1))),
        ("ConstantPad2d", [2, 3, 4, 5], () => nn.ConstantPad2d((1, 2, 3, 0), 0.5)),
        ("ReflectionPad2d", [2, 3, 4, 5], () => nn.ReflectionPad2d((1, 2, 3, 0))),
        ("ReplicationPad2d", [2, 3, 4, 5], () => nn.ReplicationPad2d((1, 2, 3, 0))),
        ("PaddedShortcut", [2, 3, 5, 6], () => new PaddedShortcut(3, 7, 2)),

        ("InstanceNorm1d", [3, 4, 5], () => Drawn(nn.InstanceNorm1d(4, 1e-2, affine: true))),
        ("LogSoftmax", [2, 3, 4], () => nn.LogSoftmax(1)),
        ("SELU", [2, 3, 4], () => nn.SELU()),
        ("Softplus", [2, 3, 4], () => nn.Softplus()),
        ("Softsign", [2, 3, 4], () => nn.Softsign()),
        ("Mish", [2, 3, 4], () => nn.Mish()),
        ("GELU", [2, 3, 4], () => nn.GELU()),
        ("HardLogistic", [2, 30, 4], () => new HardLogistic(0.3, 0.4)),
        ("Clip", [2, 3, 4], () => new Clip(-0.4, 0.7)),
        ("Clip above", [2, 3, 4], () => new Clip(double.NegativeInfinity, 0.7)),
        ("Clip below", [2, 3, 4], () => new Clip(-0.4, double.PositiveInfinity)),
        .. Enum.GetValues<ElementFunctionKind>().Select(kind =>
            ($"{kind}", (long[])[2, 3, 4], (Func<nn.Module>)(() => new After(nn.Sigmoid(), new ElementFunction(kind))))),
        .. Enum.GetValues<BinaryOperation>().SelectMany(operation => new[]
        {
            ($"{operation} of two", (long[])[2, 3, 4], (Func<nn.Module>)(() => new Joined(new Elementwise(operation)))),
            ($"{operation} a constant", [2, 3, 4], () => new ConstantOperand(operation, full([3, 1], 2f), first: false, learned: false)),
            ($"{operation} to a learned one", [2, 3, 4], () => new ConstantOperand(operation, full([3, 1], 2f), first: true, learned: true)),
        }),
        ("ConstantBorder", [2, 3, 4, 5], () => new ConstantBorder([1, -1, 0, 2, 1, 0], 0.5)),
        ("Reshape", [2, 3, 4, 5], () => new Reshape(-1, 5, 12)),
        ("Permute", [2, 3, 4, 5], () => new Permute(0, 2, 3, 1)),
        ("Slice", [2, 3, 7, 5], () => new Slice(2, 1, 6, 2)),
        ("SelectIndices", [2, 3, 4, 5], () => new SelectIndices(1, 2, 0, 2)),
        ("Mean", [2, 3, 4, 5], () => new Mean([1, 3], keep: false)),
        ("Total", [2, 3, 4, 5], () => new Total([1, 3], keep: true)),
        ("Mean, kept", [2, 3, 4, 5], () => new Mean([3], keep: true)),
        ("BorderedAveragePool", [2, 3, 8, 7], () => new BorderedAveragePool([3, 2], [2, 1], [1, 0, 0, 1], ceilMode: false)),
        .. Enum.GetValues<ResampleMode>().SelectMany(mode => Enum.GetValues<ResampleCoordinates>().SelectMany(coordinates => new[]
        {
            ($"Resample {mode} {coordinates}", (long[])[2, 3, 8, 8], (Func<nn.Module>)(() =>
                new Resample(mode, coordinates, ResampleRounding.RoundPreferCeil, [2, 0.625], [], -0.5))),
            ($"Resample to a size, {mode} {coordinates}", [2, 3, 8, 8], () =>
                new Resample(mode, coordinates, ResampleRounding.Floor, [1, 1], [13, 6], -0.75)),
        })),

        ("Dropout", [2, 3, 4], () => nn.Dropout()),
        ("Dropout2d", [2, 3, 4, 5], () => new After(nn.Dropout2d(), nn.Tanh())),
        ("StochasticDepth", [2, 3, 4], () => new After(nn.Tanh(), new StochasticDepth(0.5))),
        ("Identity", [2, 3, 4], () => nn.Identity()),
    ];

    public static TheoryData<string> Names() => [.. Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_layer_computes_the_same_in_ONNX_Runtime(string name)
    {
        foreach (int opset in (int[])[17, 18, 22]) // between which some operators have come
        {
            Agrees(name, opset);
        }
    }

    private static void Agrees(string name, int opset)
    {
        (_, long[] shape, Func<nn.Module> make) = Cases.Single(c => c.Name == name);
        random.manual_seed(1);
        using var scope = NewDisposeScope();
        using var layer = (nn.Module<Tensor, Tensor>)make();
        using Tensor x = randn(shape);
        double difference = OrtSession.Difference(layer, x, new() { Input = shape[1..], Opset = opset });
        Assert.True(difference <= Bound, $"opset {opset}: {difference}");
    }

    [Fact]
    public void Every_type_that_can_be_written_is_tested()
    {
        using var scope = NewDisposeScope();
        IEnumerable<Type> tested = Cases.SelectMany(c =>
        {
            using nn.Module module = c.Make();
            return module.modules().Append(module).Select(m => m.GetType()).ToArray();
        });
        Assert.Empty(LayerExports.Types.Except(tested).Select(t => t.Name));
    }

    [Fact]
    public void What_cannot_be_written_is_named_all_at_once()
    {
        using var scope = NewDisposeScope();
        using var model = new After(nn.LocalResponseNorm(4), nn.Softplus(2), nn.BatchNorm2d(4, track_running_stats: false), nn.ReLU(), nn.GLU(1));
        using Tensor x = randn(2, 4, 5, 6);
        ZooException refused = Assert.Throws<ZooException>(() => OrtSession.Difference(model, x));
        string[] lines = refused.Message.Split('\n');
        Assert.Equal(5, lines.Length);
        Assert.Contains("4 of its layers", lines[0], StringComparison.Ordinal);
        Assert.Equal(["layers.0 (LocalResponseNorm)", "layers.1 (Softplus)", "layers.2 (BatchNorm2d)", "layers.4 (GLU)"],
            lines[1..].Select(l => l[..(l.IndexOf(')', StringComparison.Ordinal) + 1)]));
        Assert.True(model.training); // the mode is put back
    }

    [Fact]
    public void Places_of_a_map_of_another_size_are_refused()
    {
        using var model = new PoolAndBack();
        using Tensor odd = randn(2, 3, 7, 6);
        Assert.Contains("another size", Assert.Throws<ZooException>(() => OrtSession.Difference(model, odd)).Message, StringComparison.Ordinal);
    }

    private static nn.Module Drawn(nn.Module module)
    {
        using IDisposable none = no_grad();
        foreach (Tensor t in module.parameters().Concat(module.buffers()).Where(t => t.is_floating_point()))
        {
            nn.init.uniform_(t, 0.5, 1.5);
        }

        return module;
    }

    private sealed class After : nn.Module<Tensor, Tensor>
    {
        private readonly Sequential layers;

        internal After(params nn.Module<Tensor, Tensor>[] all) : base(nameof(After))
        {
            layers = nn.Sequential(all.Select((layer, i) => ($"{i}", layer)));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => layers.call(input);
    }

    // A layer of two inputs or several, of which each is different.
    private sealed class Joined : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module join;
        private readonly Sigmoid a = nn.Sigmoid();
        private readonly Tanh b = nn.Tanh();

        internal Joined(nn.Module join) : base(nameof(Joined))
        {
            this.join = join;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            Tensor left = a.call(input), right = b.call(input);
            return join is nn.Module<Tensor[], Tensor> many ? many.call([left, right]) : ((nn.Module<Tensor, Tensor, Tensor>)join).call(left, right);
        }
    }

    private sealed class PoolAndBack : nn.Module<Tensor, Tensor>
    {
        private readonly MaxPoolWithIndices pool = new(2);
        private readonly Tanh tanh = nn.Tanh();
        private readonly MaxUnpool unpool = new(2);

        internal PoolAndBack() : base(nameof(PoolAndBack)) => RegisterComponents();

        public override Tensor forward(Tensor input)
        {
            (Tensor values, Tensor places) = pool.call(input);
            return unpool.call(tanh.call(values), places);
        }
    }
}
