namespace ModelZoo.Verification;

/// <summary>Differences in words.</summary>
internal static class BlueprintWords
{
    /// <summary>"a ReLU", "an Add".</summary>
    public static string One(string op) => $"{("AEIOaeio".Contains(op[0], StringComparison.Ordinal) ? "an" : "a")} {op}";

    /// <summary>A call's name as an input.</summary>
    public static string Input(string name) => name == BlueprintNode.ModelInput ? "the model's input" : name.Split(':') is [var node, var slot] ? $"{node}'s output {slot}" : name;

    /// <summary>"stride 1 instead of 2, padding 0 instead of 1"; "" where nothing differs.</summary>
    public static string Settings(BlueprintNode expected, BlueprintNode actual) => string.Join(", ", expected.Settings
        .Where(s => s.Value != BlueprintNode.Any && actual.Setting(s.Key) != s.Value)
        .Select(s => (s.Key, s.Value) switch
        {
            ("bias", "true") => "the bias is missing",
            ("bias", _) => "a bias too many",
            ("inplace", "false") => "it works in place, on a tensor that others may still read",
            ("inplace", _) => "it does not work in place",
            _ => $"{s.Key} {actual.Setting(s.Key) ?? "none"} instead of {s.Value}",
        })
        .Concat(actual.Settings.Where(s => expected.Setting(s.Key) is null).Select(s => $"{s.Key} {s.Value} instead of none")));

    /// <summary>Which inputs are wrong.</summary>
    public static string Wiring(string op, string[] takes, string[] should)
    {
        if (op == "Concat" && takes.Order(StringComparer.Ordinal).SequenceEqual(should.Order(StringComparer.Ordinal)))
        {
            int[] moved = [.. Enumerable.Range(0, takes.Length).Where(i => takes[i] != should[i])];
            return moved.Length == 2
                ? $"branches {moved[0] + 1} and {moved[1] + 1} of the concatenation are swapped"
                : $"the branches of the concatenation come in the order {string.Join(", ", takes.Select(t => Array.IndexOf(should, t) + 1))}";
        }

        List<string> wrong = [.. takes], left = [.. should];
        foreach (string both in takes)
        {
            if (left.Remove(both))
            {
                wrong.Remove(both);
            }
        }

        return wrong.Count == 0 && left.Count == 0
            ? $"takes {List(takes)} in this order, should take {List(should)}"
            : wrong.Count == 0 ? $"does not take {List(left)}"
            : left.Count == 0 ? $"takes {List(wrong)} too"
            : $"takes {List(wrong)}, should take {List(left)}";
    }

    private static string List(IEnumerable<string> names) => string.Join(" and ", names.Select(Input));
}
