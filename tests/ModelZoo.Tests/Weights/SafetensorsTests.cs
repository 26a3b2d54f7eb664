using System.Text;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    // Put together by hand from the format's description: length, JSON padded with spaces to a multiple of 8, data.
    [Fact]
    public void A_file_put_together_by_hand_is_read_and_written_to_the_byte()
    {
        const string Json =
            """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"n":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}""";
        Assert.Equal(140, Json.Length);
        byte[] golden = [144, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(Json + "    "), 0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 5, 0, 0, 0, 0, 0, 0, 0];

        using (var file = SafetensorsFile.Open(folder.Write("golden.safetensors", golden)))
        {
            Assert.Equal(["w", "n"], file.Entries.Select(entry => entry.Name));
            Assert.Equal("pt", file.Metadata["format"]);
            Assert.Equal((DType.F32, 0L, 8L), (file["w"].Type, file["w"].Offset, file["w"].ByteLength));
            Assert.Equal([1L, 2L], file["w"].Shape);
            Assert.Equal((1.5f, -2f), file.Use("w", bytes => (BitConverter.ToSingle(bytes), BitConverter.ToSingle(bytes[4..]))));
            Assert.Equal(5, file.Use("n", bytes => BitConverter.ToInt64(bytes)));
        }

        SafetensorsWriter.Write(
            folder.File("written.safetensors"),
            [new("w", DType.F32, [1, 2], new byte[] { 0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0 }), new("n", DType.I64, [], new byte[] { 5, 0, 0, 0, 0, 0, 0, 0 })],
            new Dictionary<string, string> { ["format"] = "pt" });
        Assert.Equal(golden, File.ReadAllBytes(folder.File("written.safetensors")));
    }

    [Fact]
    public void Random_tensors_of_every_type_come_back_unchanged()
    {
        var random = new SeededRandom(2);
        for (int round = 0; round < 40; round++)
        {
            var tensors = new List<(string Name, DType Type, long[] Shape, byte[] Bytes)>();
            for (int i = random.Next(12); i > 0; i--)
            {
                DType type = DTypes.All[random.Next(DTypes.All.Count)];
                long[] shape = [.. Enumerable.Range(0, random.Next(5)).Select(_ => (long)random.Next(5))];
                var bytes = new byte[type.ByteLength(shape)!.Value];
                Array.ForEach(Enumerable.Range(0, bytes.Length).ToArray(), at => bytes[at] = (byte)random.Next(256));
                tensors.Add(($"layer{i}.\"ü\\\n😀<{random.Next(1000)}>", type, shape, bytes));
            }

            Dictionary<string, string> metadata = new() { ["b"] = "ü\"", [""] = "", ["a\u0001"] = new string('x', random.Next(50)) };
            string path = folder.File("r.safetensors");
            SafetensorsWriter.Write(path, tensors.Select(t => new WeightsTensor(t.Name, t.Type, t.Shape, t.Bytes)), round % 2 == 0 ? metadata : null);
            byte[] written = File.ReadAllBytes(path);
            Assert.Equal(0, BitConverter.ToInt64(written) % 8);

            foreach (Func<SafetensorsFile> open in new[] { () => SafetensorsFile.Open(path), () => SafetensorsFile.Parse(written, "memory") })
            {
                using SafetensorsFile file = open();
                Assert.Equal(round % 2 == 0 ? metadata : [], file.Metadata);
                Assert.Equal(tensors.Select(t => t.Name), file.Entries.Select(entry => entry.Name));
                foreach ((string name, DType type, long[] shape, byte[] bytes) in tensors)
                {
                    Assert.Equal(type, file[name].Type);
                    Assert.Equal(shape, file[name].Shape);
                    Assert.Equal(bytes, file.Use(name, span => span.ToArray()));
                    var copy = new byte[bytes.Length / 2];
                    file.CopyTo(name, copy, from: bytes.Length - copy.Length);
                    Assert.Equal(bytes[^copy.Length..], copy);
                }
            }
        }
    }

    [Fact]
    public void A_tensor_may_be_written_piece_by_piece()
    {
        string path = folder.File("s.safetensors");
        SafetensorsWriter.Write(path, [new("x", DType.I16, [2, 2], stream =>
        {
            stream.Write([1, 0, 2]);
            stream.Write([0, 3, 0, 4, 0], 0, 5);
        })]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal([1, 0, 2, 0, 3, 0, 4, 0], file.Use("x", bytes => bytes.ToArray()));
    }

    [Fact]
    public void A_tensor_that_writes_too_much_or_too_little_leaves_the_old_file()
    {
        string path = folder.Write("old.safetensors", [1, 2, 3]);
        Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(path, [new("x", DType.F32, [2], stream => stream.Write(new byte[9]))]));
        Assert.Throws<InvalidOperationException>(() => SafetensorsWriter.Write(path, [new("x", DType.F32, [2], stream => stream.Write(new byte[7]))]));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Tensors_that_no_file_can_hold_are_refused()
    {
        var tensor = new WeightsTensor("x", DType.U8, [1], new byte[1]);
        string path = folder.File("x.safetensors");
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [tensor, tensor]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [new("\ud800", DType.U8, [1], new byte[1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [new("__metadata__", DType.U8, [1], new byte[1])]));
        Assert.Throws<ArgumentException>(() => new WeightsTensor("x", DType.U8, [2], new byte[1]));
        Assert.Throws<ArgumentException>(() => new WeightsTensor("x", DType.U8, [-1], new byte[1]));
        Assert.Throws<ArgumentException>(() => new WeightsTensor("x", DType.F64, [long.MaxValue], _ => { }));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void An_unknown_tensor_is_answered_with_the_nearest_name()
    {
        string path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [new("conv1.weight", DType.U8, [1], new byte[1])]);
        using var file = SafetensorsFile.Open(path);
        Assert.False(file.Contains("conv1.weigth"));
        Assert.Equal($"{path}: has no tensor 'conv1.weigth'. Did you mean 'conv1.weight'?", Assert.Throws<ZooException>(() => file["conv1.weigth"]).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.CopyTo("conv1.weight", new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.CopyTo("conv1.weight", new byte[1], from: 1));
    }

    [Fact]
    public void Disposing_while_bytes_are_in_use_waits_and_later_use_throws()
    {
        string path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [new("x", DType.U8, [1 << 20], Enumerable.Repeat((byte)7, 1 << 20).ToArray())]);
        var file = SafetensorsFile.Open(path);
        Assert.Equal(-1, file.Use("x", bytes =>
        {
            Task.Run(file.Dispose).Wait();
            return bytes.IndexOfAnyExcept((byte)7);
        }));
        Assert.Throws<ObjectDisposedException>(() => file.Use("x", bytes => bytes.Length));
        Assert.Throws<ObjectDisposedException>(() => file.CopyTo("x", new byte[1]));
    }

    [Fact]
    public void A_file_replaced_while_open_keeps_its_old_content()
    {
        string path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [new("x", DType.U8, [2], new byte[] { 1, 2 })]);
        using var file = SafetensorsFile.Open(path);
        SafetensorsWriter.Write(path, [new("y", DType.U8, [1], new byte[] { 9 })]);
        Assert.Equal([1, 2], file.Use("x", bytes => bytes.ToArray()));
    }
}
