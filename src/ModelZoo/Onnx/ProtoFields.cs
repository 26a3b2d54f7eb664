using Google.Protobuf;
using Google.Protobuf.Collections;

namespace ModelZoo.Onnx;

/// <summary>
/// What is done with the fields of a message, one after the other: reading, measuring or writing. A message lists its fields once, in
/// <see cref="ProtoMessage.Fields"/>, as <c>Name = fields.Text(1, Name)</c>; the number is the one that ONNX gave the field.
/// </summary>
internal abstract class ProtoFields
{
    public abstract string Text(int number, string value);

    public abstract long? Number(int number, long? value);

    public abstract float? Real(int number, float? value);

    public abstract ByteString? Bytes(int number, ByteString? value);

    /// <summary>Bytes that stay where they are: in the file when read, with the one who makes them when written.</summary>
    public abstract RawBytes? Raw(int number, RawBytes? value);

    public abstract T? Message<T>(int number, T? value)
        where T : ProtoMessage, new();

    public abstract void Messages<T>(int number, List<T> values)
        where T : ProtoMessage, new();

    /// <param name="number">The field's number.</param>
    /// <param name="values">Its values.</param>
    /// <param name="codec">Makes the codec for a tag.</param>
    /// <param name="wire">How one value is written; numbers are written packed and read either way.</param>
    public abstract void List<T>(int number, RepeatedField<T> values, Func<uint, FieldCodec<T>> codec, WireFormat.WireType wire);

    /// <summary>A number that is there where it is not zero, as proto3 has it.</summary>
    public long Number(int number, long value) => Number(number, value == 0 ? null : value) ?? 0;

    /// <summary>The same for 32 bits; larger ones of a damaged file become −1, which no enumeration has.</summary>
    public int Small(int number, int value) => Number(number, (long)value) is >= int.MinValue and <= int.MaxValue and var read ? (int)read : -1;

    public void Texts(int number, RepeatedField<string> values) => List(number, values, FieldCodec.ForString, WireFormat.WireType.LengthDelimited);

    public void ByteStrings(int number, RepeatedField<ByteString> values) =>
        List(number, values, FieldCodec.ForBytes, WireFormat.WireType.LengthDelimited);

    public void Longs(int number, RepeatedField<long> values) => List(number, values, FieldCodec.ForInt64, WireFormat.WireType.Varint);

    public void Unsigned(int number, RepeatedField<ulong> values) => List(number, values, FieldCodec.ForUInt64, WireFormat.WireType.Varint);

    public void Ints(int number, RepeatedField<int> values) => List(number, values, FieldCodec.ForInt32, WireFormat.WireType.Varint);

    public void Floats(int number, RepeatedField<float> values) => List(number, values, FieldCodec.ForFloat, WireFormat.WireType.Fixed32);

    public void Doubles(int number, RepeatedField<double> values) => List(number, values, FieldCodec.ForDouble, WireFormat.WireType.Fixed64);
}

/// <summary>A message of ONNX. Fields that are not listed survive reading and writing.</summary>
internal abstract class ProtoMessage
{
    /// <summary>What was read and is not listed; null where there is none.</summary>
    public UnknownFieldSet? Unknown { get; set; }

    /// <summary>Passes every field, in the order of their numbers.</summary>
    public abstract void Fields(ProtoFields fields);
}
