using System.Text;

namespace ModelZoo.Tests.Weights;

/// <summary>Writes pickles by hand, and files around them.</summary>
internal sealed class PickleText
{
    private readonly List<byte> bytes = [0x80, 2];

    public static byte[] Of(Action<PickleText> write)
    {
        var pickle = new PickleText();
        write(pickle);
        return [.. pickle.bytes, (byte)'.'];
    }

    public PickleText Op(params byte[] opcodes)
    {
        bytes.AddRange(opcodes);
        return this;
    }

    public PickleText Op(string opcodes) => Op(Encoding.Latin1.GetBytes(opcodes));

    public PickleText Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Op("X").Op(BitConverter.GetBytes(utf8.Length)).Op(utf8);
    }

    public PickleText Global(string module, string name) => Op($"c{module}\n{name}\n");

    public PickleText Number(long number) => Op([0x8A, 8, .. BitConverter.GetBytes(number)]);

    public PickleText Numbers(params long[] numbers)
    {
        Op("(");
        Array.ForEach(numbers, n => Number(n));
        return Op("t");
    }

    public PickleText Repeat(int times, string opcodes)
    {
        byte[] once = Encoding.Latin1.GetBytes(opcodes);
        for (int i = 0; i < times; i++)
        {
            bytes.AddRange(once);
        }

        return this;
    }

    /// <summary>Keys "0", "1" …, each with a value.</summary>
    public PickleText Numbered(int count, string value)
    {
        for (int i = 0; i < count; i++)
        {
            Text($"{i}").Op(value);
        }

        return this;
    }

    /// <summary>Keeps the value on the stack under many numbers.</summary>
    public PickleText Memos(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Op("r").Op(BitConverter.GetBytes(i));
        }

        return this;
    }

    /// <summary>('storage', torch.FloatStorage, key, 'cpu', count) as a persistent id.</summary>
    public PickleText Storage(string key, long count, string type = "FloatStorage") =>
        Op("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Number(count).Op("tQ");

    public PickleText Tensor(string key, long count, long offset, long[] shape, long[] strides) =>
        Global("torch._utils", "_rebuild_tensor_v2").Op("(").Storage(key, count).Number(offset).Numbers(shape).Numbers(strides).Op([0x89]).Op("}tR");

    /// <summary>{'x': a tensor} with one storage of four floats.</summary>
    public static byte[] OneTensor(long offset, long[] shape, long[] strides, long count = 4) =>
        Of(p => p.Op("}").Text("x").Tensor("0", count, offset, shape, strides).Op("s"));

    /// <summary>A .pth as torch.save has written them since PyTorch 1.6.</summary>
    public static byte[] Zip(byte[] pickle, params (string Name, byte[] Content)[] storages) =>
        ZipBytes.Of([("a/data.pkl", pickle), .. storages.Select(s => ($"a/data/{s.Name}", s.Content)), ("a/version", "3\n"u8.ToArray())]);

    /// <summary>A .pth as torch.save wrote them before.</summary>
    public static byte[] Legacy(byte[] pickle, params (string Name, long Count, byte[] Content)[] storages)
    {
        byte[] keys = Of(p =>
        {
            p.Op("](");
            Array.ForEach(storages, s => p.Text(s.Name));
            p.Op("e");
        });
        return [.. LegacyHead(littleEndian: true), .. pickle, .. keys, .. storages.SelectMany(s => (byte[])[.. BitConverter.GetBytes(s.Count), .. s.Content])];
    }

    public static byte[] LegacyHead(bool littleEndian) => [
        .. Of(p => p.Op([0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19])),
        .. Of(p => p.Op([(byte)'M', 0xE9, 3])),
        .. Of(p => p.Op("}").Text("little_endian").Op([(byte)(littleEndian ? 0x88 : 0x89), (byte)'s'])),
    ];
}
