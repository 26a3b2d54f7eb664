using Google.Protobuf;
using ModelZoo.Onnx;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx;

/// <summary>Messages and tensors of ONNX files, there and back.</summary>
public class OnnxFileTests
{
    [Fact]
    public void What_is_written_is_read_and_fields_that_nobody_knows_survive()
    {
        var model = new ModelProto { IrVersion = 8, ProducerName = "test", DocString = "ü", Graph = new() { Name = "g" } };
        model.OpsetImport.Add(new() { Version = 17 });
        model.MetadataProps.Add(new() { Key = "k", Value = "v" });
        var node = new NodeProto { Name = "n", OpType = "Conv" };
        node.Inputs.AddRange(["x", "", "w"]);
        node.Outputs.Add("y");
        node.Attributes.AddRange([AttributeProto.Of("i", 0L), AttributeProto.Of("f", 0.5f), AttributeProto.Of("s", "SAME_UPPER"),
            AttributeProto.Of("is", [1L, -2, 1L << 40]), AttributeProto.Of("fs", [1.5f]), AttributeProto.Of("t", TensorElements.ToProto("", 4, 5))]);
        model.Graph.Nodes.Add(node);
        model.Graph.Inputs.Add(ValueInfoProto.Of("x", OnnxType.Float, "batch", 3, 0));
        byte[] once = OnnxFile.ToBytes(model);

        // Field 1000 of the model and of the node's attributes: a number and a text.
        byte[] strange = [.. once, 0xC0, 0x3E, 0x2A, 0xCA, 0x3E, 2, (byte)'h', (byte)'i'];
        using OnnxFile read = OnnxFile.Parse(strange, "strange.onnx");
        NodeProto back = Assert.Single(read.Model.Graph!.Nodes);
        Assert.Equal(["x", "", "w"], back.Inputs);
        Assert.Equal((0L, 0.5f, "SAME_UPPER"), (back.Attributes[0].I, back.Attributes[1].F, back.Attributes[2].S!.ToStringUtf8()));
        Assert.Equal([1L, -2, 1L << 40], back.Attributes[3].Ints);
        Assert.Equal(1.5f, Assert.Single(back.Attributes[4].Floats));
        using Tensor t = read.Read(back.Attributes[5].T!);
        Assert.Equal([4L, 5], t.data<long>().ToArray());
        Assert.Equal(["batch", "", ""], read.Model.Graph.Inputs[0].Type!.TensorType!.Shape!.Dims.Select(d => d.DimParam));
        Assert.Equal([null, 3L, 0L], read.Model.Graph.Inputs[0].Type!.TensorType!.Shape!.Dims.Select(d => d.DimValue));
        Assert.Equal(strange, OnnxFile.ToBytes(read.Model));
    }

    [Theory]
    [InlineData(OnnxType.Float)]
    [InlineData(OnnxType.Double)]
    [InlineData(OnnxType.Float16)]
    [InlineData(OnnxType.BFloat16)]
    [InlineData(OnnxType.Int64)]
    [InlineData(OnnxType.Int32)]
    [InlineData(OnnxType.Int16)]
    [InlineData(OnnxType.Int8)]
    [InlineData(OnnxType.UInt8)]
    [InlineData(OnnxType.UInt16)]
    [InlineData(OnnxType.UInt32)]
    [InlineData(OnnxType.UInt64)]
    [InlineData(OnnxType.Bool)]
    internal void A_tensor_is_the_same_raw_typed_and_in_another_file(OnnxType type)
    {
        using var scope = NewDisposeScope();
        using var folder = new TempFolder();
        float[] values = type == OnnxType.Bool ? [1, 0, 1, 1, 0, 1] : [0, 1, 2, 100, 7, 6];
        using Tensor expected = tensor(values, [2, 3]).to_type(TensorElements.TorchType(type)!.Value);
        byte[] raw = Raw(type, values);
        var inside = new TensorProto { Name = "raw", DataType = type, RawData = new(raw.AsMemory()) };
        var typed = new TensorProto { Name = "typed", DataType = type };
        Fill(typed, values);
        var outside = new TensorProto { Name = "outside", DataType = type, DataLocation = 1 };
        outside.ExternalData.AddRange([new() { Key = "location", Value = "sub/w.bin" }, new() { Key = "offset", Value = "3" },
            new() { Key = "length", Value = $"{raw.Length}" }]);
        Directory.CreateDirectory(folder.File("sub"));
        File.WriteAllBytes(folder.File("sub/w.bin"), [9, 9, 9, .. raw]);

        var model = new ModelProto { Graph = new() };
        foreach (TensorProto tensor in (TensorProto[])[inside, typed, outside])
        {
            tensor.Dims.AddRange([2, 3]);
            model.Graph.Initializers.Add(tensor);
        }

        OnnxFile.Write(folder.File("m.onnx"), model);
        using OnnxFile file = OnnxFile.Open(folder.File("m.onnx"));
        foreach (TensorProto tensor in file.Model.Graph!.Initializers)
        {
            using Tensor read = file.Read(tensor);
            Assert.Equal(expected.dtype, read.dtype);
            Assert.Equal([2L, 3], read.shape);
            Assert.True(read.eq(expected).all().item<bool>(), tensor.Name);
        }
    }

    [Theory]
    [InlineData("/etc/passwd", "plain path")]
    [InlineData("../w.bin", "plain path")]
    [InlineData("sub/../../w.bin", "plain path")]
    [InlineData("sub\\w.bin", "plain path")]
    [InlineData("", "plain path")]
    [InlineData("link.bin", "link")]
    [InlineData("links/w.bin", "link")]
    [InlineData("none.bin", "no such file")]
    [InlineData("short.bin", "cut off")]
    public void Files_outside_the_folder_are_not_opened(string location, string says)
    {
        using var outer = new TempFolder();
        File.WriteAllBytes(outer.File("w.bin"), new byte[8]);
        string folder = outer.File("model");
        Directory.CreateDirectory(folder);
        File.CreateSymbolicLink(Path.Combine(folder, "link.bin"), outer.File("w.bin"));
        File.CreateSymbolicLink(Path.Combine(folder, "links"), outer.File("."));
        File.WriteAllBytes(Path.Combine(folder, "short.bin"), new byte[7]);
        var tensor = new TensorProto { Name = "w", DataType = OnnxType.Int64, DataLocation = 1 };
        tensor.ExternalData.Add(new() { Key = "location", Value = location });
        OnnxFile.Write(Path.Combine(folder, "m.onnx"), new() { Graph = new() });
        using OnnxFile file = OnnxFile.Open(Path.Combine(folder, "m.onnx"));
        Assert.Contains(says, Assert.Throws<ZooException>(() => file.Read(tensor)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Claims_larger_than_the_file_are_refused_before_memory_is_taken()
    {
        (TensorProto Tensor, string Says)[] cases =
        [
            (new() { DataType = OnnxType.Float, RawData = new(new byte[8].AsMemory()), Dims = { 1L << 40 } }, "need"),
            (new() { DataType = OnnxType.Float, RawData = new(new byte[8].AsMemory()), Dims = { 1L << 40, 1L << 40 } }, "no tensor has"),
            (new() { DataType = OnnxType.Float, RawData = new(new byte[8].AsMemory()), Dims = { -2, -1 } }, "no tensor has"),
            (new() { DataType = OnnxType.Float, FloatData = { 1 }, Dims = { 1L << 33 } }, "needs"),
            (new() { DataType = OnnxType.Double, FloatData = { 1 }, Dims = { 1 } }, "0 elements"),
            (new() { DataType = OnnxType.String, Dims = { 1 } }, "not supported"),
            (new() { DataType = (OnnxType)77, Dims = { 1 } }, "not supported"),
            (new() { DataType = OnnxType.Float, DataLocation = 5, Dims = { 1 } }, "unknown place"),
        ];
        using OnnxFile file = OnnxFile.Parse(OnnxFile.ToBytes(new() { Graph = new() }), "m.onnx");
        Assert.All(cases, c => Assert.Contains(c.Says, Assert.Throws<ZooException>(() => file.Read(c.Tensor)).Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("3A00FF", "cannot be read")]
    [InlineData("3AFFFFFFFF07", "cannot be read")] // a graph of 2 GB
    [InlineData("3A082A064AFFFFFFFF0F", "cannot be read")] // raw data of 4 GB
    [InlineData("0801", "holds no graph")]
    public void Damaged_files_are_one_line(string hex, string says)
    {
        ZooException error = Assert.Throws<ZooException>(() => OnnxFile.Parse(Convert.FromHexString(hex), "m.onnx"));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("m.onnx: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_and_the_number_of_parts_are_bounded()
    {
        var deep = new GraphProto();
        for (int i = 0; i < 60; i++)
        {
            deep = new() { Nodes = { new() { Attributes = { new() { G = deep } } } } };
        }

        Assert.Throws<ZooException>(() => OnnxFile.Parse(OnnxFile.ToBytes(new() { Graph = deep }), "m.onnx"));
        byte[] nodes = new byte[5_000_000]; // of two bytes each
        for (int i = 0; i < nodes.Length; i += 2)
        {
            nodes[i] = 0x0A;
        }

        var many = new ByteArrayGraph(nodes);
        Assert.Contains("2000000 parts", Assert.Throws<ZooException>(() => OnnxFile.Parse(many.Bytes, "m.onnx")).Message, StringComparison.Ordinal);
    }

    private static byte[] Raw(OnnxType type, float[] values)
    {
        var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (float value in values)
        {
            Action write = type switch
            {
                OnnxType.Float => () => writer.Write(value),
                OnnxType.Double => () => writer.Write((double)value),
                OnnxType.Float16 => () => writer.Write((Half)value),
                OnnxType.BFloat16 => () => writer.Write((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
                OnnxType.Int64 or OnnxType.UInt64 => () => writer.Write((long)value),
                OnnxType.Int32 or OnnxType.UInt32 => () => writer.Write((int)value),
                OnnxType.Int16 or OnnxType.UInt16 => () => writer.Write((short)value),
                _ => () => writer.Write((byte)value),
            };
            write();
        }

        writer.Flush();
        return bytes.ToArray();
    }

    private static void Fill(TensorProto tensor, float[] values)
    {
        Action fill = tensor.DataType switch
        {
            OnnxType.Float => () => tensor.FloatData.AddRange(values),
            OnnxType.Double => () => tensor.DoubleData.AddRange(values.Select(v => (double)v)),
            OnnxType.Int64 => () => tensor.Int64Data.AddRange(values.Select(v => (long)v)),
            OnnxType.UInt32 or OnnxType.UInt64 => () => tensor.UInt64Data.AddRange(values.Select(v => (ulong)v)),
            OnnxType.Float16 => () => tensor.Int32Data.AddRange(values.Select(v => (int)BitConverter.HalfToUInt16Bits((Half)v))),
            OnnxType.BFloat16 => () => tensor.Int32Data.AddRange(values.Select(v => (int)(BitConverter.SingleToUInt32Bits(v) >> 16))),
            _ => () => tensor.Int32Data.AddRange(values.Select(v => (int)v)),
        };
        fill();
    }

    private sealed class ByteArrayGraph(byte[] graph)
    {
        public byte[] Bytes { get; } = Make(graph);

        private static byte[] Make(byte[] graph)
        {
            using var stream = new MemoryStream();
            using (var output = new CodedOutputStream(stream, leaveOpen: true))
            {
                output.WriteTag(7, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(graph));
            }

            return stream.ToArray();
        }
    }
}
