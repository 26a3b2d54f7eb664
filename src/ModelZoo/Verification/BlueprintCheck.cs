using ModelZoo.Tracing;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

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
            yield return new() { Name = Model, Op = Op, Quantity = Structure, Verdict = Verdict.Unverified, Note = $"not compared with the blueprint: {reason}" };
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
            yield return new() { Name = Model, Op = Op, Quantity = Structure, Verdict = Verdict.Passed, Note = $"{trace.Nodes.Count} layers as in the blueprint" };
        }
    }

    /// <summary>A structure that can't be compared does not fail a report.</summary>
    public static IReadOnlySet<string> Allowed(IReadOnlySet<string> ops, Blueprint? blueprint) => blueprint?.NotComparable is null ? ops : new HashSet<string>(ops) { Op };
}
