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

    /// <param name="root">What was pickled.</param>
    /// <param name="section">The path of the wanted state dict, keys separated by '/'; null to look for the only one.</param>
    /// <returns>Its path (empty for the object itself), and the state dict.</returns>
    /// <exception cref="ZooException">There is none, or several; the message names them.</exception>
    public (string Path, PickleDict Dict) Find(object? root, string? section)
    {
        PickleDict top = root as PickleDict ?? throw new ZooException(
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
            dict = dict[key] as PickleDict ?? throw new ZooException(
                $"{file}: has no state dict under {Printable.Name(section)}.{NearestName.Hint(key, Children("", dict).Select(c => c.Path))} It has "
                    + $"{Some(Children("", dict).Select(c => c.Path))}.");
        }

        return Tensors(dict) > 0 ? (section, dict) : throw new ZooException($"{file}: has no tensors directly under {Printable.Name(section)}.");
    }

    private static IEnumerable<(string Path, PickleDict Dict)> Children(string path, PickleDict dict)
    {
        foreach ((object? key, object? value) in dict.Items)
        {
            if (key is string { Length: <= LongestKey } text && value is PickleDict child)
            {
                yield return (path + text, child);
            }
        }
    }

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
