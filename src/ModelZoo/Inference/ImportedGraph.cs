using ModelZoo.Onnx;
using ModelZoo.Registry;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>ONNX models as models of the zoo.</summary>
public static class ImportedGraph
{
    /// <summary>Whether what people wrote names one.</summary>
    public static bool IsOne(string spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// A network without a classifier as one that has it: behind its features, or the average of its last maps, comes a fully connected layer whose weights are
    /// zeros until they are learned. Any other model is given back as it is.
    /// </summary>
    /// <param name="model">An imported network; where it is changed, it is disposed of.</param>
    /// <param name="say">Hears of the layer.</param>
    /// <exception cref="ZooException">Its output can have no such layer.</exception>
    public static ResolvedModel WithHead(ResolvedModel model, Action<string>? say = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Info.Graph is null || (model.Model.Head.Length > 0 && model.Info.Task == ModelTask.Classification))
        {
            return model;
        }

        const int Classes = 1; // until the new ones are known
        (ZooModel network, ModelInfo info) = OnnxModel.WithHead(model.Info, model.Model, model.Options, Classes);
        say?.Invoke($"{info.Name} has no classifier: a layer '{info.Head}' for the classes comes behind its features");
        model.Model.Dispose();
        return model with { Model = network, Info = info, Options = model.Options with { NumClasses = Classes }, Labels = ["none yet"], Checkpoint = null };
    }

    /// <summary>
    /// Opens a file. A graph that is one of the catalog's networks becomes that, with its own keys; any other one carries its graph along, so that its
    /// checkpoints can be opened.
    /// </summary>
    internal static ResolvedModel Open(ModelCatalog catalog, string path, Func<string, byte[]> readResource, LoadOptions load,
        Func<ModelOptions, ModelOptions> change, long maxMemory)
    {
        (ZooModel? known, ModelInfo? info, OnnxImport? import) = (null, null, null);
        try
        {
            // Before the weights are read, so that they are read into the catalog's network, and are in memory once.
            import = OnnxModel.Open(path, maxMemory, built => known = CatalogMatch.Find(catalog, built, readResource, maxMemory, out info));
            known ??= CatalogMatch.Proven(catalog, import, readResource, maxMemory, out info);
            ModelOptions own = import.Info.Defaults;
            string[] notes = [.. import.Notes, .. info is null ? [] : new[] { $"its graph is that of {info.Name}" }];
            if (known is not null)
            {
                import.Model.Dispose();
            }

            return Changed(new ResolvedModel
            {
                Model = known ?? import.Model,
                Info = info ?? import.Info,
                Options = own,
                Labels = import.Labels,
                Task = import.Task,
                Calibration = import.Described is { } said && said.Labels.SequenceEqual(import.Labels, StringComparer.Ordinal) ? said.Calibration : null,
                Preprocessing = import.Preprocessing,
                Trained = true,
                Loading = LoadReport.Whole((known ?? import.Model).state_dict().Keys, notes),
            }, path, change(own), load);
        }
        catch
        {
            known?.Dispose();
            import?.Model.Dispose();
            throw;
        }
    }

    // Another size of the input, or another head, where that was asked for.
    private static ResolvedModel Changed(ResolvedModel opened, string path, ModelOptions wanted, LoadOptions load)
    {
        if (wanted == opened.Options)
        {
            return opened;
        }

        if (wanted.NumClasses != opened.Options.NumClasses && load.Head != HeadFit.Reinitialize)
        {
            throw new UsageException($"{path}: has {opened.Options.NumClasses} classes, not {wanted.NumClasses}. `zoo finetune` gives it others; --reinit-head "
                + "draws a head for them that has to be trained.");
        }

        ZooModel model = opened.Info.Create(wanted);
        List<string> drawn = [];
        using (no_grad())
        {
            Dictionary<string, Tensor> source = opened.Model.state_dict();
            foreach ((string key, Tensor tensor) in model.state_dict())
            {
                if (source[key].shape.SequenceEqual(tensor.shape))
                {
                    tensor.copy_(source[key]);
                }
                else
                {
                    nn.init.normal_(tensor, 0, 0.01);
                    drawn.Add(key);
                }
            }
        }

        model.eval();
        opened.Model.Dispose();
        return opened with
        {
            Model = model,
            Options = wanted,
            Calibration = null,
            Labels = wanted.NumClasses == opened.Labels.Count ? opened.Labels : [.. Enumerable.Range(0, wanted.NumClasses).Select(c => $"{c}")],
            Preprocessing = ModelResolver.Resized(opened.Preprocessing, wanted),
            Loading = opened.Loading! with { Reinitialized = drawn },
        };
    }
}
