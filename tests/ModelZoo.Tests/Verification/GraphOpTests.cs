using ModelZoo.Layers;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>The layers that graphs of ONNX are made of, each alone, forward and backward; and the same with something wrong in it.</summary>
[Collection(TorchCollection.Name)]
public class GraphOpTests
{
    private static readonly (string Name, long[] Input, Func<nn.Module<Tensor, Tensor>> Build)[] Cases =
    [
        ("linear of maps", [2, 3, 4, 7], () => nn.Linear(7, 5)),
        ("batch norm of rows", [4, 5], () => Drawn(nn.BatchNorm1d(5))),
        ("batch norm of lines", [3, 5, 6], () => Drawn(nn.BatchNorm1d(5))),
        ("instance norm of lines", [2, 5, 9], () => Drawn(nn.InstanceNorm1d(5, affine: true))),
        ("prelu", [2, 3, 4, 5], () => Drawn(nn.PReLU(3))),
        ("prelu, one slope", [2, 30], () => nn.PReLU(1, 0.3)),
        ("elu", [2, 700], () => nn.ELU()),
        ("elu, alpha", [2, 700], () => nn.ELU(0.3)),
        ("selu", [2, 700], () => nn.SELU()),
        ("softplus", [2, 700], () => nn.Softplus()),
        ("softsign", [2, 700], () => nn.Softsign()),
        ("mish", [2, 700], () => nn.Mish()),
        ("gelu", [2, 700], () => nn.GELU()),
        ("hard sigmoid", [2, 700], () => nn.Hardsigmoid()),
        ("hard swish", [2, 700], () => nn.Hardswish()),
        ("softmax", [2, 7, 5], () => nn.Softmax(1)),
        ("softmax, last", [20, 40], () => nn.Softmax(-1)),
        ("log softmax", [2, 7, 5], () => nn.LogSoftmax(1)),
        ("log softmax, last", [20, 40], () => nn.LogSoftmax(-1)),
        ("global max pool", [2, 5, 7, 7], () => nn.AdaptiveMaxPool2d([1, 1])),
        ("adaptive max pool", [2, 5, 7, 6], () => nn.AdaptiveMaxPool2d([3, 4])),
        ("constant padding", [2, 3, 4, 5], () => nn.ConstantPad2d((1, 2, 3, 0), 0.1)),
        ("reflected padding", [2, 3, 4, 5], () => nn.ReflectionPad2d((1, 2, 3, 0))),
        ("repeated padding", [2, 3, 4, 5], () => nn.ReplicationPad2d((1, 2, 3, 0))),
        ("bilinear", [2, 3, 6, 7], () => nn.Upsample(scale_factor: [2.0, 2.0], mode: UpsampleMode.Bilinear)),
        ("bilinear from corner to corner", [2, 3, 6, 7], () => nn.Upsample(size: [13L, 5], mode: UpsampleMode.Bilinear, align_corners: true)),
        ("bilinear by odd scales", [2, 3, 9, 40], () => nn.Upsample(scale_factor: [1.7, 0.6], mode: UpsampleMode.Bilinear)),
        ("bilinear to a size", [2, 3, 9, 40], () => nn.Upsample(size: [14L, 61], mode: UpsampleMode.Bilinear)),
        ("clip", [2, 300], () => new Clip(-0.3, 1.7)),
        ("clip above", [2, 300], () => new Clip(double.NegativeInfinity, 1)),
        ("hard logistic", [2, 300], () => new HardLogistic(0.2, 0.5)),
        .. Enum.GetValues<ElementFunctionKind>().Select(kind =>
            ($"{kind}", (long[])[2, 700], (Func<nn.Module<Tensor, Tensor>>)(() => new ElementFunction(kind)))),
        .. Enum.GetValues<BinaryOperation>().SelectMany(operation => new[]
        {
            ($"{operation} a number", (long[])[2, 3, 4, 5], (Func<nn.Module<Tensor, Tensor>>)(() => Constant(operation, first: false, learned: false))),
            ($"{operation} to a number", [2, 3, 4, 5], () => Constant(operation, first: true, learned: false)),
            ($"{operation} learned", [2, 3, 4, 5], () => Constant(operation, first: false, learned: true, 3, 1, 1)),
            ($"{operation} of learned rows", [2, 3, 4, 5], () => Constant(operation, first: true, learned: true, 4, 1)),
        }),
        ("reshape", [2, 3, 4, 5], () => new Reshape(-1, 3, 2, 10)),
        ("permute", [2, 3, 4, 5], () => new Permute(0, 2, 3, 1)),
        ("slice", [2, 3, 7, 5], () => new Slice(2, 1, 6, 2)),
        ("select", [2, 3, 4, 5], () => new SelectIndices(3, 4, 0, 4, 1)),
        ("constant border", [2, 3, 4, 5], () => new ConstantBorder([1, -2, 0, 3, 1, 0], 0.1)),
        ("mean", [2, 3, 4, 5], () => new Mean([1, 3], keep: false)),
        ("mean, kept", [2, 3, 4, 5], () => new Mean([-1], keep: true)),
        ("total", [2, 3, 4, 5], () => new Total([1, 3], keep: false)),
        ("average pool in a border", [2, 3, 8, 7], () => new BorderedAveragePool([3, 2], [2, 1], [1, 0, 0, 2], ceilMode: false)),
        .. Enum.GetValues<ResampleMode>().SelectMany(mode => Enum.GetValues<ResampleCoordinates>().SelectMany(coordinates => new[]
        {
            ($"{mode} {coordinates}", (long[])[2, 3, 9, 8], (Func<nn.Module<Tensor, Tensor>>)(() =>
                new Resample(mode, coordinates, ResampleRounding.RoundPreferFloor, [1.6, 0.7], [], -0.75))),
            ($"{mode} {coordinates} to a size", [2, 3, 9, 8], () => new Resample(mode, coordinates, ResampleRounding.Ceil, [1, 1], [13, 1], -0.5)),
        })),
    ];

    public static TheoryData<string> Names => [.. Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_layer_alone_computes_what_it_says(string name)
    {
        (_, long[] shape, Func<nn.Module<Tensor, Tensor>> build) = Cases.Single(c => c.Name == name);
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16])
        {
            manual_seed(3);
            using nn.Module<Tensor, Tensor> layer = build();
            layer.to(type);
            using Tensor input = (randn(shape) * 3).to(type);
            VerificationReport report = Verifier.Verify(layer, input, new VerifyOptions { Seed = 3, Training = type == ScalarType.Float32 });
            bool narrow = type == ScalarType.BFloat16; // which some operators do not know
            LayerCheck? failure = report.Failures.FirstOrDefault(f => !narrow || f.Note?.Contains("torch refuses", StringComparison.Ordinal) != true);
            Assert.True(failure is null, $"{type}: {failure}");
            Assert.Contains(report.Checks, check => check.Quantity == "grad input");
            Assert.All(report.Checks, check => Assert.Equal(check.TotalCount, check.CheckedCount));
        }
    }

    public static TheoryData<BinaryOperation> Operations => [.. Enum.GetValues<BinaryOperation>()];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Two_inputs_of_different_shapes(BinaryOperation operation)
    {
        foreach ((long[] a, long[] b) in ((long[], long[])[])[([2, 3, 4, 5], [2, 3, 4, 5]), ([2, 3, 4, 5], [2, 3, 1, 1]), ([2, 3, 1, 5], [4, 1])])
        {
            using var model = new Pair(operation, a, b);
            using Tensor input = randint(-6, 7, [Math.Max(a.Aggregate(1L, (x, y) => x * y), b.Aggregate(1L, (x, y) => x * y))]).to(ScalarType.Float32) / 2;
            VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { AllowUnverified = new HashSet<string> { nameof(Leaf) } });
            Assert.True(report.Passed, $"{report.FirstFailure}");
            Assert.Contains(report.Checks, check => check.Quantity == "grad input 1" && check.Passed);
        }
    }

    /// <summary>What a layer should be, what it is instead, and the cause to be named.</summary>
    private static readonly (string Cause, Func<nn.Module<Tensor, Tensor>> Right, Func<nn.Module<Tensor, Tensor>> Wrong)[] Faults =
    [
        ("the operands are exchanged", () => Fixed(BinaryOperation.Subtract, first: false), () => Fixed(BinaryOperation.Subtract, first: true)),
        ("multiplied instead of added", () => Fixed(BinaryOperation.Add, first: false), () => Fixed(BinaryOperation.Multiply, first: false)),
        ("the smaller one instead of the larger one", () => Fixed(BinaryOperation.Maximum, first: false), () => Fixed(BinaryOperation.Minimum, first: false)),
        ("the constant is left out", () => Fixed(BinaryOperation.Divide, first: false), () => nn.Identity()),
        ("the order is the inverse one", () => new Permute(0, 2, 3, 1), () => new Permute(0, 3, 1, 2)),
        ("reshaped instead of permuted", () => new Permute(0, 2, 3, 1), () => new Reshape(-1, 5, 6, 4)),
        ("it begins one later", () => new Slice(2, 1, 4), () => new Slice(2, 2, 5)),
        ("it begins at 0", () => new Slice(1, 2, 4), () => new Slice(1, 0, 2)),
        ("the indices are in reverse order", () => new SelectIndices(1, 3, 1), () => new SelectIndices(1, 1, 3)),
        ("the other sides are padded", () => new ConstantBorder([1, 0, 2, 1], 0.5), () => new ConstantBorder([0, 1, 1, 2], 0.5)),
        ("the border is 0", () => new ConstantBorder([1, 0, 2, 1], 0.5), () => new ConstantBorder([1, 0, 2, 1], 0)),
        ("the border is repeated instead of reflected", () => nn.ReflectionPad2d((1, 2, 1, 2)), () => nn.ReplicationPad2d((1, 2, 1, 2))),
        ("the dimensions stay", () => new Mean([2, 3], keep: false), () => new Mean([2, 3], keep: true)),
        ("the mean instead of the sum", () => new Total([2, 3], keep: true), () => new Mean([2, 3], keep: true)),
        ("places by Asymmetric instead of HalfPixel", () => Linear(ResampleCoordinates.HalfPixel), () => Linear(ResampleCoordinates.Asymmetric)),
        ("Floor instead of RoundPreferFloor", () => Nearest(ResampleRounding.RoundPreferFloor), () => Nearest(ResampleRounding.Floor)),
        ("align_corners True instead of False", () => Bilinear(corners: false), () => Bilinear(corners: true)),
        ("average instead of maximum", () => nn.AdaptiveMaxPool2d([1, 1]), () => nn.AdaptiveAvgPool2d(1)),
        ("the other sides are padded", () => new BorderedAveragePool([3, 3], [2, 2], [1, 0, 1, 0], false),
            () => new BorderedAveragePool([3, 3], [2, 2], [0, 1, 0, 1], false)),
        ("the function is not applied", () => nn.Mish(), () => nn.Identity()),
        ("dimension 2 instead of 1", () => nn.Softmax(1), () => nn.Softmax(2)),
        ("the first slope is taken for all", () => Slopes(0.1f, 0.2f, 0.3f, 0.4f), () => Slopes(0.1f, 0.1f, 0.1f, 0.1f)),
    ];

    public static TheoryData<int> FaultPlaces => [.. Enumerable.Range(0, Faults.Length)];

    [Theory]
    [MemberData(nameof(FaultPlaces))]
    public void A_planted_fault_is_named(int place)
    {
        (string cause, Func<nn.Module<Tensor, Tensor>> right, Func<nn.Module<Tensor, Tensor>> wrong) = Faults[place];
        using nn.Module<Tensor, Tensor> trusted = right(), layer = wrong();
        var registry = CheckRegistry.CreateDefault();
        Assert.True(registry.TryFind(trusted, out ILayerCheck? check, out string? reason), reason);
        registry.Add<Leaf>(_ => check);
        using var model = new Leaf(layer.call);
        using Tensor input = randn(2, 4, 5, 6);
        LayerCheck? failure = Verifier.Verify(model, input, new VerifyOptions { Checks = registry }).Failures.FirstOrDefault(f => f.Quantity == "output");
        Assert.Contains(cause, failure?.LikelyCause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gradient_that_is_cut_off_is_found()
    {
        using var right = new Clip(-1, 1);
        var registry = CheckRegistry.CreateDefault();
        Assert.True(registry.TryFind(right, out ILayerCheck? check, out _));
        registry.Add<Leaf>(_ => check);
        using var model = new Leaf(x => x + (x.clamp(-1, 1) - x).detach()); // straight through
        using Tensor input = randn(2, 40);
        LayerCheck? failure = Verifier.Verify(model, input, new VerifyOptions { Checks = registry }).FirstFailure;
        Assert.Equal("grad input", failure?.Quantity);
    }

    private static ConstantOperand Constant(BinaryOperation operation, bool first, bool learned, params long[] shape) =>
        new(operation, rand(shape) + 1.5, first, learned);

    private static ConstantOperand Fixed(BinaryOperation operation, bool first) => new(operation, tensor(1.75f), first, learned: false);

    private static Resample Linear(ResampleCoordinates coordinates) =>
        new(ResampleMode.Linear, coordinates, ResampleRounding.Floor, [2, 1.5], [], -0.75);

    private static Resample Nearest(ResampleRounding rounding) =>
        new(ResampleMode.Nearest, ResampleCoordinates.Asymmetric, rounding, [1.5, 1.5], [], -0.75);

    private static Upsample Bilinear(bool corners) => nn.Upsample(size: [9L, 8], mode: UpsampleMode.Bilinear, align_corners: corners);

    private static PReLU Slopes(params float[] slopes)
    {
        using IDisposable none = no_grad();
        PReLU layer = nn.PReLU(slopes.Length);
        layer.weight.copy_(tensor(slopes));
        return layer;
    }

    private static T Drawn<T>(T layer)
        where T : nn.Module
    {
        using IDisposable none = no_grad();
        foreach (Tensor t in layer.parameters().Concat(layer.buffers()).Where(t => t.is_floating_point()))
        {
            nn.init.uniform_(t, 0.5, 1.5);
        }

        return layer;
    }

    // Parts of one input, joined.
    private sealed class Pair : nn.Module<Tensor, Tensor>
    {
        private readonly Leaf left, right;
        private readonly Elementwise join;

        internal Pair(BinaryOperation operation, long[] a, long[] b) : base(nameof(Pair))
        {
            (left, right, join) = (new(x => Part(x, a).clone()), new(x => Part(x.flip(0), b).clone()), new(operation));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => join.call(left.call(input), right.call(input));

        private static Tensor Part(Tensor x, long[] shape) => x.slice(0, 0, shape.Aggregate(1L, (a, b) => a * b), 1).reshape(shape);
    }
}
