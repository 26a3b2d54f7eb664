using System.Globalization;
using System.Text;

namespace ModelZoo.Verification.Blueprints;

/// <summary>
/// The text of a blueprint: head lines, then a line per call ("name op setting=value … (inputs) : shape"; inputs that are just the line before are left out),
/// then a line per module with the keys of its parameters, and of its buffers ("layer1.0.conv1 weight=64x64x1x1").
/// </summary>
public static class BlueprintText
{
    private const string Version = "blueprint 1";
    private const string NodesHead = "nodes", KeysHead = "keys";

    /// <summary>Writes it.</summary>
    public static string Write(Blueprint blueprint)
    {
        ArgumentNullException.ThrowIfNull(blueprint);
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"{Version}");
        Line($"model {blueprint.Model}");
        Line($"input {Shape(blueprint.Input)}");
        Line($"classes {blueprint.Classes}");
        Line($"parameters {blueprint.Parameters}");
        Line($"macs {blueprint.Macs}");
        Line($"depends_on_size {(blueprint.DependsOnSize ? "yes" : "no")}");
        Line($"outputs {string.Join(' ', blueprint.Outputs)}");
        Line($"{NodesHead} {blueprint.Nodes.Count}");
        string before = BlueprintNode.ModelInput;
        foreach (BlueprintNode node in blueprint.Nodes)
        {
            Line($"{node.Name} {node}{(node.Inputs is [var only] && only == before ? "" : $" ({string.Join(' ', node.Inputs)})")} : {Shape(node.Shape ?? [])}");
            before = node.Name;
        }

        Line($"{KeysHead} {blueprint.Keys.Count}");
        string? module = null;
        foreach ((string owner, string name, BlueprintKey key) in blueprint.Keys.Select(Split))
        {
            text.Append(owner == module ? "" : $"{(module is null ? "" : "\n")}{(owner.Length == 0 ? BlueprintNode.ModelInput : owner)}")
                .Append(CultureInfo.InvariantCulture, $" {name}={Shape(key.Shape)}");
            module = owner;
        }

        return text.Append('\n').ToString();
    }

    /// <summary>Reads it.</summary>
    /// <param name="text">What <see cref="Write"/> gave.</param>
    /// <param name="displayName">For messages.</param>
    /// <exception cref="ZooException">It is no blueprint.</exception>
    public static Blueprint Parse(string text, string displayName)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            var lines = new Queue<string>(text.TrimEnd('\n').Split('\n'));
            return lines.Dequeue() == Version ? Parse(lines) : throw new FormatException("its first line is another");
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException or OverflowException or IndexOutOfRangeException
            or ArgumentException)
        {
            throw new ZooException($"{displayName} is not a blueprint: {error.Message} Write it anew with `zoo catalog add`.", error);
        }
    }

    private static Blueprint Parse(Queue<string> lines)
    {
        string Head(string name) => lines.Dequeue() is var line && line.StartsWith($"{name} ", StringComparison.Ordinal)
            ? line[(name.Length + 1)..]
            : throw new FormatException($"there is no {name}.");
        var blueprint = new Blueprint
        {
            Model = Head("model"),
            Input = Shape(Head("input")),
            Classes = int.Parse(Head("classes"), CultureInfo.InvariantCulture),
            Parameters = long.Parse(Head("parameters"), CultureInfo.InvariantCulture),
            Macs = long.Parse(Head("macs"), CultureInfo.InvariantCulture),
            DependsOnSize = Head("depends_on_size") == "yes",
            Outputs = Head("outputs").Split(' '),
            Nodes = [],
            Keys = [],
        };
        int count = int.Parse(Head(NodesHead), CultureInfo.InvariantCulture);
        var nodes = new BlueprintNode[count >= 0 && count <= lines.Count ? count : throw new FormatException($"it has no {count} nodes.")];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = Node(lines.Dequeue(), i == 0 ? BlueprintNode.ModelInput : nodes[i - 1].Name);
        }

        int keys = int.Parse(Head(KeysHead), CultureInfo.InvariantCulture);
        blueprint = blueprint with { Nodes = nodes, Keys = [.. lines.SelectMany(Keys)] };
        return blueprint.Keys.Count == keys ? blueprint : throw new FormatException($"it has {blueprint.Keys.Count} keys, not {keys}.");
    }

    private static BlueprintNode Node(string line, string before)
    {
        string[] halves = line.Split(" : ");
        int open = halves[0].IndexOf(" (", StringComparison.Ordinal);
        string[] words = (open < 0 ? halves[0] : halves[0][..open]).Split(' ');
        string[] inputs = open < 0 ? [before] : halves[0][(open + 2)..^1].Split(' ');
        return new(words[0], words[1], [.. words.Skip(2).Select(word => word.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1]))], inputs,
            Shape(halves[1]));
    }

    private static IEnumerable<BlueprintKey> Keys(string line)
    {
        string[] words = line.Split(' ');
        return words.Skip(1).Select(word => word.Split('='))
            .Select(pair => new BlueprintKey(words[0] == BlueprintNode.ModelInput ? pair[0] : $"{words[0]}.{pair[0]}", Shape(pair[1])));
    }

    private static (string Owner, string Name, BlueprintKey Key) Split(BlueprintKey key) =>
        key.Name.LastIndexOf('.') is var dot and >= 0 ? (key.Name[..dot], key.Name[(dot + 1)..], key) : ("", key.Name, key);

    private static string Shape(IReadOnlyList<long> sizes) => string.Join('x', sizes);

    private static long[] Shape(string text) => text.Length == 0 ? [] : [.. text.Split('x').Select(size => long.Parse(size, CultureInfo.InvariantCulture))];
}
