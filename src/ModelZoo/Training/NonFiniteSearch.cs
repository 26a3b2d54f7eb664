using ModelZoo.Tracing;
using ModelZoo.Training.Optimizers;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Finds where values that are not finite come from: the batch, a layer, or a gradient.</summary>
internal static class NonFiniteSearch
{
    /// <summary>A sentence that names the first layer whose output is not finite when a forward is run again; null where there is none.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">What it was given.</param>
    /// <param name="forward">The same forward once more, with the same random numbers.</param>
    public static string? InForward(nn.Module model, Tensor inputs, Action forward)
    {
        if (!IsFinite(inputs))
        {
            return "The batch itself holds values that are not finite.";
        }

        string? found = null;
        List<Action> removals = [];
        foreach ((string name, nn.Module module) in ModuleHooks.Leaves(model))
        {
            if (ModuleHooks.OnOutput(module, (ran, _, outputs) => found ??= Array.TrueForAll(outputs, IsFinite) ? null : Sentence(name, ran)) is { } removal)
            {
                removals.Add(removal);
            }
        }

        try
        {
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

    /// <summary>A sentence that names the gradient that is not finite and is nearest to the output, where it came from; null where all are finite.</summary>
    public static string? InGradients(IReadOnlyList<OptimizerSlot> slots)
    {
        for (int i = slots.Count - 1; i >= 0; i--)
        {
            if (slots[i].Gradient is { } gradient && !IsFinite(gradient))
            {
                return $"The gradient of {slots[i].Trained.Name} is not finite, seen from the output the first.";
            }
        }

        return null;
    }

    private static string Sentence(string name, nn.Module module)
    {
        string? broken = module.named_parameters().Where(p => !IsFinite(p.parameter)).Select(p => p.name).FirstOrDefault();
        return $"The first layer whose output is not finite is {name} ({module.GetType().Name})"
            + (broken is null ? "." : $": its {broken} is not finite already.");
    }

    private static bool IsFinite(Tensor values) => NonFinite.In(values) is null;
}

/// <summary>A training came to numbers that are none: a loss, a gradient, a weight. The message says at which step, and where they come from.</summary>
public sealed class NotFiniteException : ZooException
{
    /// <summary>Without a message.</summary>
    public NotFiniteException()
    {
    }

    /// <param name="message">What became of what, and what to do.</param>
    public NotFiniteException(string message) : base(message)
    {
    }

    /// <param name="message">What became of what, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public NotFiniteException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
