using System.Text.RegularExpressions;

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
