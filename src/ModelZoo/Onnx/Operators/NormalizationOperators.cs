using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>Normalizations, and dropout.</summary>
internal static class NormalizationOperators
{
    public static void Batch(GraphNode node)
    {
        GraphValue x = node.Computed();
        node.Must("spatial", node.Int("spatial") is null or 1, "statistics for every pixel");
        node.Ignore("training_mode", "is_test");
        node.Must("training_mode", !node.Flag("training_mode"), "training mode");
        for (int i = 1; i < node.OutputCount; i++)
        {
            node.Must("training_mode", !node.Gives(i), "statistics as outputs");
        }

        (long channels, double eps, double momentum) = (Channels(x), node.Real("epsilon", 1e-5), 1 - node.Real("momentum", 0.9));
        NormBase layer = x.Rank switch
        {
            4 => nn.BatchNorm2d(channels, eps, momentum),
            2 or 3 => nn.BatchNorm1d(channels, eps, momentum),
            _ => throw new NodeException($"takes {Shapes.Text(x.Shape)}; two to four dimensions are supported only"),
        };
        Weights.Fill(layer.weight, node, 1);
        Weights.Fill(layer.bias, node, 2);
        Weights.Fill(layer.running_mean, node, 3);
        Weights.Fill(layer.running_var, node, 4);
        node.Gives(0, node.Layer(layer, x.Shape, x));
    }

    public static void Instance(GraphNode node)
    {
        GraphValue x = node.Computed();
        (long channels, double eps) = (Channels(x), node.Real("epsilon", 1e-5));
        NormBase layer = x.Rank switch
        {
            4 => nn.InstanceNorm2d(channels, eps, affine: true),
            3 => nn.InstanceNorm1d(channels, eps, affine: true),
            _ => throw new NodeException($"takes {Shapes.Text(x.Shape)}; three or four dimensions are supported only"),
        };
        Weights.Fill(layer.weight, node, 1);
        Weights.Fill(layer.bias, node, 2);
        node.Gives(0, node.Layer(layer, x.Shape, x));
    }

    public static void Group(GraphNode node)
    {
        GraphValue x = node.Computed();
        node.Ignore("stash_type");
        (long channels, double eps) = (Channels(x), node.Real("epsilon", 1e-5));
        long groups = node.Int("num_groups") ?? throw new NodeException("has no num_groups");
        if (groups < 1 || channels % groups != 0 || x.Rank < 3)
        {
            throw new NodeException($"has {groups} groups for {Shapes.Text(x.Shape)}");
        }

        GroupNorm layer = nn.GroupNorm(groups, channels, eps);
        Weights.Fill(layer.weight, PerChannel(1), 1);
        Weights.Fill(layer.bias!, PerChannel(2), 2);
        node.Gives(0, node.Layer(layer, x.Shape, x));

        // Up to opset 20 there is one number for each group.
        Tensor PerChannel(int input)
        {
            Tensor given = node.Weight(input);
            return node.Opset < 21 && given.numel() == groups ? given.reshape(-1).repeat_interleave(channels / groups) : given;
        }
    }

    public static void LocalResponse(GraphNode node)
    {
        GraphValue x = node.Computed();
        long size = node.Int("size") ?? throw new NodeException("has no size");
        // torch's window of an even size begins earlier.
        node.Must("size", size > 0 && size % 2 == 1 && size < 1 << 16, $"a size of {size}: an even one lies otherwise in torch");
        LocalResponseNorm layer = nn.LocalResponseNorm(size, node.Real("alpha", 1e-4), node.Real("beta", 0.75), node.Real("bias", 1));
        node.Gives(0, node.Layer(layer, x.Rank >= 3 ? x.Shape : throw new NodeException($"takes {Shapes.Text(x.Shape)}"), x));
    }

    public static void Dropout(GraphNode node)
    {
        GraphValue x = node.Computed();
        node.Ignore("seed", "is_test");
        double ratio = node.Opset < 12 ? node.Real("ratio", 0.5) : node.Has(1) ? node.Real(1) : 0.5;
        node.Must("ratio", ratio is >= 0 and < 1, $"a ratio of {ratio}");
        node.Must("ratio", !node.Gives(1), "its mask as output");
        node.Gives(0, node.Layer(nn.Dropout(ratio), x.Shape, x));
    }

    private static long Channels(GraphValue x) => x.Rank >= 2 && !Shapes.HasBatch(x.Shape[1]) ? x.Shape[1]
        : throw new NodeException($"takes {Shapes.Text(x.Shape)}, which has no channels");
}
