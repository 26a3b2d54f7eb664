using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>Puts constants of the graph into the parameters and buffers of layers.</summary>
internal static class Weights
{
    /// <summary>
    /// A parameter with the values of an input, or of zeros for other logits than the file's. A tensor that is in the file as it stands is read when the
    /// network is built, straight into the parameter.
    /// </summary>
    public static Parameter Of(GraphNode node, int input, params long[] shape)
    {
        if (node.Classes is not null)
        {
            return new Parameter(zeros(shape));
        }

        if (node.Input(input) is { Stored: { DataType: OnnxType.Float or OnnxType.Double or OnnxType.Float16 or OnnxType.BFloat16 } stored } value
            && value.Shape.SequenceEqual(shape))
        {
            return node.ParameterOf(stored);
        }

        var made = new Parameter(empty(shape));
        Fill(made, node.Weight(input), input);
        return made;
    }

    /// <summary>Fills a parameter from an input; for other logits than the file's with zeros.</summary>
    public static void Fill(Tensor? target, GraphNode node, int input)
    {
        if (target is null)
        {
            return;
        }

        if (node.Classes is not null)
        {
            target.zero_();
            return;
        }

        Fill(target, node.Weight(input), input);
    }

    public static void Fill(Tensor target, Tensor source, int input)
    {
        using (source)
        {
            if (!source.shape.SequenceEqual(target.shape))
            {
                throw new NodeException($"has {Shapes.Text(source.shape)} as input {input + 1}, where {Shapes.Text(target.shape)} belongs");
            }

            target.copy_(source);
        }
    }
}
