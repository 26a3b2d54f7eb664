using System.Runtime.InteropServices;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Export;

/// <summary>
/// A graph that is being written: nodes in the order of computation, the network's tensors under the keys of its state_dict, and small constants under
/// "layer/what". Names of values and initializers are unique.
/// </summary>
internal sealed class ExportGraph(int opset, QuantizationInfo? quantization = null) : IDisposable
{
    private readonly HashSet<string> names = new(StringComparer.Ordinal);
    private readonly HashSet<string> weightKeys = new(StringComparer.Ordinal);
    private readonly List<Tensor> owned = [];

    /// <summary>The version of ONNX's operators that the nodes are written for.</summary>
    public int Opset { get; } = opset;

    /// <summary>What is written as bytes; null where everything is float32.</summary>
    public QuantizedExports? Bytes { get; } = quantization is null ? null : new(quantization);

    public List<NodeProto> Nodes { get; } = [];

    /// <summary>The network's own tensors.</summary>
    public List<TensorProto> Weights { get; } = [];

    /// <summary>Sizes, pads and other numbers that are inputs of operators.</summary>
    public List<TensorProto> Constants { get; } = [];

    /// <summary>The rows and columns of the map that places of maxima count in, by the name of the places.</summary>
    public Dictionary<string, long[]> Planes { get; } = [];

    /// <summary>Weights and biases of convolutions that have a batch normalization in them.</summary>
    public Dictionary<nn.Module, (Tensor Weight, Tensor Bias)> Folded { get; } = new(ReferenceEqualityComparer.Instance);

    /// <summary>Whether something in it is right for the traced size of the image alone, although its nodes do not show it.</summary>
    public bool FixesSize { get; set; }

    /// <summary>A name that nothing else has: the wanted one, else with a number.</summary>
    public string Name(string wanted)
    {
        string name = wanted;
        for (int i = 2; !names.Add(name); i++)
        {
            name = $"{wanted}/{i}";
        }

        return name;
    }

    /// <summary>Adds an operator of one output.</summary>
    /// <param name="op">ONNX's name of it.</param>
    /// <param name="output">The wanted name of its output, which is the node's as well.</param>
    /// <param name="inputs">Names of values; "" for one that is left out.</param>
    /// <param name="attributes">Its constants.</param>
    /// <returns>The name of the output.</returns>
    public string Add(string op, string output, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes) =>
        Add(op, [output], inputs, attributes)[0];

    /// <summary>The same for several outputs.</summary>
    public string[] Add(string op, IReadOnlyList<string> outputs, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes)
    {
        string[] made = [.. outputs.Select(Name)];
        var node = new NodeProto { OpType = op, Name = made[0] };
        node.Inputs.AddRange(inputs);
        node.Outputs.AddRange(made);
        node.Attributes.AddRange(attributes);
        Nodes.Add(node);
        return made;
    }

    /// <summary>A tensor of the network as float32, once for each key.</summary>
    public string Weight(string key, Tensor tensor)
    {
        if (weightKeys.Add(key))
        {
            if (!names.Add(key))
            {
                throw new ZooException($"The network has a layer and a tensor that are both called '{key}'; ONNX needs different names.");
            }

            bool asItIs = tensor.dtype == ScalarType.Float32 && tensor.device_type == DeviceType.CPU;
            using Tensor detached = tensor.detach();
            Weights.Add(TensorElements.ToProto(key, Own(asItIs ? detached.alias() : detached.to(ScalarType.Float32, CPU, copy: true))));
        }

        return key;
    }

    /// <summary>Whole numbers of one dimension.</summary>
    public string Longs(string wanted, params IReadOnlyList<long> values)
    {
        string name = Name(wanted);
        Constants.Add(TensorElements.ToProto(name, values));
        return name;
    }

    /// <summary>Numbers in single precision.</summary>
    public string Floats(string wanted, IReadOnlyList<float> values, params IReadOnlyList<long> shape) =>
        Constant(wanted, OnnxType.Float, MemoryMarshal.AsBytes<float>(values.ToArray()), shape);

    /// <summary>One number in single precision, without dimensions.</summary>
    public string Scalar(string wanted, double value) => Floats(wanted, [(float)value]);

    /// <summary>Elements of any type as bytes.</summary>
    public string Constant(string wanted, OnnxType type, ReadOnlySpan<byte> bytes, params IReadOnlyList<long> shape)
    {
        string name = Name(wanted);
        var proto = new TensorProto { Name = name, DataType = type, RawData = new(bytes.ToArray().AsMemory()) };
        proto.Dims.AddRange(shape);
        Constants.Add(proto);
        return name;
    }

    /// <summary>Has the value under another, unused name from now on.</summary>
    public void Rename(string value, string name)
    {
        foreach (NodeProto node in Nodes)
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                node.Inputs[i] = node.Inputs[i] == value ? name : node.Inputs[i];
            }

            for (int i = 0; i < node.Outputs.Count; i++)
            {
                node.Outputs[i] = node.Outputs[i] == value ? name : node.Outputs[i];
            }
        }
    }

    /// <summary>Keeps a tensor until the graph is written.</summary>
    public Tensor Own(Tensor tensor)
    {
        owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    /// <summary>The nodes and constants as bytes: two graphs with the same ones compute the same, given the same weights.</summary>
    public byte[] Structure()
    {
        var graph = new GraphProto();
        graph.Nodes.AddRange(Nodes);
        graph.Initializers.AddRange(Constants);
        return OnnxFile.ToBytes(new ModelProto { Graph = graph });
    }

    public void Dispose() => owned.ForEach(static t => t.Dispose());
}

/// <summary>One call of a layer that is being written: where its inputs are, and names for what it adds.</summary>
/// <param name="Graph">What it is written into.</param>
/// <param name="Node">The traced call.</param>
/// <param name="Prefix">What the keys of the layer's tensors begin with ("layer1.0.conv1.").</param>
/// <param name="Inputs">The names of its inputs.</param>
internal sealed record LayerCall(ExportGraph Graph, Tracing.TraceNode Node, string Prefix, IReadOnlyList<string> Inputs)
{
    public string X => Inputs[0];

    /// <summary>The shape of the first input, at the traced size.</summary>
    public long[] Shape => Node.InputShapes[0];

    /// <summary>Adds the operator that makes the layer's output.</summary>
    public string Out(string op, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes) => Graph.Add(op, Node.Name, inputs, attributes);

    /// <summary>Adds an operator whose output only this layer uses.</summary>
    public string Inner(string op, string what, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes) =>
        Graph.Add(op, $"{Node.Name}/{what}", inputs, attributes);

    public string Weight(string name, Tensor tensor) => Graph.Weight(Prefix + name, tensor);

    /// <summary>One number per channel, [C], as [C,1,1], which goes with [N,C,H,W].</summary>
    public string PerChannel(string name, Tensor tensor) =>
        Inner("Unsqueeze", $"{name}_chw", [Weight(name, tensor), Longs("spatial", 1, 2)]);

    public string Longs(string what, params IReadOnlyList<long> values) => Graph.Longs($"{Node.Name}/{what}", values);

    public string Scalar(string what, double value) => Graph.Scalar($"{Node.Name}/{what}", value);

    public string Floats(string what, IReadOnlyList<float> values, params IReadOnlyList<long> shape) => Graph.Floats($"{Node.Name}/{what}", values, shape);
}
