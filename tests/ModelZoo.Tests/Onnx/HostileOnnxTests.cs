using ModelZoo.Onnx;
using Xunit;

namespace ModelZoo.Tests.Onnx;

/// <summary>Damaged and hostile graphs are one clear line, whatever is wrong with them.</summary>
public class HostileOnnxTests
{
    private static AttributeProto A(string name, params long[] values) => AttributeProto.Of(name, values);

    private static OnnxGraphs Small() => new OnnxGraphs(13).Input("n", 3, 8, 8).Weight("w", 4, 3, 3, 3).Weight("b", 4).Weight("s", 4).Weight("v", 0.5, 1, 4)
        .Longs("shape", 0, -1).Weight("fc", 5, 64).Node("Conv", "x w b -> c", A("strides", 2, 2), A("pads", 1, 1, 1, 1))
        .Node("BatchNormalization", "c s b s v -> n").Node("Relu", "n -> r").Node("Add", "r n -> a").Node("Reshape", "a shape -> f")
        .Node("Gemm", "f fc -> y", AttributeProto.Of("transB", 1L));

    /// <summary>What a fuzzer calls: any bytes, and nothing else than a ZooException.</summary>
    internal static bool Read(byte[] bytes)
    {
        try
        {
            using var model = OnnxModel.Parse(bytes, "m.onnx").Model;
            return true;
        }
        catch (ZooException)
        {
            return false;
        }
    }

    public static TheoryData<int> Seeds => [1, 2, 3];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mutated_files_are_read_or_refused(int seed)
    {
        byte[] whole = Small().Bytes();
        Assert.True(Read(whole));
        var random = new Random(seed);
        int read = 0, count = int.Parse(Environment.GetEnvironmentVariable("ONNX_MUTATIONS") ?? "1000", provider: null);
        for (int i = 0; i < count; i++)
        {
            byte[] bytes = Mutate(whole, random);
            try
            {
                read += Read(bytes) ? 1 : 0;
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, mutation {i}: {error}");
            }
        }

        Assert.InRange(read, 1, count - 1);
    }

    [Fact]
    public void All_that_is_lacking_is_named_at_once()
    {
        OnnxGraphs graph = new OnnxGraphs(13).Input("n", 3, 8, 8).Weight("w", 4, 3, 3, 3).Node("Einsum", "x -> e")
            .Node("Conv", "e w -> c").Node("NonZero", "c -> z")
            .Node("Softmax", "x -> s", AttributeProto.Of("axis", 9L)).Node("Add", "z s -> y");
        string message = Refused(graph);
        Assert.Contains("3 things are lacking", message, StringComparison.Ordinal);
        Assert.Contains("Einsum (opset 13) at 'e' is not supported", message, StringComparison.Ordinal);
        Assert.Contains("NonZero (opset 13) at 'z'", message, StringComparison.Ordinal);
        Assert.Contains("Softmax (opset 13) at 's' has the axis 9 of 4 dimensions", message, StringComparison.Ordinal);
        Assert.Contains("com.microsoft.FusedConv at 'y'", Refused(Foreign()), StringComparison.Ordinal);

        static OnnxGraphs Foreign()
        {
            OnnxGraphs graph = new OnnxGraphs(13).Input("n", 3, 8, 8).Node("FusedConv", "x -> y");
            graph.Graph.Nodes[0].Domain = "com.microsoft";
            return graph;
        }
    }

    [Fact]
    public void What_is_wrong_with_a_graph_is_said()
    {
        (Func<OnnxGraphs> Graph, string Says)[] cases =
        [
            (() => Input(13).Node("Relu", "z -> y").Node("Relu", "y -> z"), "depends on itself"),
            (() => Input(13).Node("Relu", "x -> y").Node("Sigmoid", "x -> y"), "is made twice"),
            (() => Input(13).Node("Relu", "missing -> y"), "nothing makes 'missing'"),
            (() => Input(13).Node("Relu", "x -> other"), "nothing makes 'y'"),
            (() => Input(13).Weight("y", 3), "not computed from the input"),
            (() => Input(13).Weight("w", 3).Weight("w", 3).Node("Relu", "x -> y"), "two initializers"),
            (() => Input(13).Input("n", 3, 8, 8).Node("Relu", "x -> y"), "2 inputs"),
            (() => Input(6).Node("Relu", "x -> y"), "opset 6"),
            (() => Input(99).Node("Relu", "x -> y"), "opset 99"),
            (() => Input(13).Node("Relu", "x -> y", AttributeProto.Of("secret", 1L)), "attribute 'secret'"),
            (() => Input(13).Node("Flatten", "x -> y", AttributeProto.Of("axis", "one")), "has String as its axis"),
            (() => Input(13).Weight("w", 4, 2, 3, 3).Node("Conv", "x w -> y"), "for [N,3,8,8]"),
            (() => Input(13).Weight("w", 4, 3, 9, 9).Node("Conv", "x w -> y"), "window of 9 over 8"),
            (() => Input(13).Weight("w", 4, 3, 3, 3).Node("Conv", "x w -> y", A("strides", 0, 1)), "strides"),
            (() => Input(13).Longs("s", 0, 7).Node("Reshape", "x s -> y"), "makes [N,7] of [N,3,8,8]"),
            (() => Input(13).Longs("s", -1).Node("Reshape", "x s -> f").Node("Relu", "f -> y"), "one row"),
            (() => Input(13).Longs("s", 1L << 40).Node("ConstantOfShape", "s -> c").Node("Add", "x c -> y"), "elements"),
            (() => Input(13).Longs("z", 0).Longs("s", 8).Node("Div", "s z -> q").Node("Reshape", "x q -> y"), "divides by zero"),
            (() => Input(13).Weight("w", float.NaN, float.NaN, 4, 3, 3, 3).Node("Conv", "x w -> y"), "holds NaN"),
            (() => Pooled(2).Node("Neg", "p -> y"), "places of maxima, which are for MaxUnpool only"),
            (() => Pooled(2).Node("Relu", "m -> r").Node("MaxUnpool", "m r -> y", A("kernel_shape", 2, 2), A("strides", 2, 2)), "not those of a MaxPool"),
            (() => Pooled(2).Node("MaxUnpool", "m p -> y", A("kernel_shape", 4, 4), A("strides", 4, 4)), "over a map as large"),
            (() => Pooled(1).Node("MaxUnpool", "m p -> y", A("kernel_shape", 2, 2), A("strides", 2, 2)), "windows that are not squares side by side"),
            (() => Input(13).Node("MaxPool", "x -> m y", A("kernel_shape", 2, 2), A("strides", 2, 2)), "is not computed from the input"),
            (() => new OnnxGraphs(13).Input("n", "c", 8, 8).Node("Relu", "x -> y"), "must be given"),
            (() => new OnnxGraphs(13).Input("n", 8).Node("Relu", "x -> y"), "[N,C,H,W]"),
        ];
        Assert.All(cases, c => Assert.Contains(c.Says, Refused(c.Graph()), StringComparison.Ordinal));

        static OnnxGraphs Input(int opset) => new OnnxGraphs(opset).Input("n", 3, 8, 8);

        static OnnxGraphs Pooled(int stride) => Input(13).Node("MaxPool", "x -> m p", A("kernel_shape", 2, 2), A("strides", stride, stride));
    }

    private static string Refused(OnnxGraphs graph) => Assert.Throws<ZooException>(() => OnnxModel.Parse(graph.Bytes(), "m.onnx")).Message;

    private static byte[] Mutate(byte[] whole, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int n = random.Next(1, 4); n > 0 && bytes.Count > 0; n--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 64), bytes.Count - at)));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    // The small numbers of a graph are in its attributes and shapes: an interesting one in the place of a byte.
                    bytes[at] = new byte[] { 0, 1, 2, 127, 128, 255 }[random.Next(6)];
                    break;
            }
        }

        return [.. bytes];
    }
}
