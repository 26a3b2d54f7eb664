using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Onnx;
using ModelZoo.Onnx.Export;
using ModelZoo.Registry;
using ModelZoo.Runtime;
using ModelZoo.Tests.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx;

/// <summary>The weights of a graph are in memory once, and a graph that asks for more than may be taken is refused before it gets it.</summary>
[Collection(TorchCollection.Name)]
public class OnnxMemoryTests
{
    private const double Once = 1.3; // of the weights: a layer's own beginnings, graph and trace are the rest

    [Fact]
    public void Weights_are_read_into_the_layers_without_a_copy()
    {
        const int Side = 4096, Layers = 3; // 64 MB each
        using var folder = new TempFolder();
        OnnxGraphs graph = new OnnxGraphs(13).Input("n", Side, 1, 1).Node("Flatten", "x -> y0");
        using (var scope = NewDisposeScope())
        {
            for (int i = 1; i <= Layers; i++)
            {
                graph.Graph.Initializers.Add(TensorElements.ToProto($"w{i}", full([Side, Side], (float)i)));
                graph.Node("Gemm", $"y{i - 1} w{i} -> y{i}", AttributeProto.Of("transB", 1L));
            }

            graph.Graph.Outputs.Add(new() { Name = $"y{Layers}", Type = new() { TensorType = new() { ElemType = OnnxType.Float } } });
            OnnxFile.Write(folder.File("x.onnx"), graph.Model);
        }

        ZooModel? model = null;
        long taken = Grown(() => model = OnnxModel.Load(folder.File("x.onnx")));
        Assert.Equal([1.0, 2, 3], model!.parameters().Select(p => (double)p.max().item<float>()));
        model.Dispose();
        Assert.InRange(taken, -1, (long)(Once * Layers * Side * Side * sizeof(float)));
    }

    [Fact]
    public void A_network_of_the_catalog_is_filled_from_the_file_without_a_copy()
    {
        using var folder = new TempFolder();
        string path = folder.File("x.onnx");
        long bytes;
        float[] logits;
        using (ZooModel model = Catalog.Models.Find("alexnet").Create())
        {
            bytes = model.parameters().Sum(p => p.numel() * p.element_size()); // 244 MB
            model.eval();
            OnnxExport.Write(path, model, new() { Input = [3, 224, 224] });
            logits = Logits(model);
        }

        ResolvedModel? read = null;
        long taken = Grown(() => read = ModelResolver.Resolve(Catalog.Models, path, Catalog.ReadResource));
        using ResolvedModel resolved = read!;
        Assert.Equal("alexnet", resolved.Info.Name);
        Assert.Equal(logits, Logits(resolved.Model));
        Assert.InRange(taken, -1, (long)(Once * bytes));
    }

    [Fact]
    public void A_graph_that_asks_for_more_than_may_be_taken_is_refused()
    {
        (string What, Func<OnnxGraphs> Graph)[] cases =
        [
            ("broadcast to 64 GB", () => Column("Add", "a b -> c")),
            ("the same by where", () => Column("Where", "m a b -> c").Weight("m", 1)),
            ("doubled 40 times", () => Chain(40, i => ("Concat", $"c{i} c{i} -> c{i + 1}", [AttributeProto.Of("axis", 0L)]))),
            ("negated 1000 times", () => Chain(1000, i => ("Neg", $"c{i} -> c{i + 1}", []))),
            ("kept alive 1000 times", () => Chain(1000, i => ("Identity", $"c0 -> c{i + 1}", []))),
            ("in 1000 layers", () => Shared(1000)),
        ];
        Assert.All(cases, c =>
        {
            long taken = Grown(() => Assert.Contains("--max-memory", Refused(c.Graph().Bytes("y"), 200_000_000), StringComparison.Ordinal));
            Assert.True(taken < 400_000_000, $"{c.What}: {taken}");
        });
        using ZooModel shared = OnnxModel.Parse(Shared(10).Bytes("y"), "m.onnx", 200_000_000).Model; // so many may be
        Assert.Equal(10, shared.parameters().Count());

        static OnnxGraphs Column(string op, string wires) => new OnnxGraphs(13).Input("n", 3, 8, 8).Weight("a", new float[1 << 19], 1 << 19, 1)
            .Weight("b", new float[1 << 15], 1, 1 << 15).Node(op, wires).Node("Add", "x c -> y");

        static OnnxGraphs Chain(int count, Func<int, (string Op, string Wires, AttributeProto[] Attributes)> node)
        {
            OnnxGraphs graph = new OnnxGraphs(13).Input("n", 3, 8, 8).Weight("c0", new float[1 << 18], 1 << 18);
            for (int i = 0; i < count; i++)
            {
                (string op, string wires, AttributeProto[] attributes) = node(i);
                graph.Node(op, wires, attributes);
            }

            string all = string.Join(' ', Enumerable.Range(1, count).Select(i => $"c{i}"));
            return graph.Node("Max", $"{all} -> c").Node("Add", "x c -> y");
        }

        static OnnxGraphs Shared(int count)
        {
            OnnxGraphs graph = new OnnxGraphs(13).Input("n", 1024, 1, 1).Weight("w", new float[1 << 20], 1024, 1024).Node("Flatten", "x -> y0");
            for (int i = 1; i <= count; i++)
            {
                graph.Node("Gemm", $"y{i - 1} w -> {(i == count ? "y" : $"y{i}")}", AttributeProto.Of("transB", 1L));
            }

            return graph;
        }
    }

    // Of numbers written in one byte each, and of fields that no version of ONNX has.
    [Theory]
    [InlineData(38)] // a packed list of int64_data: field 7
    [InlineData(0xf8)] // one of field 31, a number, after another
    public void Small_fields_do_not_unfold(byte field)
    {
        const int Bytes = 60_000_000;
        byte[] body = new byte[Bytes];
        if (field == 38)
        {
            (body[0], body[1]) = (0x3a, 0x80); // field 7, then its length
            WriteLength(body.AsSpan(1), Bytes - 5);
        }
        else
        {
            for (int i = 0; i < Bytes; i += 3)
            {
                (body[i], body[i + 1], body[i + 2]) = (0xf8, 0x01, 0);
            }
        }

        byte[] tensor = [0x2a, .. Length(Bytes), .. body], file = [0x3a, .. Length(tensor.Length), .. tensor];
        long taken = Grown(() => Refused(file, 200_000_000));
        Assert.True(taken < 500_000_000, $"{taken} bytes for a file of {Bytes}");

        static byte[] Length(int value)
        {
            byte[] five = new byte[5];
            WriteLength(five, value);
            return five;
        }

        static void WriteLength(Span<byte> target, int value)
        {
            for (int i = 0; i < 5; i++)
            {
                target[i] = (byte)(((value >> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0));
            }
        }
    }

    private static string Refused(byte[] bytes, long maxMemory) => Assert.Throws<ZooException>(() => OnnxModel.Parse(bytes, "m.onnx", maxMemory)).Message;

    private static float[] Logits(ZooModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        return model.call(linspace(-1, 1, 3 * 224 * 224).reshape(1, 3, 224, 224)).data<float>().ToArray();
    }

    // By how much more memory was resident than before; where the system does not tell, zero.
    private static long Grown(Action act)
    {
        long? before = PeakMemory.Restart();
        act();
        return before is { } resident && PeakMemory.Read() is { } peak ? peak - resident : 0;
    }
}
