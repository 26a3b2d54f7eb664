using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using ModelZoo.Onnx;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Onnx;

/// <summary>Writes small graphs and runs them with ONNX Runtime.</summary>
internal sealed class OnnxGraphs
{
    private readonly Random random;

    public OnnxGraphs(int opset, int seed = 1)
    {
        random = new Random(seed);
        Model = new ModelProto { IrVersion = opset >= 21 ? 10 : opset >= 15 ? 8 : 7, Graph = new() { Name = "g" } };
        Model.OpsetImport.Add(new() { Version = opset });
    }

    public ModelProto Model { get; }

    public GraphProto Graph => Model.Graph!;

    public float[] Values(long count, double least = -1, double most = 1) =>
        [.. Enumerable.Range(0, (int)count).Select(_ => (float)(least + (random.NextDouble() * (most - least))))];

    public OnnxGraphs Input(params object[] shape)
    {
        Graph.Inputs.Add(ValueInfoProto.Of("x", OnnxType.Float, shape));
        return this;
    }

    public OnnxGraphs Weight(string name, params long[] shape) => Weight(name, -1, 1, shape);

    public OnnxGraphs Weight(string name, double least, double most, params long[] shape) =>
        Weight(name, Values(shape.Aggregate(1L, (a, b) => a * b), least, most), shape);

    public OnnxGraphs Weight(string name, float[] values, params long[] shape)
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxType.Float };
        tensor.FloatData.AddRange(values);
        tensor.Dims.AddRange(shape);
        Graph.Initializers.Add(tensor);
        return this;
    }

    public OnnxGraphs Longs(string name, params long[] values)
    {
        Graph.Initializers.Add(TensorElements.ToProto(name, (IReadOnlyList<long>)values));
        return this;
    }

    /// <param name="op">The operator.</param>
    /// <param name="wires">"x w b -> y": its inputs and outputs; "_" is none.</param>
    /// <param name="attributes">Its attributes.</param>
    public OnnxGraphs Node(string op, string wires, params AttributeProto[] attributes)
    {
        string[] ends = wires.Split(" -> ");
        var node = new NodeProto { OpType = op };
        node.Inputs.AddRange(ends[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => n == "_" ? "" : n));
        node.Outputs.AddRange(ends[1].Split(' '));
        node.Attributes.AddRange(attributes);
        Graph.Nodes.Add(node);
        return this;
    }

    public byte[] Bytes(string output = "y")
    {
        if (Graph.Outputs.Count == 0)
        {
            Graph.Outputs.Add(new() { Name = output, Type = new() { TensorType = new() { ElemType = OnnxType.Float } } });
        }

        return OnnxFile.ToBytes(Model);
    }

    /// <summary>What the layers that are made of a graph compute, and what ONNX Runtime does.</summary>
    public static (float[] Ours, float[] Theirs, long[] Shape) Both(byte[] bytes, long[] shape, float[] x)
    {
        using var scope = NewDisposeScope();
        using IDisposable none = no_grad();
        using OnnxFile file = OnnxFile.Parse(bytes, "graph.onnx");
        GraphBuilder built = GraphBuilder.Build(file, new GraphSizes());
        using var network = new OnnxNetwork("graph", built.Steps, built.Output.Slot);
        network.eval();
        using TorchSharp.torch.Tensor y = network.call(tensor(x, shape));
        long[] said = [.. built.Output.Shape.Select(n => Shapes.HasBatch(n) ? n / Shapes.Batch * shape[0] : n)];
        Assert.Equal(said, y.shape);
        return (y.contiguous().data<float>().ToArray(), Run(bytes, shape, x), y.shape);
    }

    public static float[] Run(byte[] bytes, long[] shape, float[] x)
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            IntraOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        using var session = new InferenceSession(bytes, options);
        using var results = session.Run([NamedOnnxValue.CreateFromTensor(session.InputNames[0],
            new DenseTensor<float>(x, [.. shape.Select(n => (int)n)]))]);
        return [.. results[0].AsTensor<float>().ToArray()];
    }

    /// <summary>Holds both against each other: the difference of each element against the largest.</summary>
    public static void Agree(byte[] bytes, long[] shape, float[] x, double tolerance = 2e-6)
    {
        (float[] ours, float[] theirs, _) = Both(bytes, shape, x);
        Near(ours, theirs, tolerance);
    }

    public static void Near(float[] ours, float[] theirs, double tolerance)
    {
        Assert.Equal(theirs.Length, ours.Length);
        double scale = Math.Max(1, theirs.Max(v => Math.Abs((double)v))), worst = ours.Zip(theirs, (a, b) => a == b ? 0 : Math.Abs((double)a - b)).Max();
        Assert.True(worst <= tolerance * scale, $"{worst} of {scale}");
    }
}
