using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>Gemm and MatMul with constant weights.</summary>
internal static class LinearOperators
{
    public static void Gemm(GraphNode node)
    {
        GraphValue x = node.Computed(0, 2);
        node.Must("transA", !node.Flag("transA"), "a transposed input");
        bool transposed = node.Flag("transB");
        (double alpha, double beta) = (node.Real("alpha", 1), node.Real("beta", 1));
        long outputs = Outputs(node, transposed, x.Shape[1]);
        Tensor? bias = null;
        if (node.Has(2) && beta != 0)
        {
            Tensor given = node.Weight(2);
            bias = given.numel() == 1 || (given.numel() == outputs && given.shape[^1] == given.numel())
                ? given.reshape(-1).expand(outputs).mul(beta)
                : throw new NodeException($"has {Shapes.Text(given.shape)} as input 3, where one number for each output is supported only");
        }

        Make(node, x, Weight(node, transposed, x.Shape[1], outputs, alpha), bias, null);
    }

    public static void MatMul(GraphNode node)
    {
        GraphValue x = node.Computed();
        if (x.Rank < 2)
        {
            throw new NodeException($"takes {Shapes.Text(x.Shape)}; at least two dimensions are supported only");
        }

        long outputs = Outputs(node, transposed: false, x.Shape[^1]);
        (NodeProto? add, Tensor? bias) = BiasOf(node, outputs);
        Make(node, x, Weight(node, transposed: false, x.Shape[^1], outputs, 1), bias, add);
    }

    private static long Outputs(GraphNode node, bool transposed, long features)
    {
        long[] given = node.ConstantShape(1);
        (long outputs, long takes) = given is [var rows, var columns] ? transposed ? (rows, columns) : (columns, rows)
            : throw new NodeException($"has {Shapes.Text(given)} as input 2, where a matrix is supported only");
        return takes == features && outputs > 0 ? outputs : throw new NodeException($"has weights for {takes} features, but takes {features}");
    }

    // [out,in], as torch has it.
    private static Parameter Weight(GraphNode node, bool transposed, long features, long outputs, double alpha)
    {
        if (node.Classes is { } classes)
        {
            return new Parameter(zeros(classes, features));
        }

        if (transposed && alpha == 1)
        {
            return Weights.Of(node, 1, outputs, features);
        }

        Tensor given = node.Weight(1);
        var weight = new Parameter(empty(outputs, features));
        weight.copy_(transposed ? given : given.t());
        return alpha == 1 ? weight : new Parameter(weight.mul(alpha));
    }

    // MatMul and then Add of one number for each output is a linear layer.
    private static (NodeProto? Add, Tensor? Bias) BiasOf(GraphNode node, long outputs)
    {
        if (node.Next() is not { OpType: "Add", Domain: "" or "ai.onnx", Inputs.Count: 2, Outputs.Count: 1 } add)
        {
            return (null, null);
        }

        GraphValue? other = node.Constant(add.Inputs[0]) ?? node.Constant(add.Inputs[1]);
        return other?.Shape is [var length] && length == outputs && add.Attributes.Count == 0 && other.Constant() is var bias && bias.is_floating_point()
            ? (add, bias)
            : (null, null);
    }

    private static void Make(GraphNode node, GraphValue x, Parameter weight, Tensor? bias, NodeProto? absorbed)
    {
        Parameter? own = bias is null ? null : new Parameter(node.Classes is { } classes ? zeros(classes) : bias.to_type(ScalarType.Float32).clone());
        Linear layer = nn.Linear(weight, own);
        GraphValue y = node.Layer(layer, [.. x.Shape[..^1], weight.shape[0]], x);
        node.Gives(0, y);
        if (absorbed is not null)
        {
            node.Absorb(absorbed, y);
        }
    }
}
