using Google.Protobuf;
using Google.Protobuf.Collections;

namespace ModelZoo.Onnx;

/// <summary>A model in ONNX's format: the root of a file. Names and numbers of fields here and below are ONNX's (onnx.proto).</summary>
internal sealed class ModelProto : ProtoMessage
{
    /// <summary>The version of the format: 3 is the first in use; 10 belongs to opset 21.</summary>
    public long IrVersion { get; set; }

    public string ProducerName { get; set; } = "";

    public string ProducerVersion { get; set; } = "";

    public string Domain { get; set; } = "";

    public long ModelVersion { get; set; }

    public string DocString { get; set; } = "";

    public GraphProto? Graph { get; set; }

    public List<OperatorSetIdProto> OpsetImport { get; } = [];

    public List<StringStringEntryProto> MetadataProps { get; } = [];

    public override void Fields(ProtoFields fields)
    {
        IrVersion = fields.Number(1, IrVersion);
        ProducerName = fields.Text(2, ProducerName);
        ProducerVersion = fields.Text(3, ProducerVersion);
        Domain = fields.Text(4, Domain);
        ModelVersion = fields.Number(5, ModelVersion);
        DocString = fields.Text(6, DocString);
        Graph = fields.Message(7, Graph);
        fields.Messages(8, OpsetImport);
        fields.Messages(14, MetadataProps);
    }
}

/// <summary>Which version of a set of operators a model uses; the domain of ONNX's own is empty or "ai.onnx".</summary>
internal sealed class OperatorSetIdProto : ProtoMessage
{
    public string Domain { get; set; } = "";

    public long Version { get; set; }

    public override void Fields(ProtoFields fields)
    {
        Domain = fields.Text(1, Domain);
        Version = fields.Number(2, Version);
    }
}

/// <summary>Nodes in an order in which they can be computed, and the values that they begin with.</summary>
internal sealed class GraphProto : ProtoMessage
{
    public List<NodeProto> Nodes { get; } = [];

    public string Name { get; set; } = "";

    public List<TensorProto> Initializers { get; } = [];

    public string DocString { get; set; } = "";

    /// <summary>What a caller gives. Up to version 3 of the format the initializers are among them.</summary>
    public List<ValueInfoProto> Inputs { get; } = [];

    public List<ValueInfoProto> Outputs { get; } = [];

    public List<ValueInfoProto> ValueInfos { get; } = [];

    public override void Fields(ProtoFields fields)
    {
        fields.Messages(1, Nodes);
        Name = fields.Text(2, Name);
        fields.Messages(5, Initializers);
        DocString = fields.Text(10, DocString);
        fields.Messages(11, Inputs);
        fields.Messages(12, Outputs);
        fields.Messages(13, ValueInfos);
    }
}

/// <summary>One operator. An input that is not given has an empty name.</summary>
internal sealed class NodeProto : ProtoMessage
{
    public RepeatedField<string> Inputs { get; } = [];

    public RepeatedField<string> Outputs { get; } = [];

    public string Name { get; set; } = "";

    public string OpType { get; set; } = "";

    public List<AttributeProto> Attributes { get; } = [];

    public string DocString { get; set; } = "";

    public string Domain { get; set; } = "";

    public override void Fields(ProtoFields fields)
    {
        fields.Texts(1, Inputs);
        fields.Texts(2, Outputs);
        Name = fields.Text(3, Name);
        OpType = fields.Text(4, OpType);
        fields.Messages(5, Attributes);
        DocString = fields.Text(6, DocString);
        Domain = fields.Text(7, Domain);
    }
}

/// <summary>Which field of an attribute holds its value.</summary>
internal enum AttributeType
{
    Undefined = 0,
    Float = 1,
    Int = 2,
    String = 3,
    Tensor = 4,
    Graph = 5,
    Floats = 6,
    Ints = 7,
    Strings = 8,
}

/// <summary>A named constant of a node: one of the kinds that <see cref="AttributeType"/> lists.</summary>
internal sealed class AttributeProto : ProtoMessage
{
    public string Name { get; set; } = "";

    public float? F { get; set; }

    public long? I { get; set; }

    public ByteString? S { get; set; }

    public TensorProto? T { get; set; }

    public GraphProto? G { get; set; }

    public RepeatedField<float> Floats { get; } = [];

    public RepeatedField<long> Ints { get; } = [];

    public RepeatedField<ByteString> Strings { get; } = [];

    public string DocString { get; set; } = "";

    /// <summary>Old writers leave it out: then the field that is there says it.</summary>
    public AttributeType Type { get; set; }

    public static AttributeProto Of(string name, long value) => new() { Name = name, I = value, Type = AttributeType.Int };

    public static AttributeProto Of(string name, float value) => new() { Name = name, F = value, Type = AttributeType.Float };

    public static AttributeProto Of(string name, string value) => new() { Name = name, S = ByteString.CopyFromUtf8(value), Type = AttributeType.String };

    public static AttributeProto Of(string name, TensorProto value) => new() { Name = name, T = value, Type = AttributeType.Tensor };

    public static AttributeProto Of(string name, IEnumerable<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Ints };
        attribute.Ints.AddRange(values);
        return attribute;
    }

    public static AttributeProto Of(string name, IEnumerable<float> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeType.Floats };
        attribute.Floats.AddRange(values);
        return attribute;
    }

    public override void Fields(ProtoFields fields)
    {
        Name = fields.Text(1, Name);
        F = fields.Real(2, F);
        I = fields.Number(3, I);
        S = fields.Bytes(4, S);
        T = fields.Message(5, T);
        G = fields.Message(6, G);
        fields.Floats(7, Floats);
        fields.Longs(8, Ints);
        fields.ByteStrings(9, Strings);
        DocString = fields.Text(13, DocString);
        Type = (AttributeType)fields.Small(20, (int)Type);
    }
}

/// <summary>A text under a key.</summary>
internal sealed class StringStringEntryProto : ProtoMessage
{
    public string Key { get; set; } = "";

    public string Value { get; set; } = "";

    public override void Fields(ProtoFields fields)
    {
        Key = fields.Text(1, Key);
        Value = fields.Text(2, Value);
    }
}
