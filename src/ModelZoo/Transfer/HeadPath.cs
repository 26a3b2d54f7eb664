using ModelZoo.Tracing;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>The head of a model and the layers behind it, as a model of its own: features in, logits out. The layers still belong to the model, so this is never disposed.</summary>
internal sealed class HeadPath : nn.Module<Tensor, Tensor>
{
    private readonly nn.Module<Tensor, Tensor>[] layers;

    private HeadPath(nn.Module<Tensor, Tensor>[] layers) : base(nameof(HeadPath))
    {
        this.layers = layers;
        for (int i = 0; i < layers.Length; i++)
        {
            register_module($"{i}", layers[i]);
        }
    }

    /// <summary>Follows the head's output to the model's.</summary>
    /// <param name="model">The model.</param>
    /// <param name="head">One of its layers.</param>
    /// <param name="example">A batch that the model takes.</param>
    /// <returns>Null where something other than a chain of leaf modules lies between.</returns>
    public static HeadPath? Find(nn.Module<Tensor, Tensor> model, nn.Module<Tensor, Tensor> head, Tensor example)
    {
        if (IsLast(model, head, example))
        {
            return new HeadPath([head]);
        }

        try
        {
            using Trace trace = Trace.Run(model, example);
            return Chain(trace, head) is { } chain ? new HeadPath(chain) : null;
        }
        catch (TraceException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = input;
        foreach (nn.Module<Tensor, Tensor> layer in layers)
        {
            x = layer.call(x);
        }

        return x.MoveToOuterDisposeScope();
    }

    private static bool IsLast(nn.Module<Tensor, Tensor> model, nn.Module<Tensor, Tensor> head, Tensor example)
    {
        Tensor? made = null;
        var hook = head.register_forward_hook((_, _, output) => made = output);
        try
        {
            using (no_grad())
            {
                using Tensor output = model.call(example);
                return ReferenceEquals(output, made);
            }
        }
        finally
        {
            hook.remove();
        }
    }

    private static nn.Module<Tensor, Tensor>[]? Chain(Trace trace, nn.Module head)
    {
        TraceNode? node = trace.Nodes.SingleOrDefault(n => ReferenceEquals(n.Module, head));
        List<nn.Module<Tensor, Tensor>> chain = [];
        while (node?.Module is nn.Module<Tensor, Tensor> layer)
        {
            chain.Add(layer);
            if (node.Index == trace.Output)
            {
                return [.. chain];
            }

            int index = node.Index;
            TraceNode[] next = [.. trace.Nodes.Where(n => n.Inputs.Contains(index))];
            node = next is [{ Inputs.Count: 1 }] ? next[0] : null;
        }

        return null;
    }
}
