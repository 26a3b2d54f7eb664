using ModelZoo.Tracing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Finds batch normalizations that a batch of one image leaves a single value per channel: its variance is 0/0, so that the running variance would become NaN
/// for good. PyTorch refuses such a step ("Expected more than 1 value per channel when training").
/// </summary>
internal static class LoneValue
{
    /// <summary>The batch normalizations of a model, or of a part of it.</summary>
    public static HashSet<nn.Module> Normalizations(nn.Module part) => new(
        part.named_modules().Select(m => m.module).Append(part).Where(static m => m is BatchNorm), ReferenceEqualityComparer.Instance);

    /// <summary>Runs a forward in eval mode, which changes nothing, and looks at what these normalizations are given.</summary>
    /// <param name="model">The model.</param>
    /// <param name="normalizations">Some of its modules.</param>
    /// <param name="forward">A forward of one image.</param>
    /// <returns>"layer4.0.bn1 ([1,512,1,1])", the first in the order of the forward; null where there is none.</returns>
    public static string? Find(nn.Module model, HashSet<nn.Module> normalizations, Action forward)
    {
        string? found = null;
        List<Action> removals = [];
        foreach ((string name, nn.Module module) in model.named_modules().Where(m => normalizations.Contains(m.module)))
        {
            Action? removal = ModuleHooks.OnInput(module, (_, inputs) =>
            {
                if (inputs[0].numel() == inputs[0].shape[1])
                {
                    found ??= $"{name} ([{string.Join(",", inputs[0].shape)}])";
                }
            });
            removals.AddRange(removal is null ? [] : [removal]);
        }

        try
        {
            using ModelMode mode = ModelMode.Eval(model);
            using IDisposable off = no_grad();
            using DisposeScope scope = NewDisposeScope();
            forward();
        }
        finally
        {
            removals.ForEach(remove => remove());
        }

        return found;
    }
}
