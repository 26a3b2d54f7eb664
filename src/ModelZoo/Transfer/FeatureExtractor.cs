using ModelZoo.Analysis;
using ModelZoo.Registry;
using ModelZoo.Tracing;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>The feature maps of a network: what its inner modules give, by name.</summary>
public static class FeatureExtractor
{
    /// <summary>Names, shapes and strides of a model's stages, read from one traced forward.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">What it was built with: decides the input's size.</param>
    /// <param name="layers">Modules by name; null for <see cref="ZooModel.Stages"/>.</param>
    /// <exception cref="ZooException">There is no such module, or a forward does not run it.</exception>
    public static IReadOnlyList<FeatureMap> Describe(ZooModel model, ModelOptions options, IReadOnlyList<string>? layers = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        using Trace trace = Trace.Run(model, 1L, options.InChannels, options.InputHeight, options.InputWidth);
        ModelSummary summary = ModelSummary.Of(trace, model);
        return [.. (layers ?? model.Stages).Select(Describe)];

        FeatureMap Describe(string layer)
        {
            Transfer.TransferLearning.FindModule(model, layer);
            // The last leaf that ran inside the module made its output.
            int last = trace.Nodes.LastOrDefault(n => n.Name == layer || n.Name.StartsWith(layer + ".", StringComparison.Ordinal))?.Index
                ?? throw NotRun(model, layer);
            return new(layer, trace.Nodes[last].OutputShape[1..], summary.Layers[last].ReceptiveField?.Jump);
        }
    }

    /// <summary>Runs a batch through the model, in whatever mode it is, and keeps what modules give on the way. Gradients flow through.</summary>
    /// <param name="model">The model.</param>
    /// <param name="input">[N,C,H,W].</param>
    /// <param name="layers">Modules by name; null for <see cref="ZooModel.Stages"/>.</param>
    /// <returns>The outputs by name; they belong to the caller, or to the scope around the call.</returns>
    /// <exception cref="ZooException">There is no such module, or a forward does not run it.</exception>
    public static IReadOnlyDictionary<string, Tensor> Run(ZooModel model, Tensor input, IReadOnlyList<string>? layers = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        var found = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        var removals = new List<Action>();
        using DisposeScope scope = NewDisposeScope();
        try
        {
            foreach (string layer in layers ?? model.Stages)
            {
                // the model's own scope ends before it is used
                removals.Add(Listen(model, layer, output => found[layer] = output.alias().DetachFromDisposeScope()));
            }

            model.call(input);
            foreach (string layer in layers ?? model.Stages)
            {
                scope.Attach(found.GetValueOrDefault(layer) ?? throw NotRun(model, layer));
            }

            scope.MoveToOuter(found.Values);
            return found;
        }
        finally
        {
            removals.ForEach(static remove => remove());
        }
    }

    private static Action Listen(ZooModel model, string layer, Action<Tensor> heard) =>
        ModuleHooks.OnOneOutput(TransferLearning.FindModule(model, layer), heard)
            ?? throw new ZooException($"The layer '{layer}' of {model.GetName()} does not return one tensor.");

    private static ZooException NotRun(ZooModel model, string layer) => new($"The forward of {model.GetName()} does not run its layer '{layer}'.");
}

/// <summary>One feature map of a network.</summary>
/// <param name="Layer">The module that gives it.</param>
/// <param name="Shape">Without the batch: [C,H,W].</param>
/// <param name="Stride">Input pixels from one of its elements to the next; null after flattening.</param>
public sealed record FeatureMap(string Layer, long[] Shape, double? Stride);
