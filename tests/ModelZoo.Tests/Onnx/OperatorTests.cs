using ModelZoo.Cli;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using ModelZoo.Tests.Training;
using ModelZoo.Verification;
using ModelZoo.Verification.Engines;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx;

/// <summary>Every operator alone, with its attributes, against ONNX Runtime: batches of two and three, odd sizes.</summary>
[Collection(TorchCollection.Name)]
public class OperatorTests
{
    private static AttributeProto A(string name, long value) => AttributeProto.Of(name, value);

    private static AttributeProto A(string name, float value) => AttributeProto.Of(name, value);

    private static AttributeProto A(string name, string value) => AttributeProto.Of(name, value);

    private static AttributeProto A(string name, params long[] values) => AttributeProto.Of(name, values);

    private static OnnxGraphs G(int opset, int seed = 1) => new OnnxGraphs(opset, seed).Input("n", 4, 9, 8);

    private static readonly (string Name, Func<OnnxGraphs> Graph)[] All =
    [
        ("conv", () => G(11).Weight("w", 6, 4, 3, 3).Weight("b", 6).Node("Conv", "x w b -> y")),
        ("conv no bias, stride, dilation, groups", () => G(7).Weight("w", 6, 2, 3, 2)
            .Node("Conv", "x w -> y", A("strides", 2, 1), A("dilations", 2, 3), A("group", 2), A("pads", 1, 2, 1, 2), A("kernel_shape", 3, 2))),
        ("conv asymmetric", () => G(22).Weight("w", 5, 4, 3, 3).Weight("b", 5).Node("Conv", "x w b -> y", A("pads", 1, 0, 0, 2), A("strides", 2, 2))),
        ("conv same upper", () => G(13).Weight("w", 5, 4, 4, 3).Node("Conv", "x w -> y", A("auto_pad", "SAME_UPPER"), A("strides", 2, 3))),
        ("conv same lower", () => G(13).Weight("w", 5, 4, 4, 3).Node("Conv", "x w -> y", A("auto_pad", "SAME_LOWER"), A("strides", 2, 3))),
        ("conv valid", () => G(13).Weight("w", 5, 4, 4, 3).Node("Conv", "x w -> y", A("auto_pad", "VALID"))),
        ("conv depthwise", () => G(13).Weight("w", 8, 1, 3, 3).Node("Conv", "x w -> y", A("group", 4), A("pads", 1, 1, 1, 1))),
        ("conv transposed", () => G(11).Weight("w", 4, 3, 3, 2).Weight("b", 6)
            .Node("ConvTranspose", "x w b -> y", A("strides", 3, 4), A("group", 2), A("output_padding", 1, 2), A("pads", 1, 0, 1, 0))),
        ("conv transposed asymmetric, dilation", () => G(11).Weight("w", 4, 3, 3, 3)
            .Node("ConvTranspose", "x w -> y", A("strides", 2, 2), A("pads", 0, 2, 1, 1), A("dilations", 2, 1))),
        ("conv transposed same upper", () => G(11).Weight("w", 4, 3, 4, 3).Node("ConvTranspose", "x w -> y", A("strides", 2, 2), A("auto_pad", "SAME_UPPER"))),
        ("conv transposed output shape", () => G(11).Weight("w", 4, 3, 4, 3).Node("ConvTranspose", "x w -> y", A("strides", 2, 2), A("output_shape", 17, 15))),
        ("gemm", () => G(11).Weight("w", 5, 288).Weight("b", 5).Node("Flatten", "x -> f").Node("Gemm", "f w b -> y", A("transB", 1))),
        ("gemm plain, alpha, beta, one row", () => G(7).Weight("w", 288, 5).Weight("b", 1, 5).Node("Flatten", "x -> f", A("axis", 1))
            .Node("Gemm", "f w b -> y", A("alpha", 0.5f), A("beta", 2f))),
        ("gemm no bias", () => G(13).Weight("w", 288, 5).Node("Flatten", "x -> f").Node("Gemm", "f w -> y")),
        ("matmul", () => G(13).Weight("w", 8, 5).Node("MatMul", "x w -> y")),
        ("matmul and add", () => G(13).Weight("w", 8, 5).Weight("b", 5).Node("MatMul", "x w -> m").Node("Add", "b m -> y")),
        ("gemm, weights transposed in the graph", () => G(13).Weight("w", 5, 8).Node("Transpose", "w -> t", A("perm", 1, 0)).Node("MatMul", "x t -> y")),
        ("batch normalization", () => G(9).Weight("s", 4).Weight("b", 4).Weight("m", 4).Weight("v", 0.1, 2, 4)
            .Node("BatchNormalization", "x s b m v -> y", A("epsilon", 1e-3f), A("momentum", 0.8f))),
        ("batch normalization of rows", () => G(15).Weight("s", 8).Weight("b", 8).Weight("m", 8).Weight("v", 0.1, 2, 8)
            .Node("ReduceMean", "x -> r", A("axes", 1, 2), A("keepdims", 0)).Node("BatchNormalization", "r s b m v -> y")),
        ("instance normalization", () => G(6 + 1).Weight("s", 4).Weight("b", 4).Node("InstanceNormalization", "x s b -> y", A("epsilon", 1e-2f))),
        ("group normalization 21", () => G(21).Weight("s", 4).Weight("b", 4).Node("GroupNormalization", "x s b -> y", A("num_groups", 2))),
        ("lrn", () => G(13).Node("LRN", "x -> y", A("size", 3), A("alpha", 0.5f), A("beta", 0.6f), A("bias", 1.5f))),
        ("dropout", () => G(10).Node("Dropout", "x -> d", A("ratio", 0.4f)).Node("Relu", "d -> y")),
        ("dropout 13", () => G(13).Weight("r", [0.3f]).Node("Dropout", "x r -> d").Node("Relu", "d -> y")),

        ("max pool", () => G(12).Node("MaxPool", "x -> y", A("kernel_shape", 3, 2), A("strides", 2, 2), A("pads", 1, 1, 1, 1))),
        ("max pool ceil, dilation", () => G(12)
            .Node("MaxPool", "x -> y", A("kernel_shape", 2, 3), A("strides", 2, 2), A("ceil_mode", 1), A("dilations", 2, 1))),
        ("max pool behind", () => G(8).Node("MaxPool", "x -> y", A("kernel_shape", 3, 3), A("strides", 2, 2), A("pads", 0, 0, 1, 1))),
        ("max pool asymmetric", () => G(8).Node("MaxPool", "x -> y", A("kernel_shape", 3, 3), A("strides", 2, 2), A("pads", 2, 0, 0, 1))),
        ("max pool same", () => G(8).Node("MaxPool", "x -> y", A("kernel_shape", 3, 3), A("strides", 2, 2), A("auto_pad", "SAME_LOWER"))),
        ("max pool with places, and back", () => G(13).Longs("s", 0).Longs("e", 8).Longs("a", 2).Node("Slice", "x s e a -> z")
            .Node("MaxPool", "z -> m p", A("kernel_shape", 2, 2), A("strides", 2, 2)).Node("Neg", "m -> n")
            .Node("MaxUnpool", "n p -> y", A("kernel_shape", 2, 2), A("strides", 2, 2))),
        ("average pool", () => G(11).Node("AveragePool", "x -> y", A("kernel_shape", 3, 2), A("strides", 2, 2), A("pads", 1, 1, 1, 1))),
        ("average pool counted", () => G(11).Node("AveragePool", "x -> y", A("kernel_shape", 3, 2), A("pads", 1, 1, 1, 1), A("count_include_pad", 1))),
        ("average pool ceil", () => G(19).Node("AveragePool", "x -> y", A("kernel_shape", 2, 3), A("strides", 2, 2), A("ceil_mode", 1))),
        ("average pool ceil counted", () => G(19).Node("AveragePool", "x -> y", A("kernel_shape", 3, 3), A("strides", 2, 2), A("ceil_mode", 1),
            A("pads", 1, 1, 1, 1), A("count_include_pad", 1))),
        ("average pool asymmetric", () => G(7).Node("AveragePool", "x -> y", A("kernel_shape", 3, 3), A("strides", 2, 2), A("pads", 0, 0, 1, 1))),
        ("average pool asymmetric counted", () => G(7).Node("AveragePool", "x -> y", A("kernel_shape", 3, 3), A("strides", 2, 2), A("pads", 0, 0, 1, 1),
            A("count_include_pad", 1))),
        ("global average pool", () => G(7).Node("GlobalAveragePool", "x -> y")),
        ("global max pool", () => G(7).Node("GlobalMaxPool", "x -> y")),
        ("mean", () => G(13).Node("ReduceMean", "x -> y", A("axes", -1, 2), A("keepdims", 1))),
        ("sum", () => G(11).Node("ReduceSum", "x -> y", A("axes", -1, 2), A("keepdims", 1))),
        ("sum of one", () => G(13).Longs("a", 3).Node("ReduceSum", "x a -> y", A("keepdims", 0))),
        ("constant that repeats", () => G(13).Weight("c", 5, 8).Node("GlobalAveragePool", "x -> p").Node("Sub", "p c -> y")),
        ("group normalization 18", () => G(18).Weight("s", 2).Weight("b", 2).Node("GroupNormalization", "x s b -> y", A("num_groups", 2))),
        ("group normalization 20", () => G(20).Weight("s", 2).Weight("b", 2).Node("GroupNormalization", "x s b -> y", A("num_groups", 2))),
        ("mean of one", () => G(18).Longs("a", 3).Node("ReduceMean", "x a -> y", A("keepdims", 0))),

        .. new[] { "Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Elu", "Selu", "LeakyRelu", "HardSigmoid", "Exp", "Abs", "Neg", "Floor", "Ceil", "Erf" }
            .Select(op => (op, (Func<OnnxGraphs>)(() => G(13).Node(op, "x -> y")))),
        .. new[] { "Sqrt", "Log", "Reciprocal" }.Select(op => (op, (Func<OnnxGraphs>)(() => G(13).Node("Sigmoid", "x -> s").Node(op, "s -> y")))),
        ("hard swish", () => G(14).Node("HardSwish", "x -> y")),
        ("hard sigmoid as torch's", () => G(14).Node("HardSigmoid", "x -> y", A("alpha", 1 / 6f))),
        ("mish", () => G(18).Node("Mish", "x -> y")),
        ("gelu", () => G(20).Node("Gelu", "x -> y")),
        ("leaky, alpha", () => G(13).Node("LeakyRelu", "x -> y", A("alpha", 0.3f))),
        ("elu, alpha", () => G(13).Node("Elu", "x -> y", A("alpha", 0.7f))),
        ("prelu", () => G(9).Weight("s", 4, 1, 1).Node("PRelu", "x s -> y")),
        ("prelu, one slope", () => G(16).Weight("s", [0.2f], 1).Node("PRelu", "x s -> y")),
        ("clip 6", () => G(6 + 1).Node("Clip", "x -> y", A("min", -0.25f), A("max", 0.5f))),
        ("clip 11", () => G(11).Weight("lo", [0f]).Weight("hi", [6f]).Node("Clip", "x lo hi -> y")),
        ("clip above", () => G(13).Weight("hi", [0.25f]).Node("Clip", "x _ hi -> y")),
        ("softmax 13", () => G(13).Node("Softmax", "x -> y", A("axis", 1))),
        ("softmax 11", () => G(11).Node("Softmax", "x -> y")),
        ("softmax 11, last", () => G(11).Node("Softmax", "x -> y", A("axis", 3))),
        ("log softmax", () => G(13).Node("LogSoftmax", "x -> y", A("axis", -2))),

        .. new[] { "Add", "Sub", "Mul", "Div", "Max", "Min", "Sum" }.Select(op =>
            (op, (Func<OnnxGraphs>)(() => G(13).Node("Sigmoid", "x -> s").Node(op, "x s -> y")))),
        .. new[] { "Add", "Sub", "Mul", "Div" }.SelectMany(op => new[]
        {
            ($"{op} gate", (Func<OnnxGraphs>)(() => G(13).Node("GlobalAveragePool", "x -> a").Node("Sigmoid", "a -> s").Node(op, "x s -> y"))),
            ($"{op} constant", () => G(13).Weight("c", 0.5, 2, 4, 1, 1).Node(op, "x c -> y")),
            ($"{op} constant first", () => G(13).Weight("c", [0.5f]).Node("Exp", "x -> e").Node(op, "c e -> y")),
        }),
        ("pow", () => G(13).Weight("c", [2f]).Node("Pow", "x c -> y")),
        ("sum of three", () => G(13).Node("Sigmoid", "x -> s").Node("Tanh", "x -> t").Node("Sum", "x s t -> y")),
        ("concat", () => G(13).Node("Sigmoid", "x -> s").Node("Concat", "x s x -> y", A("axis", 1))),
        ("concat rows", () => G(7).Node("Sigmoid", "x -> s").Node("Concat", "x s -> y", A("axis", -2))),

        ("identity and cast", () => G(13).Node("Identity", "x -> i").Node("Cast", "i -> c", A("to", 1)).Node("Relu", "c -> y")),
        ("flatten 2", () => G(13).Node("Flatten", "x -> f", A("axis", -1)).Node("Relu", "f -> y")),
        ("reshape", () => G(13).Longs("s", 0, 2, 2, -1, 8).Node("Reshape", "x s -> y")),
        ("reshape by shape arithmetic", () => G(13).Longs("zero", 0).Longs("minus", -1).Node("Shape", "x -> sh").Node("Gather", "sh zero -> n")
            .Node("Concat", "n minus -> s", A("axis", 0)).Node("Reshape", "x s -> y")),
        ("channel shuffle", () => G(13).Longs("a", 0, 2, 2, 9, 8).Longs("b", 0, -1, 9, 8).Node("Reshape", "x a -> r")
            .Node("Transpose", "r -> t", A("perm", 0, 2, 1, 3, 4)).Node("Reshape", "t b -> y")),
        ("squeeze", () => G(11).Node("GlobalAveragePool", "x -> a").Node("Squeeze", "a -> s", A("axes", 2, 3)).Node("Relu", "s -> y")),
        ("squeeze 13", () => G(13).Longs("a", -1).Node("GlobalAveragePool", "x -> p").Node("Squeeze", "p a -> y")),
        ("unsqueeze", () => G(11).Node("Unsqueeze", "x -> y", A("axes", 1, -1))),
        ("unsqueeze 13", () => G(13).Longs("a", 2).Node("Unsqueeze", "x a -> y")),
        ("transpose", () => G(13).Node("Transpose", "x -> y", A("perm", 0, 2, 3, 1))),
        ("slice 9", () => G(9).Node("Slice", "x -> y", A("axes", 1, 3), A("starts", 1, -5), A("ends", 3, 1000))),
        ("slice 13, steps", () => G(13).Longs("s", 1, 0).Longs("e", -1, 9223372036854775807).Longs("a", 2, 3).Longs("t", 2, 3)
            .Node("Slice", "x s e a t -> y")),
        ("split", () => G(11).Node("Split", "x -> a b", A("axis", 1), A("split", 1, 3)).Node("Concat", "b a -> y", A("axis", 1))),
        ("split 13, equal", () => G(13).Node("Split", "x -> a b", A("axis", 1)).Node("Sub", "b a -> y")),
        ("split 18", () => G(18).Node("Split", "x -> a b c", A("axis", 2), A("num_outputs", 3)).Node("Add", "a c -> y")),
        ("gather one", () => G(13).Longs("i", -1).Node("Gather", "x i -> y", A("axis", 1))),
        ("gather some", () => G(13).Longs("i", 2, 0, 2).Node("Gather", "x i -> y", A("axis", 3))),
        ("pad", () => G(13).Longs("p", 0, 0, 1, 2, 0, 0, 0, 1).Node("Pad", "x p -> y")),
        ("pad value and cut", () => G(13).Longs("p", 0, 1, -1, 0, 0, 0, 2, -3).Weight("v", [0.5f]).Node("Pad", "x p v -> y")),
        ("pad reflect 10", () => G(10).Node("Pad", "x -> y", A("mode", "reflect"), A("pads", 0, 0, 2, 1, 0, 0, 1, 3))),
        ("pad edge, axes", () => G(18).Longs("p", 1, 2, 3, 4).Longs("a", 3, 2).Node("Pad", "x p _ a -> y", A("mode", "edge"))),

        ("upsample 7", () => G(7).Node("Upsample", "x -> y", A("mode", "nearest"), AttributeProto.Of("scales", [1f, 1, 2, 3]))),
        ("upsample 9, linear", () => G(9).Weight("s", [1f, 1, 2, 2], 4).Node("Upsample", "x s -> y", A("mode", "linear"))),
        ("resize 10", () => G(10).Weight("s", [1f, 1, 2, 0.5f], 4).Node("Resize", "x s -> y", A("mode", "nearest"))),
        .. new[] { "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric" }.SelectMany(coordinates =>
            new[] { "nearest", "linear", "cubic" }.SelectMany(mode => new[]
            {
                ($"resize {coordinates} {mode}", (Func<OnnxGraphs>)(() => G(13).Weight("s", [1f, 1, 2, 0.625f], 4)
                    .Node("Resize", "x _ s -> y", A("coordinate_transformation_mode", coordinates), A("mode", mode)))),
                ($"resize to {coordinates} {mode}", () => new OnnxGraphs(13).Input(2, 4, 9, 8).Longs("z", 2, 4, 13, 5)
                    .Node("Resize", "x _ _ z -> y", A("coordinate_transformation_mode", coordinates), A("mode", mode))),
            })),
        .. new[] { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" }.Select(rounding =>
            ($"resize {rounding}", (Func<OnnxGraphs>)(() => G(18).Weight("s", [1.5f, 2f], 2)
                .Node("Resize", "x _ s -> y", A("axes", 2, 3), A("nearest_mode", rounding), A("coordinate_transformation_mode", "asymmetric"))))),
    ];

    public static TheoryData<string> Names => [.. All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operator_computes_what_ONNX_Runtime_does(string name)
    {
        OnnxGraphs graph = Array.Find(All, one => one.Name == name).Graph();
        bool written = graph.Graph.Inputs[0].Type!.TensorType!.Shape!.Dims[0].DimValue is not null;
        foreach (int batch in written ? [2] : (int[])[2, 3])
        {
            OnnxGraphs.Agree(graph.Bytes(), [batch, 4, 9, 8], graph.Values(batch * 288, -3, 3));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operator_is_verified_whole_and_is_the_same_to_the_bit_when_it_is_written_and_read_again(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        OnnxGraphs graph = Array.Find(All, one => one.Name == name).Graph();
        using OnnxNetwork network = Read(graph.Bytes());
        using Tensor x = tensor(graph.Values(2 * 288, -3, 3), [2, 4, 9, 8]);
        VerificationReport report = Verifier.Verify(network, x, new VerifyOptions { MaxElements = 512, Training = false, Loss = false });
        Assert.True(report.Passed, $"{report.FirstFailure}");

        using IDisposable none = no_grad();
        Tensor before = network.call(x);
        bool several = name is "gelu" or "mish" || name.StartsWith("group normalization", StringComparison.Ordinal); // before they have an operator
        foreach (int opset in several ? (int[])[22] : [17, 22])
        {
            using IDisposable written = OnnxExport.Build(network, new() { Input = [4, 9, 8], Opset = opset }, out ModelProto proto, out _);
            using OnnxNetwork again = Read(OnnxFile.ToBytes(proto));
            Tensor after = again.call(x);
            Assert.Equal(before.shape, after.shape);
            Assert.Equal(before.contiguous().data<float>().ToArray(), after.contiguous().data<float>().ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ONNX_Runtime_is_within_the_bounds_of_the_reference(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using var folder = new TempFolder();
        OnnxGraphs graph = Array.Find(All, one => one.Name == name).Graph();
        File.WriteAllBytes(folder.File("x.onnx"), graph.Bytes());
        using GraphVerifier verifier = GraphVerifier.Open(folder.File("x.onnx"));
        VerificationReport report = verifier.Verify(new OnnxRuntimeEngine(), tensor(graph.Values(2 * 288, -12, 12), [2, 4, 9, 8]));
        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.True(report.Checks.Count >= 2, "no layer was compared");
    }

    private static OnnxNetwork Read(byte[] bytes)
    {
        using OnnxFile file = OnnxFile.Parse(bytes, "graph.onnx");
        GraphBuilder built = GraphBuilder.Build(file, new GraphSizes(9, 8));
        var network = new OnnxNetwork("graph", built.Steps, built.Output.Slot);
        network.eval();
        return network;
    }

    [Fact]
    public void No_name_is_there_twice_and_every_operator_of_the_table_is_tried()
    {
        Assert.Equal(All.Length, All.Select(one => one.Name).Distinct().Count());
        HashSet<string> tried = [.. All.SelectMany(one => one.Graph().Graph.Nodes.Select(node => node.OpType))];
        Assert.Empty(ModelZoo.Onnx.Operators.OperatorTable.Names.Except(tried));
    }
}
