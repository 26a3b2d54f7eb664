using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>Functions of each element, and softmax.</summary>
internal static class ActivationOperators
{
    public static void Relu(GraphNode node) => Keep(node, nn.ReLU());

    public static void LeakyRelu(GraphNode node) => Keep(node, nn.LeakyReLU(node.Real("alpha", 0.01)));

    /// <summary>The logistic function; with the product of its input and its output behind it, SiLU.</summary>
    public static void Sigmoid(GraphNode node)
    {
        GraphValue x = node.Computed();
        if (x.Name is { } name && node.Next() is { OpType: "Mul", Domain: "" or "ai.onnx", Inputs: [var a, var b], Outputs.Count: 1 } product
            && (a == name || b == name) && a != b)
        {
            GraphValue y = node.Layer(nn.SiLU(), x.Shape, x);
            node.Gives(0, y);
            node.Absorb(product, y);
            return;
        }

        Keep(node, nn.Sigmoid());
    }

    public static void Tanh(GraphNode node) => Keep(node, nn.Tanh());

    public static void HardSwish(GraphNode node) => Keep(node, nn.Hardswish());

    public static void Elu(GraphNode node) => Keep(node, nn.ELU(node.Real("alpha", 1)));

    public static void Softplus(GraphNode node) => Keep(node, nn.Softplus());

    public static void Softsign(GraphNode node) => Keep(node, nn.Softsign());

    public static void Mish(GraphNode node) => Keep(node, nn.Mish());

    public static void Neg(GraphNode node) => Keep(node, new Negate());

    public static void Function(GraphNode node) => Keep(node, new ElementFunction(Enum.Parse<ElementFunctionKind>(node.OpType)));

    public static void HardSigmoid(GraphNode node)
    {
        (double alpha, double beta) = (node.Real("alpha", 0.2), node.Real("beta", 0.5));
        Keep(node, Math.Abs(alpha - (1.0 / 6)) < 1e-7 && beta == 0.5 ? nn.Hardsigmoid() : new HardLogistic(alpha, beta));
    }

    public static void Selu(GraphNode node)
    {
        node.Must("alpha", Math.Abs(node.Real("alpha", 1.67326319217681884765625) - 1.6732632) < 1e-6, "another alpha than SELU's");
        node.Must("gamma", Math.Abs(node.Real("gamma", 1.05070102214813232421875) - 1.0507010) < 1e-6, "another gamma than SELU's");
        Keep(node, nn.SELU());
    }

    public static void Gelu(GraphNode node)
    {
        string approximate = node.Text("approximate", "none");
        node.Must("approximate", approximate == "none", $"the approximation {Printable.Name(approximate)}");
        Keep(node, nn.GELU());
    }

    public static void PRelu(GraphNode node)
    {
        GraphValue x = node.Computed();
        using Tensor slope = node.Weight(1);
        long[] shape = slope.shape;
        bool perChannel = x.Rank > 2 && shape.Length == x.Rank - 1 && shape[0] == x.Shape[1] && shape.Skip(1).All(n => n == 1);
        node.Must("slope", slope.numel() == 1 || perChannel || (x.Rank == 2 && shape is [var n] && n == x.Shape[1]),
            $"a slope of {Shapes.Text(shape)} for {Shapes.Text(x.Shape)}");
        PReLU layer = nn.PReLU(slope.numel());
        Weights.Fill(layer.weight, slope.reshape(-1), 1);
        node.Gives(0, node.Layer(layer, x.Shape, x));
    }

    public static void Clip(GraphNode node)
    {
        (double least, double most) = node.Opset < 11
            ? (node.Real("min", double.NegativeInfinity), node.Real("max", double.PositiveInfinity))
            : (node.Has(1) ? node.Real(1) : double.NegativeInfinity, node.Has(2) ? node.Real(2) : double.PositiveInfinity);
        Keep(node, (least, most) switch
        {
            (0, 6) => nn.ReLU6(),
            (0, double.PositiveInfinity) => nn.ReLU(),
            _ => new Clip((float)least, (float)most), // what single precision compares with
        });
    }

    public static void Softmax(GraphNode node) => Softmax(node, static dim => nn.Softmax(dim));

    public static void LogSoftmax(GraphNode node) => Softmax(node, static dim => nn.LogSoftmax(dim));

    private static void Softmax(GraphNode node, Func<long, nn.Module> over)
    {
        GraphValue x = node.Computed();
        long axis = GraphNode.Axis(node.Int("axis") ?? (node.Opset < 13 ? 1 : -1), x.Rank);
        if (node.Opset >= 13 || axis == x.Rank - 1)
        {
            node.Gives(0, node.Layer(over(axis), x.Shape, x));
            return;
        }

        // Up to opset 12 it goes over all dimensions from the axis on.
        long[] flat = [Shapes.Count(x.Shape[..(int)axis]), Shapes.Count(x.Shape[(int)axis..])];
        GraphValue rows = ShapeOperators.Reshaped(node, x, flat);
        node.Gives(0, ShapeOperators.Reshaped(node, node.Layer(over(1), flat, rows), x.Shape));
    }

    private static void Keep(GraphNode node, nn.Module layer)
    {
        GraphValue x = node.Computed();
        node.Gives(0, node.Layer(layer, x.Shape, x));
    }
}
