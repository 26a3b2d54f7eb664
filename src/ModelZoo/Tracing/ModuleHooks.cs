using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace ModelZoo.Tracing;

/// <summary>
/// Hooks on modules of whatever shape: one tensor, two or an array in; one tensor or two out. The one place that knows these shapes. Each method returns
/// what takes the hook off again, or null where a module takes or returns something else.
/// </summary>
internal static class ModuleHooks
{
    /// <summary>The modules without children, by their paths; a shared one by its first. A model without children is a leaf itself.</summary>
    public static IReadOnlyList<(string Name, nn.Module Module)> Leaves(nn.Module model)
    {
        HashSet<nn.Module> seen = new(ReferenceEqualityComparer.Instance);
        (string Name, nn.Module Module)[] leaves =
            [.. model.named_modules().Where(m => m.name.Length > 0 && !m.module.children().Any() && seen.Add(m.module))];
        return leaves.Length > 0 ? leaves : [(model.GetName(), model)];
    }

    /// <summary>Before each forward of the module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="see">Given the module that runs and its inputs.</param>
    public static Action? OnInput(nn.Module module, Action<nn.Module, Tensor[]> see)
    {
        return module switch
        {
            nn.Module<Tensor, Tensor> one => one.register_forward_pre_hook((m, x) => Seen(x, m, x)).remove,
            nn.Module<Tensor, Tensor, Tensor> two => two.register_forward_pre_hook((m, a, b) => Seen((a, b), m, a, b)).remove,
            nn.Module<Tensor[], Tensor> many => many.register_forward_pre_hook((m, xs) => Seen(xs, m, xs)).remove,
            nn.Module<Tensor, (Tensor, Tensor)> pair => pair.register_forward_pre_hook((m, x) => Seen(x, m, x)).remove,
            _ => null,
        };

        T Seen<T>(T passed, nn.Module ran, params Tensor[] inputs)
        {
            see(ran, inputs);
            return passed;
        }
    }

    /// <summary>After each forward of the module.</summary>
    /// <param name="module">The module.</param>
    /// <param name="see">Given the module that ran, its inputs and its outputs.</param>
    public static Action? OnOutput(nn.Module module, Action<nn.Module, Tensor[], Tensor[]> see)
    {
        return module switch
        {
            nn.Module<Tensor, Tensor> one => one.register_forward_hook((m, x, y) => Seen(y, m, [x], y)).remove,
            nn.Module<Tensor, Tensor, Tensor> two => two.register_forward_hook((m, a, b, y) => Seen(y, m, [a, b], y)).remove,
            nn.Module<Tensor[], Tensor> many => many.register_forward_hook((m, xs, y) => Seen(y, m, xs, y)).remove,
            nn.Module<Tensor, (Tensor, Tensor)> pair => pair.register_forward_hook((m, x, y) => Seen(y, m, [x], y.Item1, y.Item2)).remove,
            _ => null,
        };

        T Seen<T>(T passed, nn.Module ran, Tensor[] inputs, params Tensor[] outputs)
        {
            see(ran, inputs, outputs);
            return passed;
        }
    }

    /// <summary>After each forward of a module that returns one tensor.</summary>
    /// <param name="module">The module.</param>
    /// <param name="see">Given the output.</param>
    public static Action? OnOneOutput(nn.Module module, Action<Tensor> see) =>
        module is nn.Module<Tensor, (Tensor, Tensor)> ? null : OnOutput(module, (_, _, outputs) => see(outputs[0]));

    /// <summary>Puts another tensor in the place of the output of each forward of a module that returns one.</summary>
    /// <param name="module">The module.</param>
    /// <param name="make">From the output, which may be given back.</param>
    public static Action? Replace(nn.Module module, Func<Tensor, Tensor> make) => module switch
    {
        nn.Module<Tensor, Tensor> one => one.register_forward_hook((_, _, y) => make(y)).remove,
        nn.Module<Tensor, Tensor, Tensor> two => two.register_forward_hook((_, _, _, y) => make(y)).remove,
        nn.Module<Tensor[], Tensor> many => many.register_forward_hook((_, _, y) => make(y)).remove,
        _ => null,
    };

    /// <summary>Before each forward of a module that takes one tensor.</summary>
    /// <param name="module">The module.</param>
    /// <param name="see">Given the input.</param>
    public static Action? OnOneInput(nn.Module module, Action<Tensor> see) =>
        module is nn.Module<Tensor, Tensor> ? OnInput(module, (_, inputs) => see(inputs[0])) : null;
}

/// <summary>Ends forwards that take long.</summary>
public static class ForwardCancellation
{
    private static readonly ConditionalWeakTable<nn.Module, List<CancellationToken>> Tokens = [];

    /// <summary>
    /// From now on a forward of the model ends between two of its leaves once a token is canceled. Not for a model that is being trained: what its layers
    /// counted so far, such as running statistics, stays.
    /// </summary>
    /// <param name="model">The model; leaves that hooks do not reach end no forward.</param>
    /// <param name="cancel">Its forwards then throw <see cref="OperationCanceledException"/>.</param>
    /// <returns>Takes the hooks off again.</returns>
    public static Action Attach(nn.Module model, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(model);
        Action?[] removals = [.. ModuleHooks.Leaves(model).Select(l => ModuleHooks.OnInput(l.Module, (_, _) => cancel.ThrowIfCancellationRequested()))];
        List<CancellationToken> tokens = Tokens.GetOrCreateValue(model);
        lock (tokens)
        {
            tokens.Add(cancel);
        }

        return () =>
        {
            Array.ForEach(removals, static remove => remove?.Invoke());
            lock (tokens)
            {
                tokens.Remove(cancel);
            }
        };
    }

    /// <summary>The tokens that are attached to a model, for what computes it without running its leaves.</summary>
    internal static CancellationToken[] Of(nn.Module model)
    {
        if (!Tokens.TryGetValue(model, out List<CancellationToken>? tokens))
        {
            return [];
        }

        lock (tokens)
        {
            return [.. tokens];
        }
    }
}
