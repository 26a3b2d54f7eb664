using System.Runtime.InteropServices;
using ModelZoo.Onnx.Operators;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>What a graph is built for, where it leaves a choice.</summary>
/// <param name="Height">Rows of the input; null for what the graph says.</param>
/// <param name="Width">Columns of the input.</param>
/// <param name="Head">The node that makes the logits, where that is to have others.</param>
/// <param name="Classes">How many.</param>
internal sealed record GraphSizes(int? Height = null, int? Width = null, int? Head = null, int Classes = 0);

/// <summary>
/// Makes layers of a graph's nodes. What is computed of constants and shapes alone becomes constants; what is not needed for the output is left out; what
/// cannot be done is collected, so that one message names all of it.
/// </summary>
internal sealed class GraphBuilder
{
    private const int MostNodes = 200_000, ListedProblems = 20;
    private const int SmallConstant = 1 << 16;

    private readonly OnnxFile file;
    private readonly GraphSizes sizes;
    private readonly GraphProto graph;
    private readonly int opset;
    private readonly Dictionary<string, TensorProto> initializers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphValue?> values = new(StringComparer.Ordinal); // null: of a node that could not be imported
    private readonly Dictionary<string, List<NodeProto>> consumers = new(StringComparer.Ordinal);
    private readonly HashSet<NodeProto> absorbed = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> outputs;
    private readonly List<(nn.Module Module, string Path, int Node, int[] Takes, long[] Shape, string?[] From)> steps = [];
    private readonly Dictionary<int, string> called = []; // names by slot
    private readonly List<string> problems = [];
    private readonly List<Tensor> small = []; // constants that are kept until the end
    private readonly List<(Parameter Target, TensorProto Source)> unread = [];
    private int current;

    private GraphBuilder(OnnxFile file, GraphSizes sizes)
    {
        (this.file, this.sizes, graph) = (file, sizes, file.Model.Graph!);
        opset = Opset(file);
        outputs = [.. graph.Outputs.Take(1).Select(o => o.Name)];
    }

    /// <summary>The network's layers in the order in which they run.</summary>
    public IReadOnlyList<GraphStep> Steps { get; private set; } = [];

    /// <summary>The input as the graph, or <see cref="GraphSizes"/>, has it.</summary>
    public long[] InputShape { get; private set; } = [];

    /// <summary>The value that is the output.</summary>
    public GraphValue Output { get; private set; } = null!;

    /// <summary>What was left aside, a sentence each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>The parameters that have no values before <see cref="ReadParameters"/>.</summary>
    public IEnumerable<Tensor> Unread => unread.Select(u => u.Target);

    /// <summary>Builds the layers and reads their weights; they belong to the caller.</summary>
    /// <inheritdoc cref="BuildUnread"/>
    public static GraphBuilder Build(OnnxFile file, GraphSizes sizes)
    {
        GraphBuilder builder = BuildUnread(file, sizes);
        builder.ReadParameters();
        return builder;
    }

    /// <summary>Builds the layers; they belong to the caller, who calls <see cref="ReadParameters"/>.</summary>
    /// <param name="file">The graph, which must be open until then.</param>
    /// <param name="sizes">What it is built for.</param>
    /// <exception cref="ZooException">The graph is damaged, or has what is not supported; the message lists it.</exception>
    public static GraphBuilder BuildUnread(OnnxFile file, GraphSizes sizes)
    {
        var builder = new GraphBuilder(file, sizes);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        try
        {
            builder.Run();
            return builder;
        }
        catch
        {
            builder.steps.ForEach(step => step.Module.Dispose());
            throw;
        }
        finally
        {
            builder.small.ForEach(constant => constant.Dispose());
        }
    }

    /// <summary>Reads what the file holds straight into the parameters, wherever their memory lies by now.</summary>
    /// <exception cref="ZooException">The file cannot be read any more.</exception>
    public void ReadParameters()
    {
        using IDisposable none = no_grad();
        foreach ((Parameter target, TensorProto source) in unread)
        {
            file.ReadInto(source, target);
        }

        unread.Clear();
    }

    public int? ClassesOf(int node) => node == sizes.Head ? sizes.Classes : null;

    public bool IsInitializer(string name) => initializers.ContainsKey(name);

    public bool IsUsed(string name) => name.Length > 0 && (consumers.ContainsKey(name) || outputs.Contains(name));

    public NodeProto? SoleConsumer(string name) =>
        !outputs.Contains(name) && consumers.TryGetValue(name, out List<NodeProto>? takers) && takers is [var one] ? one : null;

    public GraphValue? Constant(string name) => values.GetValueOrDefault(name) is { IsConstant: true } constant ? constant : null;

    public Tensor Read(TensorProto tensor)
    {
        Take(file.ByteLength(tensor)); // several may be the same part of a file beside this one
        return file.Read(tensor);
    }

    public void Take(long bytes) => file.Budget.Take(bytes);

    public Parameter ParameterOf(TensorProto stored)
    {
        file.MustHold(stored);
        var target = new Parameter(empty([.. stored.Dims]));
        unread.Add((target, stored));
        return target;
    }

    public void Define(string name, GraphValue value)
    {
        if (name.Length > 0 && !values.TryAdd(name, value.Named(name)))
        {
            throw new NodeException($"makes {Printable.Name(name)}, which is there already");
        }

        if (value.Slot > 0)
        {
            called.TryAdd(value.Slot, name);
        }
    }

    public GraphValue Layer(GraphNode node, nn.Module module, long[] shape, GraphValue[] takes)
    {
        foreach (Tensor own in module.parameters().Concat(module.buffers()))
        {
            Take(own.numel() * own.element_size());
            own.DetachFromDisposeScope();
        }

        steps.Add((module, node.Path, current, [.. takes.Select(t => t.Slot)], shape, [.. takes.Select(t => t.Name)]));
        _ = Shapes.Count(shape);
        return GraphValue.Computed(shape, steps.Count);
    }

    public (GraphValue Values, GraphValue Places) Pair(GraphNode node, nn.Module module, long[] shape, long[] plane, GraphValue x)
    {
        GraphValue values = Layer(node, module, shape, [x]);
        _ = Layer(node, module, shape, [values]);
        return (values, GraphValue.Places(shape, steps.Count, plane));
    }

    public void Absorb(NodeProto next, GraphValue value)
    {
        absorbed.Add(next);
        Define(next.Outputs[0], value);
        called[value.Slot] = next.Outputs[0]; // what the node alone makes is no longer there
    }

    private void Run()
    {
        ReadInputs();
        List<(NodeProto Node, int Index)> order = Order();
        foreach ((NodeProto node, int index) in order)
        {
            current = index;
            if (!absorbed.Contains(node))
            {
                Import(node, index);
            }
        }

        if (problems.Count > 0)
        {
            throw new ZooException($"{file.Name}: cannot be imported; {(problems.Count == 1 ? "this is" : $"{problems.Count} things are")} lacking: "
                + string.Join("; ", problems.Take(ListedProblems)) + (problems.Count > ListedProblems ? "; …" : "") + ".");
        }

        Output = values.GetValueOrDefault(graph.Outputs[0].Name) is { IsConstant: false, Slot: > 0, Plane: null } made
            ? made
            : throw Damaged($"its output {Printable.Name(graph.Outputs[0].Name)} is not computed from the input");
        string[] names = LeafNames.Distinct([.. steps.Select(s => (s.Path, s.Module.GetType().Name.ToLowerInvariant()))]);
        Steps = [.. steps.Select((s, i) => new GraphStep(s.Module, names[i], s.Node, s.Takes, s.Shape)
        {
            From = s.From,
            Made = called.GetValueOrDefault(i + 1),
            IsSecond = i > 0 && ReferenceEquals(s.Module, steps[i - 1].Module),
        })];
    }

    private void ReadInputs()
    {
        foreach (TensorProto tensor in graph.Initializers)
        {
            if (!initializers.TryAdd(tensor.Name, tensor))
            {
                throw Damaged($"two initializers are called {Printable.Name(tensor.Name)}");
            }

            values[tensor.Name] = OfTensor(tensor);
        }

        if (graph.Outputs.Count == 0)
        {
            throw Damaged("the graph has no output");
        }

        if (graph.Outputs.Count > 1)
        {
            Notes.Add($"of its {graph.Outputs.Count} outputs the first, {Printable.Name(graph.Outputs[0].Name)}, is taken");
        }

        ValueInfoProto[] inputs = [.. graph.Inputs.Where(i => !initializers.ContainsKey(i.Name))];
        ValueInfoProto input = inputs is [var one] ? one
            : throw new ZooException($"{file.Name}: has {inputs.Length} inputs ({string.Join(", ", inputs.Take(5).Select(i => Printable.Name(i.Name)))}); a "
                + "network with one is supported only.");
        InputShape = ShapeOf(input);
        values[input.Name] = GraphValue.Computed(InputShape, 0).Named(input.Name);
    }

    private long[] ShapeOf(ValueInfoProto input)
    {
        TensorTypeProto type = input.Type?.TensorType ?? throw Damaged($"its input {Printable.Name(input.Name)} is no tensor");
        if (type.ElemType is not (OnnxType.Float or OnnxType.Float16 or OnnxType.BFloat16 or OnnxType.Double))
        {
            throw new ZooException($"{file.Name}: takes elements of type {Printable.Plain(type.ElemType.ToString())}; floating-point inputs are supported "
                + "only.");
        }

        List<DimensionProto> dims = type.Shape?.Dims ?? throw Damaged($"the shape of its input {Printable.Name(input.Name)} is missing");
        long[] shape = [.. dims.Select((d, i) => i == 0 ? Shapes.Batch : d.DimValue is > 0 and var n ? n : 0)];
        if (shape.Length == 4)
        {
            (shape[2], shape[3]) = (sizes.Height ?? shape[2], sizes.Width ?? shape[3]);
            if (shape[2] == 0 || shape[3] == 0)
            {
                (shape[2], shape[3]) = (OnnxModel.UsualSize, OnnxModel.UsualSize);
                Notes.Add($"its input's size is open: built for {OnnxModel.UsualSize}×{OnnxModel.UsualSize}");
            }
        }

        return shape.Length is > 0 and <= Shapes.MostDimensions && Array.TrueForAll(shape, n => n is > 0 and <= 1 << 24)
            ? shape
            : throw new ZooException($"{file.Name}: its input {Printable.Name(input.Name)} is {Shapes.Text(shape)}; sizes other than the batch, height and "
                + "width must be given.");
    }

    /// <summary>The batch that the graph was written for, where that is a number: it may stand in the shapes of a Reshape.</summary>
    public long? WrittenBatch => graph.Inputs.Find(i => !initializers.ContainsKey(i.Name))?.Type?.TensorType?.Shape?.Dims is [{ DimValue: > 0 and var n }, ..]
        ? n : null;

    // The nodes that the output needs, each after those that it takes from.
    private List<(NodeProto Node, int Index)> Order()
    {
        if (graph.Nodes.Count > MostNodes)
        {
            throw new ZooException($"{file.Name}: has {graph.Nodes.Count} nodes; at most {MostNodes} are supported.");
        }

        Dictionary<string, int> makers = new(StringComparer.Ordinal);
        for (int i = 0; i < graph.Nodes.Count; i++)
        {
            foreach (string name in graph.Nodes[i].Outputs.Where(name => name.Length > 0))
            {
                if (values.ContainsKey(name) || !makers.TryAdd(name, i))
                {
                    throw Damaged($"{Printable.Name(name)} is made twice");
                }
            }
        }

        List<(NodeProto, int)> order = [];
        byte[] state = new byte[graph.Nodes.Count]; // 1: under way, 2: done
        var stack = new Stack<(int Node, int Next)>();
        Push(outputs.First());
        while (stack.TryPop(out var top))
        {
            NodeProto node = graph.Nodes[top.Node];
            if (top.Next < node.Inputs.Count)
            {
                stack.Push((top.Node, top.Next + 1));
                Push(node.Inputs[top.Next]);
                continue;
            }

            state[top.Node] = 2;
            order.Add((node, top.Node));
            foreach (string name in node.Inputs.Where(name => name.Length > 0))
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(consumers, name, out _) ??= []).Add(node);
            }
        }

        // In the file's order where that is one in which they can run: PyTorch's is that of its forward.
        List<(NodeProto Node, int Index)> written = [.. order.OrderBy(n => n.Item2)];
        HashSet<string> made = [.. values.Keys];
        return written.TrueForAll(n => n.Node.Inputs.All(i => i.Length == 0 || made.Contains(i)) && n.Node.Outputs.All(o => made.Add(o) || o.Length == 0))
            ? written
            : order;

        void Push(string name)
        {
            if (name.Length == 0 || values.ContainsKey(name))
            {
                return;
            }

            int maker = makers.TryGetValue(name, out int found) ? found : throw Damaged($"nothing makes {Printable.Name(name)}");
            if (state[maker] == 1)
            {
                throw Damaged($"the node that makes {Printable.Name(name)} depends on itself");
            }

            if (state[maker] == 0)
            {
                state[maker] = 1;
                stack.Push((maker, 0));
            }
        }
    }

    private void Import(NodeProto node, int index)
    {
        bool supported = node.Domain is "" or "ai.onnx" && (OperatorTable.Find(node.OpType) is not null || ConstantOperators.Knows(node.OpType));
        if (!supported)
        {
            Lacks(node, "is not supported");
            return;
        }

        GraphValue?[] inputs = [.. node.Inputs.Select(name => name.Length == 0 ? null : values.GetValueOrDefault(name))];
        if (node.Inputs.Where((name, i) => name.Length > 0 && inputs[i] is null).Any() || node.Outputs.Count == 0)
        {
            Fail(node);
            return;
        }

        try
        {
            using DisposeScope scope = NewDisposeScope();
            var reading = new GraphNode(this, node, index, opset, inputs);
            if (!ConstantOperators.TryFold(reading, inputs, out Tensor? folded))
            {
                (OperatorTable.Find(node.OpType) ?? throw new NodeException("is supported for constants only"))(reading);
            }
            else
            {
                scope.MoveToOuter(folded);
                Define(node.Outputs[0], GraphValue.Of(folded, inputs.Any(i => i?.Learned == true)));
            }

            reading.MustBeRead();
        }
        catch (NodeException error)
        {
            Lacks(node, error.Message);
        }
        catch (Exception error) when (error is ExternalException or ArgumentException or OverflowException)
        {
            Lacks(node, $"does not fit together ({TorchError.Summary(error)})");
        }
    }

    private void Lacks(NodeProto node, string what)
    {
        string name = node.Name.Length > 0 ? node.Name : node.Outputs.FirstOrDefault() ?? "";
        string domain = node.Domain.Length > 0 ? $"{Printable.Plain(node.Domain)}." : "";
        string set = domain.Length > 0 && domain != "ai.onnx." ? "" : $" (opset {opset})";
        problems.Add($"{domain}{Printable.Plain(node.OpType)}{set} at {Printable.Name(name)} {what}");
        Fail(node);
    }

    private void Fail(NodeProto node)
    {
        foreach (string name in node.Outputs.Where(name => name.Length > 0))
        {
            values.TryAdd(name, null);
        }
    }

    private GraphValue OfTensor(TensorProto tensor)
    {
        Tensor? kept = null;
        return GraphValue.Read(tensor, () =>
        {
            if (kept is not null)
            {
                return kept.alias();
            }

            Tensor read = file.Read(tensor);
            if (read.numel() <= SmallConstant)
            {
                kept = read.DetachFromDisposeScope();
                small.Add(kept);
                return kept.alias();
            }

            return read;
        });
    }

    private static int Opset(OnnxFile file)
    {
        OperatorSetIdProto[] sets = [.. file.Model.OpsetImport.Where(o => o.Domain is "" or "ai.onnx")];
        return sets is [var one] ? one.Version is >= OnnxModel.OldestOpset and <= OnnxModel.NewestOpset
                ? (int)one.Version
                : throw new ZooException($"{file.Name}: is of opset {one.Version}; {OnnxModel.OldestOpset} to {OnnxModel.NewestOpset} are supported. Convert "
                    + "it with onnx.version_converter, or export it anew.")
            : throw new ZooException($"{file.Name}: {(sets.Length == 0 ? "does not say which version" : "uses two versions")}"
                + $" of ONNX's operators{(sets.Length == 0 ? " it uses" : "")}. "
                + OnnxFile.Advice);
    }

    private ZooException Damaged(string what) => new($"{file.Name}: {what}. {OnnxFile.Advice}");
}
