using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;
using ModelZoo.Weights;

namespace ModelZoo.Onnx;

/// <summary>
/// Reads messages of untrusted bytes. Lengths are held against what encloses them, and nesting against a limit, by Google.Protobuf; here the number of
/// messages, texts and fields that nobody knows is bounded, because an empty one takes two bytes of a file and a hundred times as many of memory, and lists of
/// numbers ask for theirs.
/// </summary>
internal sealed class ProtoReader : ProtoFields
{
    private const int MostParts = 2_000_000, MostDepth = 64;

    private readonly ByteSource source;
    private readonly CodedInputStream input;
    private uint tag;
    private bool taken;
    private int parts;

    private readonly ImportBudget budget;

    private ProtoReader(ByteSource source, CodedInputStream input, ImportBudget budget) => (this.source, this.input, this.budget) = (source, input, budget);

    /// <summary>Reads one message, which is all of the source.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are none.</exception>
    public static T Read<T>(ByteSource source, ImportBudget budget)
        where T : ProtoMessage, new()
    {
        using var stream = new SourceStream(source, 0, source.Length);
        using var input = CodedInputStream.CreateWithLimits(stream, int.MaxValue, MostDepth);
        var message = new T();
        new ProtoReader(source, input, budget).Fill(message);
        return message;
    }

    public override string Text(int number, string value) => Take(number, WireFormat.WireType.LengthDelimited) ? input.ReadString() : value;

    public override long? Number(int number, long? value) => Take(number, WireFormat.WireType.Varint) ? input.ReadInt64() : value;

    public override float? Real(int number, float? value) => Take(number, WireFormat.WireType.Fixed32) ? input.ReadFloat() : value;

    public override ByteString? Bytes(int number, ByteString? value) => Take(number, WireFormat.WireType.LengthDelimited) ? input.ReadBytes() : value;

    public override RawBytes? Raw(int number, RawBytes? value)
    {
        if (!Take(number, WireFormat.WireType.LengthDelimited))
        {
            return value;
        }

        (long start, long bytes) = Ahead();
        input.SkipLastField();
        return start + bytes == input.Position
            ? new RawBytes(source, start, bytes)
            : throw new InvalidDataException("the length of a tensor's bytes is no number");
    }

    public override T? Message<T>(int number, T? value)
        where T : class
    {
        if (!Take(number, WireFormat.WireType.LengthDelimited))
        {
            return value;
        }

        T message = value ?? new T();
        Nest(message);
        return message;
    }

    public override void Messages<T>(int number, List<T> values)
    {
        if (Take(number, WireFormat.WireType.LengthDelimited))
        {
            var message = new T();
            values.Add(message);
            Nest(message);
        }
    }

    public override void List<T>(int number, RepeatedField<T> values, Func<uint, FieldCodec<T>> codec, WireFormat.WireType wire)
    {
        const int Growing = 2; // a list that is full is copied into one of twice the size
        long size = Growing * (long)Unsafe.SizeOf<T>();

        // Numbers come packed or one by one: a writer may choose.
        if (Take(number, wire))
        {
            if (wire == WireFormat.WireType.LengthDelimited)
            {
                Part();
            }

            budget.Take(size);
            values.Add(codec(tag).Read(input));
        }
        else if (Take(number, WireFormat.WireType.LengthDelimited))
        {
            long least = wire switch { WireFormat.WireType.Fixed32 => sizeof(int), WireFormat.WireType.Fixed64 => sizeof(long), _ => 1 };
            budget.Take(Math.Clamp(Ahead().Bytes, 0, source.Length) / least * size);
            values.AddEntriesFrom(input, codec(tag));
        }
    }

    private bool Take(int number, WireFormat.WireType type)
    {
        bool mine = !taken && tag == WireFormat.MakeTag(number, type);
        taken |= mine;
        return mine;
    }

    private void Fill(ProtoMessage message)
    {
        Part();
        while (input.ReadTag() is not 0 and var next)
        {
            (tag, taken) = (next, false);
            message.Fields(this);
            if (!taken)
            {
                Part();
                message.Unknown = UnknownFieldSet.MergeFieldFrom(message.Unknown, input);
            }

            taken = true;
        }
    }

    private void Part()
    {
        if (++parts > MostParts)
        {
            throw new InvalidDataException($"it has more than {MostParts} parts");
        }
    }

    // Where the bytes of the field lie that is read next, and how many it says that there are.
    private (long Start, long Bytes) Ahead()
    {
        var length = new ByteCursor(source, what => new ZooException(what));
        length.Skip(input.Position, "a field");
        long bytes = length.Number("a field's length");
        return (length.Position, bytes);
    }

    private void Nest(ProtoMessage message)
    {
        input.ReadMessage(new Nested(this, message));
        taken = true;
    }

    // Google.Protobuf keeps its limits where it calls back a message of its own kind.
    private sealed class Nested(ProtoReader reader, ProtoMessage message) : IMessage
    {
        public MessageDescriptor Descriptor => throw new NotSupportedException();

        public void MergeFrom(CodedInputStream input) => reader.Fill(message);

        public void WriteTo(CodedOutputStream output) => throw new NotSupportedException();

        public int CalculateSize() => throw new NotSupportedException();
    }
}
