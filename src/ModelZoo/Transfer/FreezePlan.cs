using System.Text.RegularExpressions;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Which parameters of a model stay as they are. The head is always trained.</summary>
public sealed record FreezePlan
{
    /// <summary>Everything but the head stays.</summary>
    public static FreezePlan HeadOnly { get; } = new() { TrainedGroups = 0 };

    /// <summary>Everything is trained.</summary>
    public static FreezePlan Nothing { get; } = new();

    /// <summary>How many groups in front of the head are trained with it; null: all.</summary>
    public int? TrainedGroups { get; init; }

    /// <summary>The name of the last group (<see cref="LayerGroup"/>) that stays, and with it everything before; null: none.</summary>
    public string? UpTo { get; init; }

    /// <summary>
    /// What else stays: a module ("layer1"), a parameter ("layer1.0.conv1.weight"), or a pattern of them with * and ? ("layer1.*", "*.bias").
    /// </summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>The last so many groups in front of the head are trained with it.</summary>
    public static FreezePlan LastGroups(int count) => new() { TrainedGroups = count };

    /// <summary>Sets requires_grad of every parameter.</summary>
    /// <param name="model">The model.</param>
    /// <param name="groups">Its groups, the head's last.</param>
    /// <returns>The names of the parameters that stay.</returns>
    /// <exception cref="ZooException">There is no such group, a pattern fits no parameter, or would freeze the head.</exception>
    public IReadOnlyList<string> Apply(nn.Module model, IReadOnlyList<LayerGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(model);
        HashSet<string> frozen = Frozen(model, groups);
        List<string> kept = [];
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            parameter.requires_grad = !frozen.Contains(name);
            if (!parameter.requires_grad)
            {
                kept.Add(name);
            }
        }

        return kept;
    }

    /// <summary>In words, for people.</summary>
    public override string ToString()
    {
        string[] parts =
        [
            .. TrainedGroups is { } k
                ? [k == 0 ? "all but the head" : $"all but the head and {k} group{(k == 1 ? "" : "s")} before it"]
                : Array.Empty<string>(),
            .. UpTo is { } stage ? [$"up to {stage}"] : Array.Empty<string>(),
            .. Patterns,
        ];
        return parts.Length == 0 ? "nothing" : string.Join(", ", parts);
    }

    internal HashSet<string> Frozen(nn.Module model, IReadOnlyList<LayerGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        int first = Math.Max(TrainedGroups is { } k ? Math.Max(0, groups.Count - 1 - k) : 0, UpTo is { } stage ? IndexOf(groups, stage) + 1 : 0);
        HashSet<string> frozen = [.. groups.Take(first).SelectMany(g => g.Parameters)];
        if (first == groups.Count - 1)
        {
            // An auxiliary loss would only train its own classifier.
            string[] auxiliary = [.. HeadFinder.Auxiliary(model).Select(a => HeadFinder.ClassifierOf(a) + ".")];
            frozen.UnionWith(groups[^1].Parameters.Where(p => auxiliary.Any(a => p.StartsWith(a, StringComparison.Ordinal))));
        }

        string[] names = [.. model.named_parameters().Select(p => p.name)];
        foreach (string pattern in Patterns)
        {
            string[] matched = [.. names.Where(name => Matches(pattern, name))];
            string? head = matched.FirstOrDefault(name => groups[^1].Modules.Any(m => name.StartsWith(m + ".", StringComparison.Ordinal)));
            if (matched.Length == 0 || head is not null)
            {
                throw new ZooException(head is not null
                    ? $"'{pattern}' would freeze '{head}' of the head, which has fresh weights and must be trained."
                    : $"'{pattern}' fits no parameter of "
                        + $"{model.GetName()}.{NearestName.Hint(pattern, model.named_modules().Select(m => m.name).Where(n => n.Length > 0).Concat(names))}");
            }

            frozen.UnionWith(matched);
        }

        return frozen;
    }

    private static int IndexOf(IReadOnlyList<LayerGroup> groups, string stage)
    {
        string[] names = [.. groups.SkipLast(1).Select(g => g.Name)];
        int index = Array.IndexOf(names, stage);
        return index >= 0
            ? index
            : throw new ZooException($"There is no stage '{stage}' to freeze up to.{NearestName.Hint(stage, names)} The stages are "
                + $"{string.Join(", ", names)}.");
    }

    private static bool Matches(string pattern, string name) => name == pattern || name.StartsWith(pattern + ".", StringComparison.Ordinal)
        || (pattern.AsSpan().ContainsAny('*', '?') && Regex.IsMatch(
            name, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal)}$",
                RegexOptions.CultureInvariant | RegexOptions.NonBacktracking));
}
