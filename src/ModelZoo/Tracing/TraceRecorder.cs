using static TorchSharp.torch;

namespace ModelZoo.Tracing;

/// <summary>Puts hooks on the leaves of a model, listens to one forward, and takes the hooks off again.</summary>
internal sealed class TraceRecorder : IDisposable
{
    private readonly List<Action> removals = [];
    private readonly List<TraceNode> nodes = [];
    private readonly Dictionary<Tensor, int> producers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Tensor, int> slots = new(ReferenceEqualityComparer.Instance); // of outputs after the first
    private readonly Dictionary<string, int> calls = [];
    private readonly long[] inputShape;
    private readonly bool keepValues;

    // The inputs of the leaf that is running, copied before it could change them. Leaves do not nest.
    private List<Tensor> pending = [];
    private (string Name, nn.Module Module)? running;

    internal TraceRecorder(nn.Module model, Tensor input, bool keepValues)
    {
        this.keepValues = keepValues;
        inputShape = input.shape;
        producers[input] = Trace.ModelInput;
        foreach ((string name, nn.Module module) in ModuleHooks.Leaves(model))
        {
            Listen(name, module);
        }
    }

    internal Trace Finish(params Tensor[] outputs)
    {
        int[] made = [.. outputs.Select(output => producers.TryGetValue(output, out int producer)
            ? producer
            : throw new TraceException(
                $"The model's output was made by no leaf module: after '{(nodes.Count > 0 ? nodes[^1].Name : "the input")}' its forward calls a function. Make "
                    + "that step a module."))];
        return new Trace(nodes, inputShape, made);
    }

    /// <summary>The nodes that ran before the forward failed.</summary>
    internal Trace Partial() => new(nodes, inputShape, [nodes.Count - 1]);

    /// <summary>Names the leaf that was running, else the last that had run.</summary>
    internal TraceFailure Failure(Exception error) => running is { } leaf
        ? new(leaf.Name, leaf.Module.GetType().Name, TorchError.Summary(error))
        : nodes.Count > 0 ? new(nodes[^1].Name, nodes[^1].Op, TorchError.Summary(error)) : new("model", "", TorchError.Summary(error));

    public void Dispose()
    {
        removals.ForEach(static remove => remove());
        pending.ForEach(static t => t.Dispose());
    }

    private void Listen(string name, nn.Module leaf)
    {
        Action? before = ModuleHooks.OnInput(leaf, (module, inputs) => Before(name, module, inputs));
        Action? after = ModuleHooks.OnOutput(leaf, (module, inputs, outputs) => After(name, module, inputs, outputs));
        if (before is null || after is null)
        {
            throw new TraceException($"'{name}' ({leaf.GetType().Name}) is a leaf that takes or returns something other than tensors; a trace can't "
                + "follow it.");
        }

        removals.Add(before);
        removals.Add(after);
    }

    private void Before(string name, nn.Module module, Tensor[] inputs)
    {
        running = (name, module);
        if (keepValues)
        {
            pending = [.. inputs.Select(Copy)];
        }
    }

    private void After(string name, nn.Module module, Tensor[] inputs, Tensor[] outputs)
    {
        int call = calls[name] = calls.GetValueOrDefault(name) + 1;
        string unique = call == 1 ? name : $"{name}#{call}";
        int[] sources = [.. inputs.Select(x => producers.TryGetValue(x, out int p)
            ? p
            : throw new TraceException($"'{unique}' ({module.GetType().Name}) takes a tensor that no leaf module made: a forward calls a function before it. "
                + "Make that step a module."))];
        nodes.Add(new TraceNode
        {
            Index = nodes.Count,
            Name = unique,
            Module = module,
            Inputs = sources,
            InputSlots = [.. inputs.Select(x => slots.GetValueOrDefault(x))],
            InputShapes = [.. inputs.Select(x => x.shape)],
            OutputShape = outputs[0].shape,
            DType = outputs[0].dtype,
            InputValues = pending,
            OutputValue = keepValues ? Copy(outputs[0]) : null,
            FurtherOutputValues = keepValues ? [.. outputs.Skip(1).Select(Copy)] : [],
        });
        pending = [];
        running = null;
        for (int slot = 0; slot < outputs.Length; slot++)
        {
            producers[outputs[slot]] = nodes.Count - 1;
            if (slot > 0)
            {
                slots[outputs[slot]] = slot;
            }
        }
    }

    // Kept beyond any scope of the model's own forward.
    private static Tensor Copy(Tensor t)
    {
        using Tensor detached = t.detach();
        return detached.clone().DetachFromDisposeScope();
    }
}
