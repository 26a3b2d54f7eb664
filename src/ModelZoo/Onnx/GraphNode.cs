using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>Why a node cannot become a layer.</summary>
internal sealed class NodeException(string what) : Exception(what);

/// <summary>A node that is being imported: its inputs, its attributes, and the layers that it becomes.</summary>
internal sealed class GraphNode(GraphBuilder builder, NodeProto node, int index, int opset, GraphValue?[] inputs)
{
    private const long MostSize = 1 << 24;

    private readonly HashSet<string> read = new(StringComparer.Ordinal);

    public int Opset => opset;

    public string OpType => node.OpType;

    public int InputCount => inputs.Length;

    public int OutputCount => node.Outputs.Count;

    /// <summary>The number of images that the graph was written for; null where it is open.</summary>
    public long? WrittenBatch => builder.WrittenBatch;

    /// <summary>Of the layer that makes the logits, where that is to have others: how many; else null.</summary>
    public int? Classes => builder.ClassesOf(index);

    public bool Has(int input) => input < inputs.Length && inputs[input] is not null;

    public GraphValue Input(int input) => Has(input) ? inputs[input]! : throw new NodeException($"has no input {input + 1}");

    /// <summary>An input that layers compute.</summary>
    public GraphValue Computed(int input = 0) => Input(input).Plane is not null
        ? throw new NodeException("takes places of maxima, which are for MaxUnpool only")
        : !Input(input).IsConstant ? Input(input)
        : throw new NodeException($"takes a constant as input {input + 1}, where a computed value is supported only");

    public GraphValue Computed(int input, int rank) => Computed(input) is { } value && value.Rank == rank ? value
        : throw new NodeException($"takes {Shapes.Text(Input(input).Shape)}; {rank} dimensions are supported only");

    /// <summary>A constant input as floating-point numbers.</summary>
    public Tensor Weight(int input)
    {
        Tensor constant = Constant(input);
        return constant.is_floating_point() ? constant.to_type(ScalarType.Float32)
            : throw new NodeException($"has whole numbers as input {input + 1}, where floating-point numbers belong");
    }

    public Tensor Constant(int input) => Input(input).IsConstant ? Input(input).Constant()
        : throw new NodeException($"computes its input {input + 1}, where a constant is supported only");

    /// <summary>The sizes of a constant input, of which nothing is read.</summary>
    public long[] ConstantShape(int input) => Input(input).IsConstant ? Input(input).Shape
        : throw new NodeException($"computes its input {input + 1}, where a constant is supported only");

    /// <summary>A parameter for a tensor of the file, which is read into it when the network is built.</summary>
    public Parameter ParameterOf(TensorProto stored) => builder.ParameterOf(stored);

    /// <summary>Asks for memory (<see cref="ImportBudget"/>).</summary>
    public void Take(long bytes) => builder.Take(bytes);

    /// <summary>A constant input as whole numbers.</summary>
    public long[] Longs(int input)
    {
        using Tensor constant = Constant(input);
        return constant.dim() <= 1 && constant.numel() <= 64 && !constant.is_floating_point()
            ? constant.to_type(ScalarType.Int64).data<long>().ToArray()
            : throw new NodeException($"has {Shapes.Text(constant.shape)} as input {input + 1}, where a few whole numbers belong");
    }

    /// <summary>A constant input as floating-point numbers.</summary>
    public double[] Reals(int input)
    {
        using Tensor constant = Constant(input);
        return constant.numel() <= 64 ? constant.to_type(ScalarType.Float64).contiguous().data<double>().ToArray()
            : throw new NodeException($"has {Shapes.Text(constant.shape)} as input {input + 1}, where a few numbers belong");
    }

    public double Real(int input) => Reals(input) is [var one] ? one : throw new NodeException($"has several numbers as input {input + 1}, where one belongs");

    public long? Int(string name) => Find(name, AttributeType.Int) is { } a ? a.I ?? 0 : null;

    public bool Flag(string name, bool usual = false) => Int(name) is { } value ? value != 0 : usual;

    /// <summary>A number; the decimal fraction that its float is the nearest of is meant (1e-5).</summary>
    public double Real(string name, double usual) => Find(name, AttributeType.Float)?.F is { } value
        ? float.IsFinite(value) ? double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            : throw new NodeException($"has {value} as its {name}")
        : usual;

    public double[]? Reals(string name) => Find(name, AttributeType.Floats) is { } a ? [.. a.Floats.Select(f => (double)f)] : null;

    public string Text(string name, string usual) => Find(name, AttributeType.String) is { } a ? a.S?.ToStringUtf8() ?? "" : usual;

    public TensorProto? Tensor(string name) => Find(name, AttributeType.Tensor)?.T;

    public long[]? Ints(string name) => Find(name, AttributeType.Ints) is { Ints: var ints }
        ? ints.Count <= 2 * Shapes.MostDimensions ? [.. ints] : throw new NodeException($"has {ints.Count} numbers as its {name}")
        : null;

    /// <summary>One number for each of some axes, each at least <paramref name="least"/>.</summary>
    public long[] Sizes(string name, int count, long usual, long least)
    {
        long[] sizes = Ints(name) ?? [.. Enumerable.Repeat(usual, count)];
        return sizes.Length == count && Array.TrueForAll(sizes, s => s >= least && s <= MostSize) ? sizes
            : throw new NodeException($"has [{string.Join(",", sizes)}] as its {name}, which is impossible or not supported");
    }

    /// <summary>A dimension, counted from the end where it is negative.</summary>
    public static long Axis(long axis, int rank) => axis >= -rank && axis < rank ? axis < 0 ? axis + rank : axis
        : throw new NodeException($"has the axis {axis} of {rank} dimensions");

    /// <summary>Axes as attribute or, in newer opsets, as input; null where there are none.</summary>
    public long[]? Axes(int inputSince, int rank, int input = 1)
    {
        long[]? axes = Opset < inputSince ? Ints("axes") : Has(input) ? Longs(input) : null;
        return axes is null ? null : [.. axes.Select(a => Axis(a, rank)).Distinct().Order()];
    }

    /// <summary>What an attribute may be alone.</summary>
    public void Must(string name, bool fits, string what)
    {
        read.Add(name);
        if (!fits)
        {
            throw new NodeException($"has {what}, which is not supported");
        }
    }

    /// <summary>An attribute that changes nothing here.</summary>
    public void Ignore(params string[] names) => read.UnionWith(names);

    /// <summary>An attribute that no operator asked for may mean anything.</summary>
    public void MustBeRead()
    {
        if (node.Attributes.Find(a => !read.Contains(a.Name)) is { } unread)
        {
            throw new NodeException($"has the attribute {Printable.Name(unread.Name)}, which is not supported");
        }
    }

    /// <summary>The first output becomes what a layer makes.</summary>
    public GraphValue Layer(nn.Module module, long[] shape, params GraphValue[] takes) => builder.Layer(this, module, shape, takes);

    /// <summary>The first two outputs become what a layer makes: values, and their places in a map.</summary>
    public (GraphValue Values, GraphValue Places) Pair(nn.Module module, long[] shape, long[] plane, GraphValue x) =>
        builder.Pair(this, module, shape, plane, x);

    /// <summary>The same of several, or of none.</summary>
    public void Gives(int output, GraphValue value) => builder.Define(node.Outputs[output], value);

    /// <summary>Whether somebody takes an output.</summary>
    public bool Gives(int output) => output < node.Outputs.Count && builder.IsUsed(node.Outputs[output]);

    /// <summary>The one node that takes the first output, or null.</summary>
    public NodeProto? Next() => builder.SoleConsumer(node.Outputs[0]);

    /// <summary>Takes the next node over: its output is this one's.</summary>
    public void Absorb(NodeProto next, GraphValue value) => builder.Absorb(next, value);

    /// <summary>A constant of the graph by its name; null where it is none.</summary>
    public GraphValue? Constant(string name) => builder.Constant(name);

    /// <summary>Where the name of its layers comes from: its own name, else an initializer's.</summary>
    public string Path => LeafNames.Of(node, [.. node.Inputs.Where(builder.IsInitializer)]);

    public Tensor Read(TensorProto tensor) => builder.Read(tensor);

    private AttributeProto? Find(string name, AttributeType type)
    {
        read.Add(name);
        List<AttributeProto> found = node.Attributes.FindAll(a => a.Name == name);
        if (found.Count == 0)
        {
            return null;
        }

        AttributeProto one = found.Count == 1 ? found[0] : throw new NodeException($"has two attributes {Printable.Name(name)}");
        AttributeType is_ = one.Type != AttributeType.Undefined ? one.Type : Guessed(one);
        return is_ == type ? one : throw new NodeException($"has {is_} as its {name}, where {type} belongs");
    }

    // Writers before the format's version 2 left the type out.
    private static AttributeType Guessed(AttributeProto a) => a.F is not null ? AttributeType.Float
        : a.I is not null ? AttributeType.Int
        : a.S is not null ? AttributeType.String
        : a.T is not null ? AttributeType.Tensor
        : a.Floats.Count > 0 ? AttributeType.Floats
        : a.Ints.Count > 0 ? AttributeType.Ints
        : AttributeType.Undefined;
}
