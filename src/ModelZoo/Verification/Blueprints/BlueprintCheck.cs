using ModelZoo.Tracing;
using static TorchSharp.torch;

namespace ModelZoo.Verification.Blueprints;

/// <summary>A network's structure, held against its blueprint, as checks of a report.</summary>
internal static class BlueprintCheck
{
    private const string Model = "model";
    private const string Op = nameof(Blueprint);
    private const string Structure = "structure";

    /// <summary>A check that passed or is open for the model as a whole, or one that failed for each difference.</summary>
    public static IEnumerable<LayerCheck> Of(Trace trace, nn.Module model, Blueprint blueprint, bool failed)
    {
        if (blueprint.NotComparable is { } reason)
        {
            yield return new()
            {
                Name = Model,
                Op = Op,
                Quantity = Structure,
                Verdict = Verdict.Unverified,
                Note = $"not compared with the blueprint: {reason}"
            };
            yield break;
        }

        IReadOnlyList<BlueprintDifference> differences = BlueprintComparison.Of(blueprint, Blueprint.Of(trace, model), failed);
        foreach (BlueprintDifference difference in differences)
        {
            yield return new()
            {
                Name = difference.Name,
                Op = difference.Op,
                Quantity = Structure,
                Verdict = Verdict.Failed,
                WorstRatio = double.PositiveInfinity,
                Note = difference.Note,
                LikelyCause = difference.Cause,
            };
        }

        if (differences.Count == 0 && !failed)
        {
            yield return new()
            {
                Name = Model,
                Op = Op,
                Quantity = Structure,
                Verdict = Verdict.Passed,
                Note = $"{trace.Nodes.Count} layers as in the blueprint"
            };
        }
    }

    /// <summary>A structure that can't be compared does not fail a report.</summary>
    public static IReadOnlySet<string> Allowed(IReadOnlySet<string> ops, Blueprint? blueprint) =>
        blueprint?.NotComparable is null ? ops : new HashSet<string>(ops) { Op };
}

/// <summary>
/// Walks two traces side by side and pairs each call with the described one: same place in the order, same name, same type, inputs from the same leaves.
/// </summary>
internal sealed class StructureWalk
{
    private readonly Trace actual;
    private readonly Trace described;
    private int next;

    public StructureWalk(Trace actual, Trace described)
    {
        this.actual = actual;
        this.described = described;
    }

    /// <summary>
    /// The described call that belongs to <paramref name="node"/>, or null; what is wrong with the structure here goes to <paramref name="problems"/>.
    /// </summary>
    public TraceNode? Pair(TraceNode node, ICollection<LayerCheck> problems)
    {
        int found = next;
        while (found < described.Nodes.Count && described.Nodes[found].Name != node.Name)
        {
            found++;
        }

        if (found == described.Nodes.Count)
        {
            problems.Add(Problem(node,
                $"the description has no such layer here{(next < described.Nodes.Count ? $"; it goes on with {described.Nodes[next]}" : "")}"));
            return null;
        }

        for (; next < found; next++)
        {
            problems.Add(Problem(described.Nodes[next], $"it should run here, but {node} does"));
        }

        TraceNode expected = described.Nodes[next++];
        if (expected.Op != node.Op)
        {
            problems.Add(Problem(node, $"the description has a {expected.Op} here"));
            return null;
        }

        string[] from = Sources(actual, node), right = Sources(described, expected);
        if (!from.SequenceEqual(right))
        {
            problems.Add(Problem(node, $"it takes {string.Join(" and ", from)}, but should take {string.Join(" and ", right)}"));
        }

        return expected;
    }

    /// <summary>The described calls that never came.</summary>
    public IEnumerable<LayerCheck> Missing()
    {
        for (; next < described.Nodes.Count; next++)
        {
            yield return Problem(described.Nodes[next], "it never runs");
        }
    }

    /// <summary>A wrong structure at one layer.</summary>
    private static LayerCheck Problem(TraceNode node, string note) =>
        new() { Name = node.Name, Op = node.Op, Quantity = "structure", Verdict = Verdict.Failed, WorstRatio = double.PositiveInfinity, Note = note };

    private static string[] Sources(Trace trace, TraceNode node) => [
        .. node.Inputs.Zip(node.InputSlots, (i, slot) => i == Trace.ModelInput
            ? "the model's input"
            : slot == 0
            ? trace.Nodes[i].Name
            : $"{trace.Nodes[i].Name}'s output {slot}"),
    ];
}
