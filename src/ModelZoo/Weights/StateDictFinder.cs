using ModelZoo.Weights.Pickle;

namespace ModelZoo.Weights;

/// <summary>Finds the state dict in what was pickled: it is the object itself, or lies in a training checkpoint beside epoch, optimizer and the like.</summary>
internal sealed class StateDictFinder(string file)
{
    private const int MaxNames = 8;
    private const int LongestKey = 256;

    private static readonly HashSet<string> Usual = new(StringComparer.Ordinal)
    {
        "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "weights", "params", "state",
        "ema", "model_ema", "ema_model", "ema_state_dict", "state_dict_ema", "params_ema", "teacher", "student",
    };

    private readonly Dictionary<PickleDict, int> counts = [];
    private readonly PickledModules modules = new(file);

    /// <param name="root">What was pickled.</param>
    /// <param name="section">The path of the wanted state dict, keys separated by '/'; null to look for the only one.</param>
    /// <returns>Its path (empty for the object itself), and the state dict.</returns>
    /// <exception cref="ZooException">There is none, or several; the message names them.</exception>
    public (string Path, PickleDict Dict) Find(object? root, string? section)
    {
        PickleDict top = Dict(root) ?? throw new ZooException(
            $"{file}: holds {Kind(root)}, not a state dict. In Python, save the weights as torch.save(model.state_dict(), …).");
        return section is null ? Search(top) : Walk(top, section);
    }

    private (string Path, PickleDict Dict) Search(PickleDict top)
    {
        IEnumerable<(string Path, PickleDict Dict)> children = Children("", top);
        (string, PickleDict)[] usual = [.. children.Where(c => Usual.Contains(c.Path) && Tensors(c.Dict) > 0)];
        if (usual.Length == 0 && Tensors(top) > 0)
        {
            return ("", top);
        }

        (string Path, PickleDict Dict)[] found = usual.Length > 0 ? usual : [.. children.Where(c => Tensors(c.Dict) > 0).Take(MaxNames + 1)];
        if (found.Length == 0)
        {
            var seen = new HashSet<PickleDict>();
            found = [.. children.Where(c => seen.Add(c.Dict)).SelectMany(c => Children(c.Path + "/", c.Dict)).Where(c => Tensors(c.Dict) > 0)
                .Take(MaxNames + 1)];
        }

        return found switch
        {
            [var only] => only,
            [] => throw new ZooException($"{file}: holds no state dict: no tensors under text keys, at the top or up to two levels below. Its keys are "
                + $"{Some(top.Items.Select(i => i.Key as string ?? "…"))}."),
            _ => throw new ZooException($"{file}: holds several state dicts: {Some(found.Select(f => $"{f.Path} ({Tensors(f.Dict)} tensors)"))}. Say which "
                + $"one, as in {file}#{found[0].Path}."),
        };
    }

    private (string Path, PickleDict Dict) Walk(PickleDict top, string section)
    {
        PickleDict dict = top;
        foreach (string key in section.Split('/'))
        {
            dict = Dict(dict[key]) ?? throw new ZooException(
                $"{file}: has no state dict under {Printable.Name(section)}.{NearestName.Hint(key, Children("", dict).Select(c => c.Path))} It has "
                    + $"{Some(Children("", dict).Select(c => c.Path))}.");
        }

        return Tensors(dict) > 0 ? (section, dict) : throw new ZooException($"{file}: has no tensors directly under {Printable.Name(section)}.");
    }

    private IEnumerable<(string Path, PickleDict Dict)> Children(string path, PickleDict dict)
    {
        foreach ((object? key, object? value) in dict.Items)
        {
            if (key is string { Length: <= LongestKey } text && Dict(value) is { } child)
            {
                yield return (path + text, child);
            }
        }
    }

    // A dict, or the state dict of a module that was pickled whole.
    private PickleDict? Dict(object? value) => value is PickleInert inert ? modules.StateOf(inert) : value as PickleDict;

    // Counted once for each dict: the same one can lie under many keys.
    private int Tensors(PickleDict dict)
    {
        if (!counts.TryGetValue(dict, out int count))
        {
            counts[dict] = count = dict.Items.Count(i => i is { Key: string, Value: PickleTensor });
        }

        return count;
    }

    private static string Kind(object? value) => value switch
    {
        PickleTensor => "a single tensor",
        PickleInert inert => $"an object of the class {Printable.Plain(inert.Name)}",
        PickleGlobal global => $"the name {Printable.Plain(global.Name)}",
        PickleList or PickleTuple => "a list",
        string or byte[] => "a text",
        _ => "something",
    };

    private static string Some(IEnumerable<string> names)
    {
        string[] shown = [.. names.Take(MaxNames + 1)];
        return shown.Length == 0
            ? "nothing"
            : string.Join(", ", shown.Take(MaxNames).Select(n => Printable.Name(n))) + (shown.Length > MaxNames ? ", …" : "");
    }
}

/// <summary>
/// State dicts of modules that were pickled whole (<c>torch.save(model)</c>), put together from their attributes as torch.nn.Module.state_dict does. Nothing
/// of a module's class is needed or run.
/// </summary>
internal sealed class PickledModules(string file)
{
    private const int MostSteps = 1 << 17;
    private const int LongestName = 1024;

    private readonly Dictionary<PickleInert, PickleDict?> found = [];
    private int steps;

    /// <summary>The state dict of an object; null where it is no module.</summary>
    /// <exception cref="ZooException">The modules are more than any network has, or contain themselves.</exception>
    public PickleDict? StateOf(PickleInert value)
    {
        if (!found.TryGetValue(value, out PickleDict? state))
        {
            found[value] = state = value.Attributes is { } attributes && IsModule(attributes) ? Collect(value) : null;
        }

        return state;
    }

    private static bool IsModule(PickleDict attributes) => attributes["_parameters"] is PickleDict && attributes["_modules"] is PickleDict;

    private PickleDict Collect(PickleInert root)
    {
        var state = new PickleDict();
        var open = new Stack<(string Prefix, PickleInert Module)>([("", root)]);
        while (open.TryPop(out (string Prefix, PickleInert Module) next))
        {
            if (next.Module.Attributes is not { } attributes || !IsModule(attributes))
            {
                continue;
            }

            HashSet<string> passing = [.. ((attributes["_non_persistent_buffers_set"] as PickleList)?.Items ?? []).OfType<string>()];
            Step(passing.Count, next.Prefix);
            foreach ((object? key, object? value) in Items(attributes, "_parameters").Concat(Items(attributes, "_buffers")))
            {
                Step(1, next.Prefix);
                if (key is string name && value is not null && !passing.Contains(name))
                {
                    state.Add(next.Prefix + name, value);
                }
            }

            // The first child is to come out first.
            foreach ((object? key, object? value) in Items(attributes, "_modules").Reverse())
            {
                Step(1, next.Prefix);
                if (key is string name && value is PickleInert child)
                {
                    open.Push(($"{next.Prefix}{name}.", child));
                }
            }
        }

        return state;
    }

    private static IReadOnlyList<KeyValuePair<object?, object?>> Items(PickleDict attributes, string name) => (attributes[name] as PickleDict)?.Items ?? [];

    private void Step(int count, string prefix)
    {
        steps += count;
        if (steps > MostSteps || prefix.Length > LongestName)
        {
            throw new ZooException($"{file}: holds a whole model whose modules are more than any network has, or contain themselves; that is not supported.");
        }
    }
}
