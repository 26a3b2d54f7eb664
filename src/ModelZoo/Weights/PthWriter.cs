using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights;

/// <summary>
/// Writes files that PyTorch's <c>torch.load</c> reads, with <c>weights_only=True</c> too: a zip archive with an OrderedDict of tensors as a pickle of protocol
/// 2, and each tensor's storage uncompressed, at a place that is a multiple of 64 bytes, so that it can be mapped (torch.serialization, "_save").
/// </summary>
public static class PthWriter
{
    private const string Root = "archive/";

    /// <summary>Writes a file, atomically.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">What to write; no name twice.</param>
    /// <exception cref="ZooException">The file cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A name appears twice.</exception>
    public static void Write(string path, IEnumerable<WeightsTensor> tensors)
    {
        WeightsTensor[] all = WeightsWriter.Checked(tensors);
        byte[] pickle = StateDictPickler.Pickle(all);
        AtomicFile.Write(path, stream =>
        {
            var zip = new ZipWriter(stream);
            zip.Add($"{Root}data.pkl", pickle.Length, s => s.Write(pickle));
            zip.Add($"{Root}byteorder", 6, static s => s.Write("little"u8));
            for (int i = 0; i < all.Length; i++)
            {
                WeightsTensor tensor = all[i];
                zip.Add($"{Root}data/{i}", tensor.ByteLength, s => WeightsWriter.WriteExactly(tensor, s));
            }

            zip.Add($"{Root}version", 2, static s => s.Write("3\n"u8));
            zip.Finish();
        });
    }
}

/// <summary>
/// Pickles a state dict as torch.save does: an OrderedDict of tensors, rebuilt by torch._utils._rebuild_tensor_v2 from a storage that a persistent id names.
/// </summary>
internal sealed class StateDictPickler
{
    // in the order of DType
    private static readonly string[] Storages = ["Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool"];

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> bytes = new();

    /// <summary>The pickle; the storage of tensor i has the key "i".</summary>
    public static byte[] Pickle(IReadOnlyList<WeightsTensor> tensors)
    {
        var pickler = new StateDictPickler();
        pickler.Op('\x80');
        pickler.Op((char)2);
        pickler.EmptyOrderedDict();
        pickler.Op('(');
        for (int i = 0; i < tensors.Count; i++)
        {
            pickler.Text(tensors[i].Name);
            pickler.Tensor(tensors[i], i);
        }

        pickler.Op('u');
        pickler.Op('.');
        return pickler.bytes.WrittenSpan.ToArray();
    }

    private void Tensor(WeightsTensor tensor, int index)
    {
        long[] strides = new long[tensor.Shape.Count];
        long elements = 1;
        for (int i = strides.Length - 1; i >= 0; i--)
        {
            strides[i] = elements;
            elements *= Math.Max(1, tensor.Shape[i]);
        }

        Global("torch._utils", "_rebuild_tensor_v2");
        Op('(');
        Op('(');
        Text("storage");
        Global("torch", $"{Storages[(int)tensor.Type]}Storage");
        Text($"{index}");
        Text("cpu");
        Integer(tensor.ByteLength / tensor.Type.Size());
        Op('t');
        Op('Q');
        Integer(0);
        Numbers(tensor.Shape);
        Numbers(strides);
        Op('\x89'); // requires_grad: False
        EmptyOrderedDict(); // hooks
        Op('t');
        Op('R');
    }

    private void EmptyOrderedDict()
    {
        Global("collections", "OrderedDict");
        Op(')');
        Op('R');
    }

    private void Numbers(IReadOnlyList<long> numbers)
    {
        Op('(');
        foreach (long number in numbers)
        {
            Integer(number);
        }

        Op('t');
    }

    private void Integer(long value)
    {
        if (value is >= 0 and <= int.MaxValue)
        {
            Op('J');
            Int32((int)value);
        }
        else
        {
            Op('\x8a');
            Op((char)sizeof(long));
            BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(sizeof(long)), value);
            bytes.Advance(sizeof(long));
        }
    }

    private void Text(string text)
    {
        byte[] utf8 = StrictUtf8.GetBytes(text);
        Op('X');
        Int32(utf8.Length);
        bytes.Write(utf8);
    }

    private void Global(string module, string name)
    {
        Op('c');
        bytes.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), value);
        bytes.Advance(sizeof(int));
    }

    private void Op(char opcode) => bytes.Write([(byte)opcode]);
}
