using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>
/// Computes what depends on constants and shapes alone, so that it becomes a constant: the arithmetic that exporters write out for a reshape, transposed
/// weights and the like.
/// </summary>
internal static class ConstantOperators
{
    private const long MostElements = 1 << 20;

    private static readonly Dictionary<string, Func<GraphNode, Tensor[], Tensor>> Rows = new(StringComparer.Ordinal)
    {
        ["Identity"] = static (_, x) => x[0].alias(),
        ["Cast"] = Cast,
        ["Add"] = static (_, x) => x[0].add(x[1]),
        ["Sub"] = static (_, x) => x[0].sub(x[1]),
        ["Mul"] = static (_, x) => x[0].mul(x[1]),
        ["Div"] = static (_, x) => x[0].is_floating_point() ? x[0].div(x[1]) : Quotient(x[0], x[1]),
        ["Pow"] = static (_, x) => x[0].pow(x[1]),
        ["Neg"] = static (_, x) => x[0].neg(),
        ["Sqrt"] = static (_, x) => x[0].sqrt(),
        ["Floor"] = static (_, x) => x[0].floor(),
        ["Ceil"] = static (_, x) => x[0].ceil(),
        ["Equal"] = static (_, x) => x[0].eq(x[1]),
        ["Greater"] = static (_, x) => x[0].gt(x[1]),
        ["Less"] = static (_, x) => x[0].lt(x[1]),
        ["Not"] = static (_, x) => x[0].logical_not(),
        ["Where"] = static (_, x) => where(x[0].to_type(ScalarType.Bool), x[1], x[2]),
        ["Max"] = static (_, x) => x.Aggregate(static (a, b) => maximum(a, b)),
        ["Min"] = static (_, x) => x.Aggregate(static (a, b) => minimum(a, b)),
        ["Concat"] = static (node, x) => cat(x, GraphNode.Axis(node.Int("axis") ?? 0, (int)x[0].dim())),
        ["Squeeze"] = Squeeze,
        ["Unsqueeze"] = Unsqueeze,
        ["Reshape"] = Reshape,
        ["Flatten"] = Flatten,
        ["Transpose"] = static (node, x) => x[0].permute(node.Ints("perm") ?? [.. Enumerable.Range(0, (int)x[0].dim()).Reverse().Select(i => (long)i)]),
        ["Gather"] = Gather,
        ["Slice"] = Slice,
        ["ReduceProd"] = ReduceProd,
        ["Range"] = Range,
        ["ConstantOfShape"] = ConstantOfShape,
        ["Expand"] = Expand,
        ["Constant"] = Constant,
    };

    /// <summary>Whether an operator can be computed of constants, or of a shape.</summary>
    public static bool Knows(string opType) => opType is "Shape" or "Size" || Rows.ContainsKey(opType);

    /// <summary>Computes the first output, where everything that it depends on is constant.</summary>
    public static bool TryFold(GraphNode node, GraphValue?[] inputs, [NotNullWhen(true)] out Tensor? folded)
    {
        folded = null;
        if (node.OpType is "Shape" or "Size")
        {
            folded = ShapeOf(node);
            return true;
        }

        if (!Rows.TryGetValue(node.OpType, out var compute) || inputs.Any(i => i is { IsConstant: false }))
        {
            return false;
        }

        if (node.OutputCount != 1)
        {
            throw new NodeException($"has {node.OutputCount} outputs");
        }

        Tensor[] constants = [.. inputs.TakeWhile(i => i is not null).Select(i => i!.Constant())];
        (int least, int most) = Inputs(node.OpType);
        if (constants.Length < least || inputs.Length > most)
        {
            throw new NodeException($"has {inputs.Length} inputs");
        }

        using IDisposable none = no_grad();
        node.Take(Bytes(node.OpType, constants));
        folded = compute(node, constants).alias();
        return true;
    }

    // At most what the result takes, or keeps alive of what it is a view of; what makes other sizes than these limits them itself.
    private static long Bytes(string opType, Tensor[] x)
    {
        const int Widest = sizeof(long);
        return checked(Widest * opType switch
        {
            "Concat" => x.Sum(t => t.numel()),
            "Add" or "Sub" or "Mul" or "Div" or "Pow" or "Equal" or "Greater" or "Less" or "Where" or "Max" or "Min" => Shapes.Count(x.Aggregate(
                Array.Empty<long>(), static (shape, t) => Shapes.Broadcast(shape, t.shape) ?? throw new NodeException("joins shapes that do not fit"))),
            "Gather" or "ReduceProd" or "Range" or "ConstantOfShape" or "Expand" or "Constant" => 0,
            _ => x[0].numel(),
        });
    }

    private static (int Least, int Most) Inputs(string opType) => opType switch
    {
        "Constant" => (0, 0),
        "Where" or "Range" => (3, 3),
        "Add" or "Sub" or "Mul" or "Div" or "Pow" or "Equal" or "Greater" or "Less" or "Gather" or "Expand" or "Reshape" => (2, 2),
        "Max" or "Min" or "Concat" => (1, 1024),
        "Squeeze" or "Unsqueeze" or "ReduceProd" => (1, 2),
        "Slice" => (1, 5),
        _ => (1, 1),
    };

    private static Tensor ShapeOf(GraphNode node)
    {
        long[] shape = node.Input(0).Shape;
        if (node.OpType == "Size")
        {
            return tensor(Shapes.Count(shape));
        }

        int start = Clamp(node.Int("start") ?? 0), end = Clamp(node.Int("end") ?? shape.Length);
        return tensor(shape[start..Math.Max(start, end)]);

        int Clamp(long place) => (int)Math.Clamp(place < 0 ? Math.Max(place, -shape.Length) + shape.Length : place, 0, shape.Length);
    }

    private static Tensor Cast(GraphNode node, Tensor[] x)
    {
        node.Ignore("saturate");
        ScalarType type = TensorElements.TorchType((OnnxType)(node.Int("to") ?? 0)) ?? throw new NodeException("has a target type that is not supported");
        return x[0].to_type(type);
    }

    // Toward zero, and never by zero, which ends a process.
    private static Tensor Quotient(Tensor a, Tensor b) => b.eq(0).any().item<bool>()
        ? throw new NodeException("divides by zero")
        : a.div(b, RoundingMode.trunc);

    private static Tensor Squeeze(GraphNode node, Tensor[] x)
    {
        long[]? axes = node.Axes(13, (int)x[0].dim());
        return x[0].reshape([.. x[0].shape.Where((n, i) => axes is null ? n != 1 : !axes.Contains(i))]);
    }

    private static Tensor Unsqueeze(GraphNode node, Tensor[] x)
    {
        long[] given = (node.Opset < 13 ? node.Ints("axes") : node.Longs(1)) ?? throw new NodeException("has no axes");
        int rank = (int)x[0].dim() + given.Length;
        return rank > Shapes.MostDimensions
            ? throw new NodeException($"makes {rank} dimensions")
            : given.Select(a => GraphNode.Axis(a, rank)).Order().Aggregate(x[0], static (t, axis) => t.unsqueeze(axis));
    }

    private static Tensor Reshape(GraphNode node, Tensor[] x)
    {
        long[] shape = node.Longs(1);
        bool zeros = node.Flag("allowzero");
        return x[0].reshape([.. shape.Select((n, i) => n == 0 && !zeros && i < x[0].dim() ? x[0].shape[i] : n)]);
    }

    private static Tensor Flatten(GraphNode node, Tensor[] x)
    {
        int axis = (int)Math.Clamp(node.Int("axis") ?? 1, 0, x[0].dim());
        return x[0].reshape(Shapes.Count(x[0].shape[..axis]), Shapes.Count(x[0].shape[axis..]));
    }

    private static Tensor Gather(GraphNode node, Tensor[] x)
    {
        long axis = GraphNode.Axis(node.Int("axis") ?? 0, (int)x[0].dim()), size = x[0].shape[axis];
        Tensor flat = x[1].to_type(ScalarType.Int64).reshape(-1), indices = where(flat.lt(0), flat.add(size), flat);
        Limit(Shapes.Count(x[0].shape) / Math.Max(1, size) * indices.numel());
        if (indices.lt(0).any().item<bool>() || indices.ge(size).any().item<bool>())
        {
            throw new NodeException($"takes an index that a dimension of {size} has not");
        }

        return x[0].index_select(axis, indices).reshape([.. x[0].shape[..(int)axis], .. x[1].shape, .. x[0].shape[((int)axis + 1)..]]);
    }

    private static Tensor Slice(GraphNode node, Tensor[] x)
    {
        Tensor y = x[0];
        foreach ((int axis, long start, long end, long step) in PartOperators.Ranges(node, x[0].shape))
        {
            y = step > 0 ? y.slice(axis, start, Math.Max(start, end), step) : throw new NodeException($"takes steps of {step}");
        }

        return y.clone(); // a view would keep all of it
    }

    private static Tensor ReduceProd(GraphNode node, Tensor[] x)
    {
        bool keep = node.Flag("keepdims", usual: true);
        node.Must("axes", node.Axes(18, (int)x[0].dim()) is null || x[0].dim() == 1, "axes");
        Tensor product = x[0].prod();
        return keep ? product.reshape([.. x[0].shape.Select(_ => 1L)]) : product;
    }

    private static Tensor Range(GraphNode node, Tensor[] x)
    {
        (double start, double end, double step) = (node.Real(0), node.Real(1), node.Real(2));
        double count = Math.Ceiling((end - start) / step);
        Limit(double.IsFinite(count) ? (long)Math.Min(Math.Max(count, 0), long.MaxValue / 2) : long.MaxValue / 2);
        return arange(start, Math.Max(count, 0) * step + start, step, dtype: x[0].dtype);
    }

    private static Tensor ConstantOfShape(GraphNode node, Tensor[] x)
    {
        long[] shape = node.Longs(0);
        Limit(shape.Length > Shapes.MostDimensions || shape.Any(n => n < 0) ? long.MaxValue : Shapes.Count(shape));
        if (node.Tensor("value") is not { } value)
        {
            return zeros(shape);
        }

        Tensor one = node.Read(value);
        return one.numel() == 1 ? one.reshape(1).expand(shape).clone() : throw new NodeException("has several values");
    }

    private static Tensor Expand(GraphNode node, Tensor[] x)
    {
        long[] shape = Shapes.Broadcast(x[0].shape, node.Longs(1)) ?? throw new NodeException("has a shape that does not fit");
        Limit(shape.Length > Shapes.MostDimensions || shape.Any(n => n < 0) ? long.MaxValue : Shapes.Count(shape));
        return x[0].expand(shape);
    }

    private static Tensor Constant(GraphNode node, Tensor[] x)
    {
        if (node.Tensor("value") is { } value)
        {
            return node.Read(value);
        }

        return node.Int("value_int") is { } whole ? tensor(whole)
            : node.Ints("value_ints") is { } wholes ? tensor(wholes)
            : node.Reals("value_floats") is { } reals ? tensor(Array.ConvertAll(reals, r => (float)r))
            : tensor((float)(node.Real("value_float", double.NaN) is var real && double.IsFinite(real)
                ? real
                : throw new NodeException("has no value that is supported")));
    }

    private static void Limit(long elements)
    {
        if (elements > MostElements)
        {
            throw new NodeException($"makes a constant of {elements} elements");
        }
    }
}
