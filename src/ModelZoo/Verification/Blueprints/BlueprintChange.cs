using System.Globalization;
using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Registry;

namespace ModelZoo.Verification.Blueprints;

/// <summary>Carries what a caller may choose of an architecture over to its blueprint.</summary>
internal static class BlueprintChange
{
    private const string Transform = "transform";

    public static Blueprint Apply(Blueprint drawn, ModelOptions options, bool resized)
    {
        Blueprint changed = options.OmitAuxiliary ? WithoutAuxiliary(drawn) : drawn;
        changed = options.NumClasses != drawn.Classes ? WithClasses(changed, options.NumClasses) : changed;
        changed = options.InChannels != drawn.Input[0] ? WithChannels(changed, options.InChannels) : changed;
        changed = resized ? Resized(changed) : changed;
        changed = options.TransformInput ? Transformed(changed, options) : changed;
        return changed with { Input = [options.InChannels, options.InputHeight, options.InputWidth], Classes = options.NumClasses };
    }

    private static Blueprint WithoutAuxiliary(Blueprint drawn)
    {
        string[] heads = [.. drawn.Outputs.Skip(1).Select(output => $"{output.Split('.')[0]}.")];
        bool InBackbone(string name) => !heads.Any(head => name.StartsWith(head, StringComparison.Ordinal));
        return drawn with
        {
            Outputs = [drawn.Outputs[0]],
            Nodes = [.. drawn.Nodes.Where(node => InBackbone(node.Name))],
            Keys = [.. drawn.Keys.Where(key => InBackbone(key.Name))],
            Parameters = heads.Length == 0 ? drawn.Parameters : null,
            Macs = heads.Length == 0 ? drawn.Macs : null,
        };
    }

    // The heads are the layers next before the outputs that have as many outputs as there are classes.
    private static Blueprint WithClasses(Blueprint drawn, int classes)
    {
        string old = Text(drawn.Classes), now = Text(classes);
        HashSet<string> heads = [], after = [];
        Dictionary<string, BlueprintNode> nodes = drawn.Nodes.ToDictionary(node => node.Name);
        foreach (string output in drawn.Outputs)
        {
            BlueprintNode node = nodes[output];
            while (node.Setting("out") is null && node.Inputs is [var before] && nodes.ContainsKey(before))
            {
                after.Add(node.Name);
                node = nodes[before];
            }

            if (node.Setting("out") == old)
            {
                heads.Add(node.Name);
                after.Add(node.Name);
            }
        }

        return drawn with
        {
            Nodes = [.. drawn.Nodes.Select(node => after.Contains(node.Name)
                ? (heads.Contains(node.Name) ? node.With("out", now) : node) with { Shape = node.Shape is null ? null : [classes, .. node.Shape.Skip(1)] }
                : node)],
            Keys = [.. drawn.Keys.Select(key => heads.Contains(ModuleOf(key)) && key.Shape is [var first, ..] && first == drawn.Classes
                ? key with { Shape = [classes, .. key.Shape.Skip(1)] }
                : key)],
            Parameters = null,
            Macs = null,
        };
    }

    private static Blueprint WithChannels(Blueprint drawn, int channels)
    {
        HashSet<string> images = [BlueprintNode.ModelInput, .. drawn.Nodes.Where(node => node.Op == nameof(MeanImage)).Select(node => node.Name)];
        HashSet<string> stems = [.. drawn.Nodes.Where(node => node.Inputs.Any(images.Contains) && node.Setting("in") is not null).Select(node => node.Name)];
        return drawn with
        {
            Nodes = [.. drawn.Nodes.Select(node => stems.Contains(node.Name) ? node.With("in", Text(channels)) : node)],
            Keys = [.. drawn.Keys.Select(key => stems.Contains(ModuleOf(key)) && key.Shape is [var outputs, _, _, _]
                ? key with { Shape = [outputs, channels, .. key.Shape.Skip(2)] }
                : key)],
            Parameters = null,
            Macs = null,
        };
    }

    // A linear layer takes as many features as the maps before it have pixels, unless an adaptive pool makes these the same for any input.
    private static Blueprint Resized(Blueprint drawn)
    {
        Dictionary<string, BlueprintNode> nodes = drawn.Nodes.ToDictionary(node => node.Name);
        HashSet<string> open = [.. drawn.Nodes.Where(node => node.Op == "Linear" && TakesPixels(node)).Select(node => node.Name)];
        return drawn with
        {
            Nodes = [.. drawn.Nodes.Select(node => (open.Contains(node.Name) ? node.With("in", BlueprintNode.Any) : node) with { Shape = null })],
            Keys = [.. drawn.Keys.Select(key => open.Contains(ModuleOf(key)) && key.Shape is [var outputs, _] ? key with { Shape = [outputs, -1] } : key)],
            Parameters = open.Count == 0 ? drawn.Parameters : null,
            Macs = null,
        };

        bool TakesPixels(BlueprintNode node)
        {
            bool flattened = false;
            while (node.Inputs is [var before] && nodes.TryGetValue(before, out BlueprintNode? source))
            {
                flattened |= source.Op == "Flatten";
                if (source.Op is "Linear" or "AdaptiveAvgPool2d" or "AdaptiveMaxPool2d" || source.Setting("kernel") is { } kernel && kernel != "1" && flattened)
                {
                    return flattened && source.Op is not ("Linear" or "AdaptiveAvgPool2d" or "AdaptiveMaxPool2d");
                }

                node = source;
            }

            return flattened;
        }
    }

    private static Blueprint Transformed(Blueprint drawn, ModelOptions options)
    {
        using var layer = new TransformInput(options.InChannels);
        var node = new BlueprintNode(Transform, nameof(TransformInput), LayerFacts.Hyperparameters(layer), [BlueprintNode.ModelInput], null);
        return drawn with
        {
            Nodes = [node, .. drawn.Nodes.Select(n => n with { Inputs = [.. n.Inputs.Select(input => input == BlueprintNode.ModelInput ? Transform : input)] })]
        };
    }

    private static string ModuleOf(BlueprintKey key) => key.Name[..Math.Max(0, key.Name.LastIndexOf('.'))];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
