using Google.Protobuf;
using Google.Protobuf.Collections;

namespace ModelZoo.Onnx;

/// <summary>Adds up the bytes of a message.</summary>
internal sealed class ProtoSize : ProtoFields
{
    private long bytes;

    /// <summary>The bytes of a message as <see cref="ProtoWriter"/> writes it.</summary>
    public static long Of(ProtoMessage message)
    {
        var size = new ProtoSize();
        message.Fields(size);
        return size.bytes + (message.Unknown?.CalculateSize() ?? 0);
    }

    public override string Text(int number, string value)
    {
        bytes += value.Length == 0 ? 0 : TagSize(number) + CodedOutputStream.ComputeStringSize(value);
        return value;
    }

    public override long? Number(int number, long? value)
    {
        bytes += value is { } there ? TagSize(number) + CodedOutputStream.ComputeInt64Size(there) : 0;
        return value;
    }

    public override float? Real(int number, float? value)
    {
        bytes += value is null ? 0 : TagSize(number) + sizeof(float);
        return value;
    }

    public override ByteString? Bytes(int number, ByteString? value)
    {
        bytes += value is null ? 0 : TagSize(number) + CodedOutputStream.ComputeBytesSize(value);
        return value;
    }

    public override RawBytes? Raw(int number, RawBytes? value)
    {
        bytes += value is null ? 0 : Delimited(number, value.Length);
        return value;
    }

    public override T? Message<T>(int number, T? value)
        where T : class
    {
        bytes += value is null ? 0 : Delimited(number, Of(value));
        return value;
    }

    public override void Messages<T>(int number, List<T> values) => bytes += values.Sum(value => Delimited(number, Of(value)));

    public override void List<T>(int number, RepeatedField<T> values, Func<uint, FieldCodec<T>> codec, WireFormat.WireType wire) =>
        bytes += values.CalculateSize(codec(ListTag(number)));

    /// <summary>The tag of a list: packed where its values are numbers.</summary>
    public static uint ListTag(int number) => WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited);

    private static long Delimited(int number, long length) => TagSize(number) + CodedOutputStream.ComputeUInt64Size((ulong)length) + length;

    private static int TagSize(int number) => CodedOutputStream.ComputeTagSize(number);
}

/// <summary>Writes messages. What is in memory already, such as a tensor's bytes, goes to the stream without a copy.</summary>
internal sealed class ProtoWriter : ProtoFields
{
    private readonly Stream stream;
    private readonly CodedOutputStream output;

    private ProtoWriter(Stream stream, CodedOutputStream output) => (this.stream, this.output) = (stream, output);

    /// <summary>Writes one message.</summary>
    public static void Write(ProtoMessage message, Stream stream)
    {
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        new ProtoWriter(stream, output).Write(message);
        output.Flush();
    }

    public override string Text(int number, string value)
    {
        if (value.Length > 0)
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteString(value);
        }

        return value;
    }

    public override long? Number(int number, long? value)
    {
        if (value is { } there)
        {
            output.WriteTag(number, WireFormat.WireType.Varint);
            output.WriteInt64(there);
        }

        return value;
    }

    public override float? Real(int number, float? value)
    {
        if (value is { } there)
        {
            output.WriteTag(number, WireFormat.WireType.Fixed32);
            output.WriteFloat(there);
        }

        return value;
    }

    public override ByteString? Bytes(int number, ByteString? value)
    {
        if (value is not null)
        {
            output.WriteTag(number, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(value);
        }

        return value;
    }

    public override RawBytes? Raw(int number, RawBytes? value)
    {
        if (value is not null)
        {
            Begin(number, value.Length);
            output.Flush();
            value.WriteTo(stream);
        }

        return value;
    }

    public override T? Message<T>(int number, T? value)
        where T : class
    {
        if (value is not null)
        {
            Begin(number, ProtoSize.Of(value));
            Write(value);
        }

        return value;
    }

    public override void Messages<T>(int number, List<T> values)
    {
        foreach (T value in values)
        {
            Message(number, value);
        }
    }

    public override void List<T>(int number, RepeatedField<T> values, Func<uint, FieldCodec<T>> codec, WireFormat.WireType wire) =>
        values.WriteTo(output, codec(ProtoSize.ListTag(number)));

    private void Begin(int number, long length)
    {
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteUInt64((ulong)length);
    }

    private void Write(ProtoMessage message)
    {
        message.Fields(this);
        message.Unknown?.WriteTo(output);
    }
}
