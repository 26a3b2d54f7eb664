using System.Globalization;
using System.Text.RegularExpressions;
using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Registry;

namespace ModelZoo.Verification.Blueprints;

/// <summary>Which call of a network is which of its blueprint, and which are missing or too many.</summary>
internal sealed partial class BlueprintMatch
{
    private readonly Dictionary<string, BlueprintNode> expected;
    private readonly Dictionary<string, BlueprintNode> actual;
    private readonly Dictionary<string, int> positions;
    private readonly Dictionary<string, string> renamed = [];
    private readonly Dictionary<(string Stage, string Kind), (HashSet<string> Expected, HashSet<string> Actual)> blocks = [];
    private readonly bool partial;

    public BlueprintMatch(Blueprint expected, Blueprint actual, bool partial)
    {
        this.partial = partial;
        this.expected = expected.Nodes.ToDictionary(node => node.Name);
        this.actual = actual.Nodes.ToDictionary(node => node.Name);
        positions = expected.Nodes.Select((node, index) => (node.Name, index)).ToDictionary(n => n.Name, n => n.index);
        int last = partial ? actual.Nodes.Select(node => positions.GetValueOrDefault(node.Name, -1)).DefaultIfEmpty(-1).Max() : int.MaxValue;
        Count(expected.Nodes, ofExpected: true);
        Count(actual.Nodes, ofExpected: false);
        BlueprintNode[] left = [.. expected.Nodes.Where((node, index) => index < last && !this.actual.ContainsKey(node.Name))];
        foreach (BlueprintNode node in actual.Nodes.Where(node => !this.expected.ContainsKey(node.Name)))
        {
            // A layer of another name that stands where one is missing.
            if (BlocksOf(node.Name) is null && left.FirstOrDefault(l => BlocksOf(l.Name) is null && !renamed.ContainsValue(l.Name)
                && ExpectedInputsOf(l).SequenceEqual(InputsOf(node)) && Alike(l, node)) is { } stands)
            {
                renamed[node.Name] = stands.Name;
            }
        }

        Missing = [.. left.Where(node => !renamed.ContainsValue(node.Name))];
    }

    /// <summary>The blueprint's calls that the network has not, in their order.</summary>
    public IReadOnlyList<BlueprintNode> Missing { get; }

    /// <summary>The blueprint's call that this one is; null for none.</summary>
    public BlueprintNode? Expected(BlueprintNode node) => expected.GetValueOrDefault(renamed.GetValueOrDefault(node.Name, node.Name));

    /// <summary>The place of a call of the blueprint.</summary>
    public int Position(string name) => positions[name];

    /// <summary>What a call takes, in the blueprint's names; where that is a layer too many, what this takes.</summary>
    public string[] InputsOf(BlueprintNode node) => [.. node.Inputs.Select(Resolve)];

    /// <summary>What a call of the blueprint should take; where that is missing, what this should have taken.</summary>
    public string[] ExpectedInputsOf(BlueprintNode node) => [.. node.Inputs.Select(ResolveExpected)];

    /// <summary>An output of the network in the blueprint's names.</summary>
    public string Resolve(string name)
    {
        while (actual.TryGetValue(name, out BlueprintNode? node) && Expected(node) is null && node.Inputs.Count > 0)
        {
            name = node.Inputs[0];
        }

        return renamed.GetValueOrDefault(name, name);
    }

    /// <summary>The call of the blueprint, or the next before it that the network has.</summary>
    public string ResolveExpected(string name)
    {
        while (expected.TryGetValue(name, out BlueprintNode? node) && !actual.ContainsKey(name) && !renamed.ContainsValue(name) && node.Inputs.Count > 0)
        {
            name = node.Inputs[0];
        }

        return name;
    }

    /// <summary>What a call of the blueprint comes after.</summary>
    public string Before(BlueprintNode node) => string.Join(" and ", ExpectedInputsOf(node).Select(BlueprintWords.Input));

    /// <summary>What a call of the network comes after.</summary>
    public string Source(BlueprintNode node) => string.Join(" and ", InputsOf(node).Select(BlueprintWords.Input));

    /// <summary>"stage layer3 has 5 blocks instead of 6" where that is why a call is missing or too many; else null.</summary>
    public string? BlocksOf(string name)
    {
        foreach ((string stage, string kind, string number) in Blocks(name))
        {
            (HashSet<string> should, HashSet<string> has) = blocks.GetValueOrDefault((stage, kind), ([], []));
            if (!partial && should.Count != has.Count && should.Contains(number) != has.Contains(number))
            {
                string one = (has.Count == 1 ? "block" : "blocks") + (kind.Length == 0 ? "" : $" '{kind}…'");
                return $"{(stage.Length == 0 ? "the network" : $"stage {stage}")} has {has.Count} {one} instead of {should.Count}";
            }
        }

        return null;
    }

    private static bool Alike(BlueprintNode a, BlueprintNode b) => a.Op == b.Op || (a.Setting("out") is null && b.Setting("out") is null);

    private void Count(IEnumerable<BlueprintNode> nodes, bool ofExpected)
    {
        foreach ((string stage, string kind, string number) in nodes.SelectMany(node => Blocks(node.Name)))
        {
            if (!blocks.TryGetValue((stage, kind), out var counted))
            {
                blocks[(stage, kind)] = counted = ([], []);
            }

            (ofExpected ? counted.Expected : counted.Actual).Add(number);
        }
    }

    // "layer3.5.conv1" is in block 5 of the stage layer3; the last word is the layer itself.
    private static IEnumerable<(string Stage, string Kind, string Number)> Blocks(string name)
    {
        string[] words = name.Split('.');
        for (int i = 0; i < words.Length - 1; i++)
        {
            if (Numbered().Match(words[i]) is { Success: true } match)
            {
                yield return (string.Join('.', words[..i]), match.Groups[1].Value, match.Groups[2].Value);
            }
        }
    }

    [GeneratedRegex(@"^(\D*)(\d+)$")]
    private static partial Regex Numbered();
}

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
        HashSet<string> stems = [.. drawn.Nodes.Where(node => node.Inputs.Contains(BlueprintNode.ModelInput) && node.Setting("in") is not null)
            .Select(node => node.Name)];
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
