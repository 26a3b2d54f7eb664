using ModelZoo.Layers;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>What joins values.</summary>
internal static class ArithmeticOperators
{
    private const int MostInputs = 1024;

    public static void Binary(GraphNode node)
    {
        BinaryOperation operation = node.OpType switch
        {
            "Add" => BinaryOperation.Add,
            "Sub" => BinaryOperation.Subtract,
            "Mul" => BinaryOperation.Multiply,
            "Div" => BinaryOperation.Divide,
            _ => BinaryOperation.Power,
        };
        node.Gives(0, Join(node, operation, node.Input(0), node.Input(1), first: 0));
    }

    public static void Several(GraphNode node)
    {
        BinaryOperation operation = node.OpType switch
        {
            "Sum" => BinaryOperation.Add,
            "Max" => BinaryOperation.Maximum,
            _ => BinaryOperation.Minimum,
        };
        GraphValue joined = node.Input(0);
        for (int i = 1; i < node.InputCount; i++)
        {
            joined = Join(node, operation, joined, node.Input(i), i - 1);
        }

        node.Gives(0, joined);
    }

    public static void Concat(GraphNode node)
    {
        if (node.InputCount is 0 or > MostInputs)
        {
            throw new NodeException($"has {node.InputCount} inputs");
        }

        GraphValue[] parts = [.. Enumerable.Range(0, node.InputCount).Select(i => node.Computed(i))];
        int axis = (int)GraphNode.Axis(node.Int("axis") ?? throw new NodeException("has no axis"), parts[0].Rank);
        long[] shape = [.. parts[0].Shape];
        shape[axis] = parts.Sum(p => p.Rank == shape.Length ? p.Shape[axis] : 0);
        if (parts.Any(p => p.Rank != shape.Length || p.Shape.Where((n, i) => i != axis && n != shape[i]).Any()) || Shapes.HasBatch(parts[0].Shape[axis]))
        {
            throw new NodeException($"joins {string.Join(" and ", parts.Select(p => Shapes.Text(p.Shape)))} along dimension {axis}");
        }

        node.Gives(0, parts.Length == 1 ? parts[0] : node.Layer(new Concat(axis), shape, parts));
    }

    private static GraphValue Join(GraphNode node, BinaryOperation operation, GraphValue a, GraphValue b, int first)
    {
        if (a.IsConstant && b.IsConstant)
        {
            throw new NodeException("joins two constants and something computed");
        }

        long[] shape = Shapes.Broadcast(a.Shape, b.Shape) ?? throw new NodeException($"joins {Shapes.Text(a.Shape)} and {Shapes.Text(b.Shape)}");
        if (a.IsConstant || b.IsConstant)
        {
            (GraphValue constant, GraphValue x) = a.IsConstant ? (a, b) : (b, a);
            using Tensor value = node.Weight(a.IsConstant ? first : first + 1);
            bool learned = constant.Learned && constant.Rank > 0 && operation is BinaryOperation.Add or BinaryOperation.Multiply;
            return node.Layer(new ConstantOperand(operation, value.clone(), a.IsConstant, learned && value.numel() > 1), shape, x);
        }

        bool same = a.Shape.SequenceEqual(b.Shape);
        nn.Module layer = operation switch
        {
            BinaryOperation.Add when same => new Add(),
            BinaryOperation.Multiply when a.Rank == b.Rank => new Multiply(),
            _ => new Elementwise(operation),
        };
        return node.Layer(layer, shape, a, b);
    }
}
