using ModelZoo.Tracing;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>
/// The leaf modules of a model in the order in which a forward runs them. Unlike a trace it also works where a forward calls functions between them.
/// </summary>
internal static class ForwardOrder
{
    /// <summary>Runs the example in eval mode, without gradients.</summary>
    /// <returns>The leaves that ran, each at its first run, and the shape of the model's output.</returns>
    public static (IReadOnlyList<(string Name, nn.Module Module)> Leaves, long[] Output) Of(nn.Module<Tensor, Tensor> model, Tensor example)
    {
        List<(string, nn.Module)> ran = [];
        HashSet<nn.Module> seen = new(ReferenceEqualityComparer.Instance);
        List<Action> removals = [];
        using DisposeScope scope = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model);
        using IDisposable none = no_grad();
        try
        {
            foreach ((string name, nn.Module module) in model.named_modules().Where(m => m.name.Length > 0 && !m.module.children().Any()))
            {
                // A module that is there twice has two hooks; the first that fires names it, and that is the first registered.
                Action? removal = ModuleHooks.OnOutput(module, (leaf, _, _) =>
                {
                    if (seen.Add(leaf))
                    {
                        ran.Add((name, leaf));
                    }
                });
                if (removal is not null)
                {
                    removals.Add(removal);
                }
            }

            return (ran, model.call(example).shape);
        }
        finally
        {
            removals.ForEach(static remove => remove());
        }
    }
}
