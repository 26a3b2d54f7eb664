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
        using Tensor weight = Matrix(node, transposed, x.Shape[1]);
        Tensor? bias = null;
        if (node.Has(2) && beta != 0)
        {
            Tensor given = node.Weight(2);
            bias = given.numel() == 1 || (given.numel() == weight.shape[0] && given.shape[^1] == given.numel())
                ? given.reshape(-1).expand(weight.shape[0]).mul(beta)
                : throw new NodeException($"has {Shapes.Text(given.shape)} as input 3, where one number for each output is supported only");
        }

        Make(node, x, alpha == 1 ? weight : weight.mul(alpha), bias, null);
    }

    public static void MatMul(GraphNode node)
    {
        GraphValue x = node.Computed();
        if (x.Rank < 2)
        {
            throw new NodeException($"takes {Shapes.Text(x.Shape)}; at least two dimensions are supported only");
        }

        using Tensor weight = Matrix(node, transposed: false, x.Shape[^1]);
        (NodeProto? add, Tensor? bias) = BiasOf(node, weight.shape[0]);
        Make(node, x, weight, bias, add);
    }

    // [out,in], as torch has it.
    private static Tensor Matrix(GraphNode node, bool transposed, long features)
    {
        Tensor given = node.Weight(1);
        Tensor weight = given.dim() == 2 ? transposed ? given : given.t()
            : throw new NodeException($"has {Shapes.Text(given.shape)} as input 2, where a matrix is supported only");
        return weight.shape[1] == features && weight.shape[0] > 0 ? weight
            : throw new NodeException($"has weights for {weight.shape[1]} features, but takes {features}");
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

    private static void Make(GraphNode node, GraphValue x, Tensor weight, Tensor? bias, NodeProto? absorbed)
    {
        long outputs = node.Classes ?? weight.shape[0];
        Linear layer = nn.Linear(weight.shape[1], outputs, bias is not null);
        if (node.Classes is null)
        {
            Weights.Fill(layer.weight, weight.alias(), 1);
            if (bias is not null)
            {
                Weights.Fill(layer.bias!, bias, 2);
            }
        }

        GraphValue y = node.Layer(layer, [.. x.Shape[..^1], outputs], x);
        node.Gives(0, y);
        if (absorbed is not null)
        {
            node.Absorb(absorbed, y);
        }
    }
}
