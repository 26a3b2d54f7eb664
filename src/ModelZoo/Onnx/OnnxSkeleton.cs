using System.Globalization;
using System.IO.Compression;
using ModelZoo.Registry;
using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>
/// A graph without its weights: what a checkpoint of an imported network carries, so that the network can be built again. Tensors of floating-point numbers
/// that are not small keep their shapes alone.
/// </summary>
internal sealed class OnnxSkeleton
{
    private const int SmallTensor = 16;
    private const int MostBytes = 1 << 26;
    private const string HeadNode = "head_node", HeadPath = "head", ClassCount = "classes";

    private readonly string name;
    private readonly byte[] bytes;
    private readonly long absent;
    private readonly int? head;
    private readonly int classes;

    private OnnxSkeleton(string name, byte[] bytes, long absent, int? head, int classes) =>
        (this.name, this.bytes, this.absent, this.head, this.classes) = (name, bytes, absent, head, classes);

    /// <summary>The head's path; empty where there is none.</summary>
    public string Head { get; private init; } = "";

    /// <summary>As text, for a checkpoint.</summary>
    public string Text
    {
        get
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            {
                gzip.Write(bytes);
            }

            return Convert.ToBase64String(packed.ToArray());
        }
    }

    /// <summary>Whether a tensor's elements were left out.</summary>
    public static bool IsAbsent(TensorProto tensor) => tensor.DataLocation == 0 && tensor.RawData is null && tensor.FloatData.Count == 0
        && tensor.DoubleData.Count == 0 && tensor.Int32Data.Count == 0 && tensor.Int64Data.Count == 0 && tensor.UInt64Data.Count == 0;

    /// <summary>Takes the weights out of a graph.</summary>
    /// <param name="file">The graph.</param>
    /// <param name="network">What was built of it.</param>
    /// <param name="classes">Its outputs.</param>
    public static OnnxSkeleton Of(OnnxFile file, OnnxNetwork network, int classes)
    {
        GraphProto graph = file.Model.Graph!;
        var bare = new GraphProto();
        long absent = 0, kept = 0;
        bare.Inputs.AddRange(graph.Inputs.Select(Bare));
        bare.Outputs.AddRange(graph.Outputs.Select(o => new ValueInfoProto { Name = o.Name }));
        bare.Initializers.AddRange(graph.Initializers.Select(Small));
        bare.Nodes.AddRange(graph.Nodes.Select(node =>
        {
            var copy = new NodeProto { Name = node.Name, OpType = node.OpType, Domain = node.Domain };
            copy.Inputs.AddRange(node.Inputs);
            copy.Outputs.AddRange(node.Outputs);
            copy.Attributes.AddRange(node.Attributes.Select(a => a.T is null ? a : AttributeProto.Of(a.Name, Small(a.T))));
            return copy;
        }));
        var model = new ModelProto { IrVersion = file.Model.IrVersion, Graph = bare };
        model.OpsetImport.AddRange(file.Model.OpsetImport);
        int? head = network.HeadStep is { } step ? network.Steps[step].Node : null;
        Say(HeadNode, (head ?? -1).ToString(CultureInfo.InvariantCulture));
        Say(HeadPath, network.Head);
        Say(ClassCount, classes.ToString(CultureInfo.InvariantCulture));
        return new(file.Name, OnnxFile.ToBytes(model), Math.Max(absent, 1), head, classes) { Head = network.Head };

        void Say(string key, string value) => model.MetadataProps.Add(new() { Key = key, Value = value });

        TensorProto Small(TensorProto tensor)
        {
            bool floating = tensor.DataType is OnnxType.Float or OnnxType.Double or OnnxType.Float16 or OnnxType.BFloat16;
            long elements = Shapes.Count(tensor.Dims);
            var copy = new TensorProto { Name = tensor.Name, DataType = tensor.DataType };
            copy.Dims.AddRange(tensor.Dims);
            if (floating && elements > SmallTensor)
            {
                absent = checked(absent + (elements * sizeof(double)));
                return copy;
            }

            if (IsAbsent(tensor))
            {
                return copy;
            }

            kept += file.ByteLength(tensor);
            if (kept > MostBytes)
            {
                throw new ZooException($"{file.Name}: has more than {MemorySize.Format(MostBytes)} of whole numbers and single values in its graph, which no "
                    + "checkpoint could carry.");
            }

            using Tensor read = file.Read(tensor);
            copy.DataType = TensorElements.TypeOf(read.dtype);
            copy.RawData = new(read.bytes.ToArray().AsMemory());
            return copy;
        }
    }

    /// <summary>Reads what <see cref="Text"/> gave.</summary>
    /// <param name="text">The text.</param>
    /// <param name="displayName">The checkpoint, for messages.</param>
    /// <param name="weightBytes">Bytes of the tensors beside it: the absent ones are not much larger.</param>
    /// <exception cref="ZooException">The text is damaged.</exception>
    public static OnnxSkeleton Parse(string text, string displayName, long weightBytes)
    {
        byte[] bytes;
        try
        {
            using var gzip = new GZipStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
            using var whole = new MemoryStream();
            byte[] piece = new byte[1 << 16];
            for (int read; (read = gzip.Read(piece)) > 0;)
            {
                whole.Write(piece, 0, whole.Length + read <= MostBytes ? read : throw new InvalidDataException("it is too large"));
            }

            bytes = whole.ToArray();
        }
        catch (Exception error) when (error is FormatException or InvalidDataException)
        {
            throw new ZooException($"{displayName}: the graph of its network cannot be read ({error.Message}). The file is damaged.", error);
        }

        // A new head may have far fewer rows than the one that was imported.
        const long Spare = 1 << 28;
        using OnnxFile file = OnnxFile.ParseSkeleton(bytes, displayName, 1);
        return new(displayName, bytes, checked((weightBytes * 2) + Spare), Number(HeadNode) is >= 0 and var node ? node : null, Number(ClassCount))
        {
            Head = Find(HeadPath),
        };

        string Find(string key) => file.Model.MetadataProps.Find(e => e.Key == key)?.Value ?? "";

        int Number(string key) => int.TryParse(Find(key), CultureInfo.InvariantCulture, out int number) ? number
            : throw new ZooException($"{displayName}: the graph of its network lacks its {key}. The file is damaged.");
    }

    /// <summary>
    /// The same graph with a fully connected layer behind its output, for other classes than it has, or for the first: images are averaged before it.
    /// </summary>
    /// <param name="shape">What the graph makes: [N,features] or [N,features,H,W].</param>
    /// <param name="outputs">Classes.</param>
    /// <exception cref="ZooException">It makes something else.</exception>
    public OnnxSkeleton WithHead(long[] shape, int outputs)
    {
        const string Layer = "head";
        if (shape is not ([_, > 0] or [_, > 0, > 0, > 0]))
        {
            throw new ZooException($"{name}: makes {Shapes.Text(shape)}, to which no head can be attached; features [N,C] or [N,C,H,W] can have one.");
        }

        using OnnxFile file = OnnxFile.ParseSkeleton(bytes, name, absent);
        GraphProto graph = file.Model.Graph!;
        HashSet<string> there = [.. graph.Nodes.SelectMany(n => n.Outputs), .. graph.Initializers.Select(t => t.Name), .. graph.Inputs.Select(i => i.Name)];
        string prefix = Layer;
        for (int i = 2; there.Any(n => n.StartsWith($"{prefix}.", StringComparison.Ordinal) || n.StartsWith($"/{prefix}/", StringComparison.Ordinal)); i++)
        {
            prefix = $"{Layer}_{i}";
        }

        string made = graph.Outputs[0].Name;
        if (shape.Length == 4)
        {
            Add("GlobalAveragePool", "pool", [made]);
            Add("Flatten", "flatten", [made], AttributeProto.Of("axis", 1L));
        }

        TensorProto weight = Empty("weight", outputs, shape[1]), bias = Empty("bias", outputs);
        graph.Initializers.AddRange([weight, bias]);
        Add("Gemm", "", [made, weight.Name, bias.Name], AttributeProto.Of("transB", 1L));
        graph.Outputs.Clear();
        graph.Outputs.Add(new ValueInfoProto { Name = made });
        int node = graph.Nodes.Count - 1;
        Say(HeadNode, node.ToString(CultureInfo.InvariantCulture));
        Say(HeadPath, prefix);
        Say(ClassCount, outputs.ToString(CultureInfo.InvariantCulture));
        return new(name, OnnxFile.ToBytes(file.Model), checked(absent + ((shape[1] + 1) * outputs * sizeof(double))), node, outputs) { Head = prefix };

        void Add(string op, string what, IEnumerable<string> inputs, params IEnumerable<AttributeProto> attributes)
        {
            string path = what.Length == 0 ? prefix : $"{prefix}_{what}";
            var added = new NodeProto { OpType = op, Name = $"/{path}/{op}" };
            made = $"/{path}/{op}_output";
            added.Inputs.AddRange(inputs);
            added.Outputs.Add(made);
            added.Attributes.AddRange(attributes);
            graph.Nodes.Add(added);
        }

        // As in a skeleton: the elements of what is not small are left out.
        TensorProto Empty(string what, params long[] sizes)
        {
            var tensor = new TensorProto { Name = $"{prefix}.{what}", DataType = OnnxType.Float };
            tensor.Dims.AddRange(sizes);
            long elements = Shapes.Count(sizes);
            if (elements <= SmallTensor)
            {
                tensor.RawData = new(new byte[elements * sizeof(float)].AsMemory());
            }

            return tensor;
        }

        void Say(string key, string value)
        {
            file.Model.MetadataProps.RemoveAll(e => e.Key == key);
            file.Model.MetadataProps.Add(new() { Key = key, Value = value });
        }
    }

    /// <summary>Builds the network with weights of zeros.</summary>
    /// <exception cref="ZooException">The graph does not allow the options.</exception>
    public OnnxNetwork Build(ModelOptions options)
    {
        using OnnxFile file = OnnxFile.ParseSkeleton(bytes, name, absent);
        bool other = options.NumClasses != classes;
        if (other && head is null)
        {
            throw new ZooException($"{name}: no one layer makes its {classes} outputs, so it can't be built for {options.NumClasses}.");
        }

        var sizes = new GraphSizes(options.InputHeight, options.InputWidth, other ? head : null, options.NumClasses);
        OnnxNetwork network = OnnxModel.Network(file, sizes, out long[] input, out long[] output);
        if (input[1] == options.InChannels && output.Length > 1 && output[1] == options.NumClasses)
        {
            return network;
        }

        network.Dispose();
        throw new ZooException($"{name}: its graph takes {input[1]} channels and makes {Shapes.Text(output)}; it can't be built for "
            + $"{options.InChannels} channels and {options.NumClasses} outputs.");
    }

    private static ValueInfoProto Bare(ValueInfoProto input) => new() { Name = input.Name, Type = input.Type };
}
