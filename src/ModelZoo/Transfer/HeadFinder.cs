using System.Reflection;
using ModelZoo.Layers;
using ModelZoo.Registry;
using ModelZoo.Tracing;
using ModelZoo.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Finds the layer that makes a classifier's logits.</summary>
public static class HeadFinder
{
    /// <summary>
    /// The head's path. A model of the zoo names it; of any other it is the last fully connected layer or 1×1 convolution of a forward, if nothing but pooling,
    /// flattening, activations and the like lies between it and the logits.
    /// </summary>
    /// <param name="model">Any classifier: [N,…] to [N,classes].</param>
    /// <param name="example">A batch that it takes.</param>
    /// <exception cref="ZooException">The model gives no logits [N,classes], or no one layer makes them; the message says which is in the way.</exception>
    public static string Find(nn.Module<Tensor, Tensor> model, Tensor example)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(example);
        (IReadOnlyList<(string Name, nn.Module Module)> leaves, long[] output) = ForwardOrder.Of(model, example);
        if (output.Length != 2)
        {
            throw new ZooException($"{model.GetName()} gives [{string.Join(",", output)}] for a batch of {example.shape[0]}: no logits [N,classes], so it has "
                + "no classifier's head.");
        }

        return model is ZooModel zoo ? zoo.Head : Traced(model, example) ?? LastThatFits(model, leaves, output[1]);
    }

    /// <summary>The paths of the auxiliary classifiers' last layers, of a model that has any.</summary>
    public static IReadOnlyList<string> Auxiliary(nn.Module model) => (model as IAuxiliaryHeads)?.Auxiliary ?? [];

    /// <summary>The module of the auxiliary classifier that a last layer belongs to: "aux1" of "aux1.fc2".</summary>
    internal static string ClassifierOf(string layer) => layer.Contains('.', StringComparison.Ordinal) ? layer[..layer.LastIndexOf('.')] : layer;

    internal static bool CanBeHead(nn.Module module) =>
        module is Linear or RbfOutput || (module is Conv2d convolution && Array.TrueForAll(convolution.kernel_size, static k => k == 1));

    // Null where a forward calls functions, so that there is no whole trace.
    private static string? Traced(nn.Module<Tensor, Tensor> model, Tensor example)
    {
        using DisposeScope scope = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model);
        try
        {
            using Trace trace = Trace.Run(model, example);
            int index = trace.Output;
            while (index != Trace.ModelInput)
            {
                TraceNode node = trace.Nodes[index];
                if (CanBeHead(node.Module))
                {
                    return node.Name.Split('#')[0];
                }

                index = node.Inputs.Count == 1 && node.ParameterCount == 0 ? node.Inputs[0] : throw InTheWay(model, node);
            }

            throw None(model);
        }
        catch (TraceException)
        {
            return null;
        }
    }

    private static string LastThatFits(nn.Module model, IReadOnlyList<(string Name, nn.Module Module)> leaves, long classes)
    {
        (string? name, nn.Module? module) = leaves.LastOrDefault(leaf => CanBeHead(leaf.Module));
        long outputs = module switch
        {
            Linear linear => linear.out_features,
            Conv2d convolution => convolution.out_channels,
            _ => classes,
        };
        return name is null ? throw None(model)
            : outputs == classes ? name
            : throw new ZooException($"{model.GetName()} gives {classes} logits, but its last layer that could make them, '{name}', has {outputs} outputs. "
                + "Name the head yourself.");
    }

    private static ZooException InTheWay(nn.Module model, TraceNode node) => new(
        $"{model.GetName()}: '{node.Name}' ({node.Op}) lies between the logits and any Linear or 1×1 convolution, so no one layer is its head. Name the head "
            + "yourself, or end the model in a Linear.");

    private static ZooException None(nn.Module model) => new($"{model.GetName()} runs no Linear and no 1×1 convolution: it has no head to replace.");
}

/// <summary>
/// The head of a model and the layers behind it, as a model of its own: features in, logits out. The layers still belong to the model, so this is never
/// disposed.
/// </summary>
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

/// <summary>Gives a convolution other outputs.</summary>
internal static class HeadConvolution
{
    // TorchSharp lets nobody set out_channels; it is information only (forward reads the weight), but summaries and exports may show it.
    private static readonly FieldInfo? OutChannels = typeof(Convolution).GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
        .FirstOrDefault(f => f.Name.Contains("out_channels", StringComparison.Ordinal) && f.FieldType == typeof(long));

    public static void Replace(Conv2d layer, int classes)
    {
        if (classes % layer.groups != 0)
        {
            throw new ZooException($"A convolution of {layer.groups} groups cannot have {classes} outputs.");
        }

        using DisposeScope scope = NewDisposeScope(); // takes the view of its weight that a new convolution leaves behind
        (long rows, long columns) = (layer.kernel_size[0], layer.kernel_size[^1]);
        using (Conv2d fresh = nn.Conv2d(layer.in_channels, classes, (rows, columns), groups: layer.groups, bias: layer.bias is not null,
            device: layer.weight.device, dtype: layer.weight.dtype))
        {
            layer.weight = TransferLearning.Copy(fresh.weight);
            if (fresh.bias is { } bias)
            {
                layer.bias = TransferLearning.Copy(bias);
            }
        }

        OutChannels?.SetValue(layer, (long)classes);
    }
}
