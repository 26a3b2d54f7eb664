using Google.Protobuf;
using Google.Protobuf.Collections;

namespace ModelZoo.Onnx;

/// <summary>ONNX's element types, with its numbers; of the rest the numbers are kept and refused where a tensor is made of them.</summary>
internal enum OnnxType
{
    Undefined = 0,
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    Complex64 = 14,
    Complex128 = 15,
    BFloat16 = 16,
}

/// <summary>A tensor: its bytes, or its elements in the field of their type, or where they lie in another file.</summary>
internal sealed class TensorProto : ProtoMessage
{
    public RepeatedField<long> Dims { get; } = [];

    public OnnxType DataType { get; set; }

    public RepeatedField<float> FloatData { get; } = [];

    /// <summary>Also the elements of 8 and 16 bits, floating ones as their bits, and booleans.</summary>
    public RepeatedField<int> Int32Data { get; } = [];

    public RepeatedField<ByteString> StringData { get; } = [];

    public RepeatedField<long> Int64Data { get; } = [];

    public string Name { get; set; } = "";

    /// <summary>Row-major and little-endian.</summary>
    public RawBytes? RawData { get; set; }

    public RepeatedField<double> DoubleData { get; } = [];

    /// <summary>Also the elements of 32 bits without sign.</summary>
    public RepeatedField<ulong> UInt64Data { get; } = [];

    public string DocString { get; set; } = "";

    /// <summary>location, offset and length of elements in another file.</summary>
    public List<StringStringEntryProto> ExternalData { get; } = [];

    /// <summary>1: in another file.</summary>
    public int DataLocation { get; set; }

    public override void Fields(ProtoFields fields)
    {
        fields.Longs(1, Dims);
        DataType = (OnnxType)fields.Small(2, (int)DataType);
        fields.Floats(4, FloatData);
        fields.Ints(5, Int32Data);
        fields.ByteStrings(6, StringData);
        fields.Longs(7, Int64Data);
        Name = fields.Text(8, Name);
        RawData = fields.Raw(9, RawData);
        fields.Doubles(10, DoubleData);
        fields.Unsigned(11, UInt64Data);
        DocString = fields.Text(12, DocString);
        fields.Messages(13, ExternalData);
        DataLocation = fields.Small(14, DataLocation);
    }
}

/// <summary>Name and type of a value.</summary>
internal sealed class ValueInfoProto : ProtoMessage
{
    public string Name { get; set; } = "";

    public TypeProto? Type { get; set; }

    public string DocString { get; set; } = "";

    /// <summary>A tensor of that type and shape; a size is a number or a name.</summary>
    public static ValueInfoProto Of(string name, OnnxType type, params IEnumerable<object> shape)
    {
        var sizes = new TensorShapeProto();
        sizes.Dims.AddRange(shape.Select(size => size is string text
            ? new DimensionProto { DimParam = text }
            : new DimensionProto { DimValue = Convert.ToInt64(size, System.Globalization.CultureInfo.InvariantCulture) }));
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = type, Shape = sizes } } };
    }

    public override void Fields(ProtoFields fields)
    {
        Name = fields.Text(1, Name);
        Type = fields.Message(2, Type);
        DocString = fields.Text(3, DocString);
    }
}

/// <summary>The type of a value; sequences, maps and the like stay among the unknown fields.</summary>
internal sealed class TypeProto : ProtoMessage
{
    public TensorTypeProto? TensorType { get; set; }

    public string Denotation { get; set; } = "";

    public override void Fields(ProtoFields fields)
    {
        TensorType = fields.Message(1, TensorType);
        Denotation = fields.Text(6, Denotation);
    }
}

internal sealed class TensorTypeProto : ProtoMessage
{
    public OnnxType ElemType { get; set; }

    /// <summary>Null where nothing is known, which is not the shape of a scalar.</summary>
    public TensorShapeProto? Shape { get; set; }

    public override void Fields(ProtoFields fields)
    {
        ElemType = (OnnxType)fields.Small(1, (int)ElemType);
        Shape = fields.Message(2, Shape);
    }
}

internal sealed class TensorShapeProto : ProtoMessage
{
    public List<DimensionProto> Dims { get; } = [];

    public override void Fields(ProtoFields fields) => fields.Messages(1, Dims);
}

/// <summary>A size: a number, a name for any number, or neither.</summary>
internal sealed class DimensionProto : ProtoMessage
{
    public long? DimValue { get; set; }

    public string DimParam { get; set; } = "";

    public string Denotation { get; set; } = "";

    public override void Fields(ProtoFields fields)
    {
        DimValue = fields.Number(1, DimValue);
        DimParam = fields.Text(2, DimParam);
        Denotation = fields.Text(3, Denotation);
    }
}
