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
        foreach ((string name, nn.Module module) in Leaves(model))
        {
            Listen(name, module);
        }
    }

    internal Trace Finish(params Tensor[] outputs)
    {
        int[] made = [.. outputs.Select(output => producers.TryGetValue(output, out int producer)
            ? producer
            : throw new TraceException(
                $"The model's output was made by no leaf module: after '{(nodes.Count > 0 ? nodes[^1].Name : "the input")}' its forward calls a function. Make that step a module."))];
        return new Trace(nodes, inputShape, made);
    }

    /// <summary>The nodes that ran before the forward failed.</summary>
    internal Trace Partial() => new(nodes, inputShape, [nodes.Count - 1]);

    /// <summary>Names the leaf that was running, else the last that had run.</summary>
    internal TraceFailure Failure(Exception error) => running is { } leaf
        ? new(leaf.Name, leaf.Module.GetType().Name, error.Message)
        : nodes.Count > 0 ? new(nodes[^1].Name, nodes[^1].Op, error.Message) : new("model", "", error.Message);

    public void Dispose()
    {
        removals.ForEach(static remove => remove());
        pending.ForEach(static t => t.Dispose());
    }

    // A shared module has several names but runs the same hooks: the first name counts.
    private static IEnumerable<(string Name, nn.Module Module)> Leaves(nn.Module model)
    {
        HashSet<nn.Module> seen = new(ReferenceEqualityComparer.Instance);
        bool any = false;
        foreach ((string name, nn.Module module) in model.named_modules())
        {
            if (name.Length > 0 && !module.children().Any() && seen.Add(module))
            {
                any = true;
                yield return (name, module);
            }
        }

        if (!any)
        {
            yield return (model.GetName(), model);
        }
    }

    private void Listen(string name, nn.Module leaf)
    {
        switch (leaf)
        {
            case nn.Module<Tensor, Tensor> one:
                var before1 = one.register_forward_pre_hook((module, x) =>
                {
                    Before(name, module, x);
                    return x;
                });
                var after1 = one.register_forward_hook((module, x, y) => After(name, module, y, x));
                removals.Add(before1.remove);
                removals.Add(after1.remove);
                break;
            case nn.Module<Tensor, Tensor, Tensor> two:
                var before2 = two.register_forward_pre_hook((module, a, b) =>
                {
                    Before(name, module, a, b);
                    return (a, b);
                });
                var after2 = two.register_forward_hook((module, a, b, y) => After(name, module, y, a, b));
                removals.Add(before2.remove);
                removals.Add(after2.remove);
                break;
            case nn.Module<Tensor[], Tensor> many:
                var before3 = many.register_forward_pre_hook((module, xs) =>
                {
                    Before(name, module, xs);
                    return xs;
                });
                var after3 = many.register_forward_hook((module, xs, y) => After(name, module, y, xs));
                removals.Add(before3.remove);
                removals.Add(after3.remove);
                break;
            case nn.Module<Tensor, (Tensor, Tensor)> pair:
                var before4 = pair.register_forward_pre_hook((module, x) =>
                {
                    Before(name, module, x);
                    return x;
                });
                var after4 = pair.register_forward_hook((module, x, y) =>
                {
                    After(name, module, y.Item1, x);
                    Further(y.Item2);
                    return y;
                });
                removals.Add(before4.remove);
                removals.Add(after4.remove);
                break;
            default:
                throw new TraceException($"'{name}' ({leaf.GetType().Name}) is a leaf that takes or returns something other than tensors; a trace can't follow it.");
        }
    }

    private void Before(string name, nn.Module module, params Tensor[] inputs)
    {
        running = (name, module);
        if (keepValues)
        {
            pending = [.. inputs.Select(Copy)];
        }
    }

    private Tensor After(string name, nn.Module module, Tensor output, params Tensor[] inputs)
    {
        int call = calls[name] = calls.GetValueOrDefault(name) + 1;
        string unique = call == 1 ? name : $"{name}#{call}";
        int[] sources = [.. inputs.Select(x => producers.TryGetValue(x, out int p)
            ? p
            : throw new TraceException($"'{unique}' ({module.GetType().Name}) takes a tensor that no leaf module made: a forward calls a function before it. Make that step a module."))];
        nodes.Add(new TraceNode
        {
            Index = nodes.Count,
            Name = unique,
            Module = module,
            Inputs = sources,
            InputSlots = [.. inputs.Select(x => slots.GetValueOrDefault(x))],
            InputShapes = [.. inputs.Select(x => x.shape)],
            OutputShape = output.shape,
            DType = output.dtype,
            InputValues = pending,
            OutputValue = keepValues ? Copy(output) : null,
        });
        pending = [];
        running = null;
        producers[output] = nodes.Count - 1;
        return output;
    }

    // The second output of the leaf that has just run.
    private void Further(Tensor output)
    {
        producers[output] = nodes.Count - 1;
        slots[output] = 1;
        nodes[^1].FurtherOutputValues = keepValues ? [Copy(output)] : [];
    }

    // Kept beyond any scope of the model's own forward.
    private static Tensor Copy(Tensor t)
    {
        using Tensor detached = t.detach();
        return detached.clone().DetachFromDisposeScope();
    }
}
