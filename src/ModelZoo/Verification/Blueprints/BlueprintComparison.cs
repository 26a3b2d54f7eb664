namespace ModelZoo.Verification.Blueprints;

/// <summary>Holds a network against its blueprint: calls, hyper-parameters, wiring, shapes, order, outputs, keys, totals.</summary>
/// <remarks>
/// A mistake is reported once, where it was made: a layer that is missing is not reported again by the one that should have taken its output, nor a wrong shape
/// by the layers after it.
/// </remarks>
internal sealed class BlueprintComparison
{
    private const string Model = "model";
    private const string OpOfModel = "Blueprint";

    // For these the order of the inputs does not matter.
    private static readonly HashSet<string> Commutative = ["Add", "Multiply"];

    private readonly Blueprint expected;
    private readonly Blueprint actual;
    private readonly bool partial;
    private readonly bool resized;
    private readonly BlueprintMatch match;
    private readonly List<BlueprintDifference> found = [];
    private readonly HashSet<string> misshapen = [];

    private BlueprintComparison(Blueprint expected, Blueprint actual, bool partial)
    {
        this.expected = expected;
        this.actual = actual;
        this.partial = partial;
        resized = !expected.Input.SequenceEqual(actual.Input);
        match = new BlueprintMatch(expected, actual, partial);
    }

    /// <summary>The differences in the order of execution; empty where there are none.</summary>
    /// <param name="expected">What the network should be.</param>
    /// <param name="actual">What it is.</param>
    /// <param name="partial">Whether its forward failed, so that what comes after is unknown.</param>
    public static IReadOnlyList<BlueprintDifference> Of(Blueprint expected, Blueprint actual, bool partial = false)
    {
        var comparison = new BlueprintComparison(expected, actual, partial);
        comparison.Run();
        return comparison.found;
    }

    private void Run()
    {
        Queue<BlueprintNode> missing = new(match.Missing);
        foreach (BlueprintNode node in actual.Nodes)
        {
            if (match.Expected(node) is { } right)
            {
                while (missing.TryPeek(out BlueprintNode? left) && match.Position(left.Name) < match.Position(right.Name))
                {
                    Missing(missing.Dequeue());
                }

                Compare(node, right);
            }
            else
            {
                Extra(node);
            }
        }

        foreach (BlueprintNode left in missing)
        {
            Missing(left);
        }

        if (!partial)
        {
            Outputs();
            Order();
        }

        Keys();
        Totals();
    }

    private void Compare(BlueprintNode node, BlueprintNode right)
    {
        int before = found.Count;
        if (node.Name != right.Name)
        {
            Add(node, right, node.Op == right.Op
                ? $"it is named {node.Name} instead of {right.Name}"
                : $"{BlueprintWords.One(node.Op)} instead of {BlueprintWords.One(right.Op)}");
        }
        else if (node.Op != right.Op)
        {
            Add(node, right, node.Op == "Identity"
                ? $"{BlueprintWords.One(right.Op)} is missing after {match.Before(right)}: an Identity stands in its place"
                : $"{BlueprintWords.One(node.Op)} instead of {BlueprintWords.One(right.Op)}");
        }

        if (node.Op == right.Op && BlueprintWords.Settings(right, node) is { Length: > 0 } settings)
        {
            Add(node, right, settings);
        }

        string[] takes = match.InputsOf(node), should = match.ExpectedInputsOf(right);
        if (!Same(node.Op, takes, should))
        {
            Add(node, right, BlueprintWords.Wiring(node.Op, takes, should));
        }

        if (resized || right.Shape is null || node.Shape is null || right.Shape.SequenceEqual(node.Shape))
        {
            return;
        }

        misshapen.Add(node.Name);
        if (found.Count == before && !node.Inputs.Any(input => misshapen.Contains(input.Split(':')[0])))
        {
            Add(node, right, $"its output is [{string.Join(",", node.Shape)}] instead of [{string.Join(",", right.Shape)}]");
        }
    }

    private static bool Same(string op, string[] takes, string[] should) =>
        Commutative.Contains(op) ? takes.Order(StringComparer.Ordinal).SequenceEqual(should.Order(StringComparer.Ordinal)) : takes.SequenceEqual(should);

    private void Missing(BlueprintNode left)
    {
        string cause = match.BlocksOf(left.Name) ?? $"{BlueprintWords.One(left.Op)} is missing after {match.Before(left)}";
        if (match.BlocksOf(left.Name) is null || found.TrueForAll(f => f.Cause != cause))
        {
            found.Add(new(left.Name, left.Op, cause, $"the blueprint has {left} here, but it never runs"));
        }
    }

    private void Extra(BlueprintNode node)
    {
        string cause = match.BlocksOf(node.Name) ?? $"an extra {node.Op} after {match.Source(node)}";
        if (match.BlocksOf(node.Name) is null || found.TrueForAll(f => f.Cause != cause))
        {
            found.Add(new(node.Name, node.Op, cause, "the blueprint has no such layer here"));
        }
    }

    private void Outputs()
    {
        string[] gives = [.. actual.Outputs.Select(match.Resolve)], should = [.. expected.Outputs.Select(match.ResolveExpected)];
        if (gives.SequenceEqual(should))
        {
            return;
        }

        bool permuted = gives.Order(StringComparer.Ordinal).SequenceEqual(should.Order(StringComparer.Ordinal));
        Whole(
            permuted && gives.Length > 1 && gives[0] == should[0]
                ? "the auxiliary heads are swapped"
                : permuted
                ? "the outputs are in another order"
                : $"its output is made by {string.Join(" and ", gives)} instead of {string.Join(" and ", should)}",
            $"the outputs are {string.Join(", ", gives)}; the blueprint has {string.Join(", ", should)}");
    }

    private void Order()
    {
        string[] runs = [.. actual.Nodes.Select(node => match.Expected(node)?.Name).OfType<string>()];
        HashSet<string> common = [.. runs];
        string[] should = [.. expected.Nodes.Select(node => node.Name).Where(common.Contains)];
        int at = Enumerable.Range(0, Math.Min(runs.Length, should.Length)).FirstOrDefault(i => runs[i] != should[i], -1);
        if (found.Count == 0 && at >= 0)
        {
            Whole($"{runs[at]} runs before {should[at]} instead of after it", "the layers are wired as in the blueprint, but run in another order");
        }
    }

    private void Keys()
    {
        int common = Math.Min(expected.Keys.Count, actual.Keys.Count);
        int at = Enumerable.Range(0, common).FirstOrDefault(i => !expected.Keys[i].Fits(actual.Keys[i]), common);
        if (at < common || expected.Keys.Count != actual.Keys.Count)
        {
            string is_ = at < actual.Keys.Count
                ? actual.Keys[at].ToString()
                : "missing", right = at < expected.Keys.Count
                ? expected.Keys[at].ToString()
                : "none";
            Whole($"key {at + 1} of its state is {is_} instead of {right}",
                $"its state_dict has {actual.Keys.Count} keys, the blueprint's {expected.Keys.Count}");
        }
    }

    // They follow from the layers: worth a word where these do not tell.
    private void Totals()
    {
        if (found.Count > 0 || partial)
        {
            return;
        }

        if (expected.Parameters is { } parameters && parameters != actual.Parameters)
        {
            Whole($"{actual.Parameters} parameters instead of {parameters}", "every layer is as in the blueprint");
        }

        if (!resized && expected.Macs is { } macs && macs != actual.Macs)
        {
            Whole($"{actual.Macs} multiply-accumulates instead of {macs}", "every layer is as in the blueprint");
        }
    }

    private void Add(BlueprintNode node, BlueprintNode right, string cause) =>
        found.Add(new(node.Name, node.Op, cause, $"the blueprint has {right} of {string.Join(" and ", right.Inputs.Select(BlueprintWords.Input))}"));

    private void Whole(string cause, string note) => found.Add(new(Model, OpOfModel, cause, note));
}

/// <summary>One thing in which a network is not as its blueprint has it.</summary>
/// <param name="Name">The call ("layer1.0.conv1"); "model" for what belongs to none.</param>
/// <param name="Op">Its type.</param>
/// <param name="Cause">The difference in words ("stride 1 instead of 2").</param>
/// <param name="Note">What the blueprint has there.</param>
public sealed record BlueprintDifference(string Name, string Op, string Cause, string Note);
