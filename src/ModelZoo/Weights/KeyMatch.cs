using ModelZoo.Registry;

namespace ModelZoo.Weights;

/// <summary>
/// Finds out which tensor of a file belongs to which key of a model, where others wrote the file: under prefixes of wrappers and of larger modules, under other
/// libraries' names, with a head of another name, with counters of profilers among the keys. What it had to change it says.
/// </summary>
internal sealed class KeyMatch
{
    private const int MostCuts = 8; // a prefix has no more parts

    // What a wrapper puts before the keys of what it wraps: DataParallel and DistributedDataParallel, torch.compile, FSDP, activation checkpointing.
    private static readonly HashSet<string> Wrappers = new(StringComparer.Ordinal)
    {
        "module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module",
    };

    // thop's counters, and AveragedModel's number of averaged models.
    private static readonly HashSet<string> Counters = new(StringComparer.Ordinal) { "total_ops", "total_params", "n_averaged" };

    private readonly KeyTarget model;
    private readonly WeightsFile file;
    private readonly LoadOptions options;
    private readonly List<string> notes = [];
    private readonly List<string> aside = [];

    /// <exception cref="ZooException">Two tensors of the file are the same one of the model's, or nothing is under the prefix asked for.</exception>
    public KeyMatch(WeightsFile file, KeyTarget model, LoadOptions options)
    {
        (this.model, this.file, this.options) = (model, file, options);
        List<(string Key, WeightsEntry Entry)> entries = WithoutCounters();
        entries = options.Prefix is { } prefix ? Under(prefix, entries) : WithoutWrappers(entries);
        Candidate chosen = Choose(entries);
        Scheme = chosen.Scheme;
        Entries = Named(entries, chosen);
        if (chosen.Prefix.Length > 0)
        {
            notes.Add($"the prefix {Printable.Name(chosen.Prefix)} is taken off the keys");
            if (entries.FirstOrDefault(e => !e.Key.StartsWith(chosen.Prefix, StringComparison.Ordinal) && !model.Keys.ContainsKey(Renamed(e.Key, chosen)))
                .Key is not null)
            {
                Advice = $" With --prefix {Printable.Plain(chosen.Prefix)} what is outside it is left aside.";
            }
        }

        if (Scheme is not null)
        {
            notes.Add($"the keys are {Scheme.Origin}'s names and are translated");
        }

        FindHead();
    }

    /// <summary>The file's tensors: by the model's key, or by their own where the model has none.</summary>
    public Dictionary<string, WeightsEntry> Entries { get; }

    /// <summary>Whose names the file has; null for the model's own.</summary>
    public KeyScheme? Scheme { get; }

    /// <summary>What was changed to make the keys fit, for people.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>The file's keys that are left aside on purpose.</summary>
    public IReadOnlyList<string> Aside => aside;

    /// <summary>What could be tried where the file does not fit; empty where nothing suggests itself.</summary>
    public string Advice { get; private set; } = "";

    // Each way in which keys may have become other keys; the first that leaves nothing of the model open but its head wins, else the one that opens least.
    private Candidate Choose(List<(string Key, WeightsEntry Entry)> entries)
    {
        var own = new Candidate(null, "", Known(entries, new(null, "", 0)));
        if (own.Known == model.Body.Count)
        {
            return own;
        }

        Candidate best = own;
        foreach (KeyScheme? scheme in options.RenameKey is null ? model.Schemes.Prepend(null) : [null])
        {
            Candidate[] found = [.. Prefixes(entries, scheme).Where(p => options.Prefix is null || p.Length == 0)
                .Select(p => new Candidate(scheme, p, Known(entries, new(scheme, p, 0))))];
            Candidate[] whole = [.. found.Where(c => c.Known == model.Body.Count).OrderBy(c => c.Prefix.Length)];
            if (whole.Length > 1 && whole[0].Prefix.Length > 0)
            {
                throw new ZooException($"{file.Name}: holds weights of {model.Name} more than once, under {string.Join(" and ",
                    whole.Select(c => Printable.Name(c.Prefix)))}. Say which: --prefix {Printable.Plain(whole[0].Prefix)}");
            }

            if (whole.Length > 0)
            {
                return whole[0];
            }

            best = found.Append(best).MaxBy(c => (c.Known, c == best))!;
        }

        return best;
    }

    // Where the keys would have to be cut so that most of what is left is known to the model.
    private List<string> Prefixes(List<(string Key, WeightsEntry Entry)> entries, KeyScheme? scheme)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string key, _) in entries)
        {
            for (int at = 0, cuts = 0; cuts <= MostCuts && at < key.Length; cuts++)
            {
                if (model.Body.Contains(Renamed(key[at..], scheme)))
                {
                    counts[key[..at]] = counts.GetValueOrDefault(key[..at]) + 1;
                }

                int dot = key.IndexOf('.', at);
                at = dot < 0 ? key.Length : dot + 1;
            }
        }

        int most = counts.Values.DefaultIfEmpty(0).Max();
        return [.. counts.Where(c => c.Value * 2 > most).OrderByDescending(c => c.Value).ThenBy(c => c.Key.Length).Take(8).Select(c => c.Key)];
    }

    private int Known(List<(string Key, WeightsEntry Entry)> entries, Candidate candidate)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string key, _) in entries)
        {
            names.Add(Renamed(key, candidate));
        }

        names.IntersectWith(model.Body);
        return names.Count;
    }

    private Dictionary<string, WeightsEntry> Named(List<(string Key, WeightsEntry Entry)> entries, Candidate candidate)
    {
        var found = new Dictionary<string, WeightsEntry>(StringComparer.Ordinal);
        foreach ((string own, WeightsEntry entry) in entries)
        {
            string key = Renamed(own, candidate);
            if (!found.TryAdd(key, entry))
            {
                throw new ZooException($"{file.Name}: both {Printable.Name(found[key].Name)} and {Printable.Name(entry.Name)} are {Printable.Name(key)} of "
                    + $"{model.Name}. Take one of them out, or say under which prefix the weights are (--prefix).");
            }
        }

        return found;
    }

    private string Renamed(string key, Candidate candidate) =>
        Renamed(key.StartsWith(candidate.Prefix, StringComparison.Ordinal) && key.Length > candidate.Prefix.Length ? key[candidate.Prefix.Length..] : key,
            candidate.Scheme);

    private string Renamed(string key, KeyScheme? scheme)
    {
        string renamed = options.RenameKey?.Invoke(key) ?? key;
        return scheme is not null && scheme.TryRename(renamed, out string? translated) ? translated : renamed;
    }

    private List<(string Key, WeightsEntry Entry)> WithoutCounters()
    {
        var kept = new List<(string, WeightsEntry)>();
        var dropped = new List<string>();
        foreach (WeightsEntry entry in file.Entries)
        {
            string last = entry.Name[(entry.Name.LastIndexOf('.') + 1)..];
            if (Counters.Contains(last) && !model.Keys.ContainsKey(entry.Name))
            {
                dropped.Add(entry.Name);
            }
            else
            {
                kept.Add((entry.Name, entry));
            }
        }

        if (dropped.Count > 0)
        {
            aside.AddRange(dropped);
            notes.Add($"{Count(dropped.Count, "counter")} of a profiler or of averaging, no weights, left aside: {Some(dropped)}");
        }

        return kept;
    }

    private List<(string Key, WeightsEntry Entry)> Under(string asked, List<(string Key, WeightsEntry Entry)> entries)
    {
        string prefix = asked.Length == 0 || asked.EndsWith('.') ? asked : asked + ".";
        (string Key, WeightsEntry Entry)[] under = [.. entries.Where(e => e.Key.StartsWith(prefix, StringComparison.Ordinal) && e.Key.Length > prefix.Length)];
        if (under.Length == 0)
        {
            string[] there = [.. entries.Select(e => e.Key.Split('.')[0] + ".").Distinct(StringComparer.Ordinal)];
            throw new UsageException($"--prefix {asked}: no key of {file.Name} begins so.{NearestName.Hint(prefix, there)} They begin with {Some(there)}.");
        }

        string[] outside = [.. entries.Except(under).Select(e => e.Key)];
        if (outside.Length > 0)
        {
            aside.AddRange(outside);
            notes.Add($"{Count(outside.Length, "tensor")} outside the prefix {Printable.Name(prefix)}, left aside: {Some(outside)}");
        }

        return WithoutWrappers([.. under.Select(e => (e.Key[prefix.Length..], e.Entry))]);
    }

    private List<(string Key, WeightsEntry Entry)> WithoutWrappers(List<(string Key, WeightsEntry Entry)> entries)
    {
        if (model.Keys.Keys.Any(k => k.Split('.').Any(Wrappers.Contains)))
        {
            return entries;
        }

        var taken = new SortedSet<string>(StringComparer.Ordinal);
        var without = new List<(string Key, WeightsEntry Entry)>(entries.Count);
        foreach ((string key, WeightsEntry entry) in entries)
        {
            string[] parts = key.Split('.');
            string[] kept = [.. parts[..^1].Where(p => !Wrappers.Contains(p)), parts[^1]];
            taken.UnionWith(parts[..^1].Where(Wrappers.Contains));
            without.Add((string.Join('.', kept), entry));
        }

        if (taken.Count > 0)
        {
            notes.Add($"{string.Join(" and ", taken.Select(t => $"'{t}.'"))} of a wrapper {(taken.Count == 1 ? "is" : "are")} taken out of the keys");
        }

        return without;
    }

    // A head that was replaced: by a Sequential around one linear layer, or by one of another name.
    private void FindHead()
    {
        if (model.Head is not { } head || Entries.ContainsKey($"{head}.weight") || !model.Keys.TryGetValue($"{head}.weight", out long[]? shape))
        {
            return;
        }

        string[] leftover = [.. Entries.Keys.Where(k => !model.Keys.ContainsKey(k) && IsOfHead(k, head))];
        string[] layers = [.. leftover.Select(LayerOf).Distinct(StringComparer.Ordinal)];
        if (layers is [var only] && Entries.GetValueOrDefault($"{only}.weight") is { } weight && Entries.ContainsKey($"{only}.bias")
            && weight.Shape.Count == 2 && shape.Length == 2 && weight.Shape[1] == shape[1] && leftover.Length == 2)
        {
            foreach (string part in new[] { "weight", "bias" })
            {
                Entries[$"{head}.{part}"] = Entries[$"{only}.{part}"];
                Entries.Remove($"{only}.{part}");
            }

            notes.Add($"the head is called {Printable.Name(only)} in the file and is taken for {head}; what stood around it without weights (dropout, an "
                + "activation) is not in a file, and not in the model");
        }
        else if (layers.Length > 0)
        {
            string of = $"Its head has {Count(layers.Length, "layer")} ({Some(layers)}), where the model has one linear layer, {head}, of {shape[^1]} inputs";
            if (options.Head == HeadFit.Reinitialize)
            {
                notes.Add($"{char.ToLowerInvariant(of[0])}{of[1..]}: left aside");
                aside.AddRange(leftover);
                Array.ForEach(leftover, k => Entries.Remove(k));
            }
            else
            {
                Advice += $" {of}: --reinit-head takes the rest of the file, and draws a new head, to be trained.";
            }
        }
    }

    private static readonly HashSet<string> HeadNames = new(StringComparer.Ordinal)
    {
        "fc", "classifier", "head", "heads", "last_linear", "linear", "logits", "cls_head", "output", "output_layer", "fc_out", "final", "_fc", "class_head",
    };

    // Under the head's own name, under the name that the head is a part of (classifier.6 → classifier), or called as heads are.
    private static bool IsOfHead(string key, string head)
    {
        string layer = LayerOf(key), parent = head.Contains('.', StringComparison.Ordinal) ? LayerOf(head) : head;
        return layer.StartsWith(head + ".", StringComparison.Ordinal) || layer == parent || HeadNames.Contains(layer.Split('.')[0]);
    }

    private static string LayerOf(string key) => key[..Math.Max(0, key.LastIndexOf('.'))];

    private static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static string Some(IReadOnlyCollection<string> keys) =>
        string.Join(", ", keys.Take(4).Select(Printable.Plain)) + (keys.Count > 4 ? ", …" : "");

    /// <summary>One way to read the keys, and how many of the model's it finds.</summary>
    private sealed record Candidate(KeyScheme? Scheme, string Prefix, int Known);
}

/// <summary>What <see cref="KeyMatch"/> must know of a model.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Keys">Every key and its shape.</param>
/// <param name="Head">The layer that makes the logits; null where that is not known.</param>
/// <param name="Auxiliary">The linear layers of auxiliary classifiers.</param>
/// <param name="Schemes">Others' names.</param>
internal sealed record KeyTarget(string Name, IReadOnlyDictionary<string, long[]> Keys, string? Head, IReadOnlyList<string> Auxiliary,
    IReadOnlyList<KeyScheme> Schemes)
{
    /// <summary>What has to be in a file: not the head, which is often replaced, nor auxiliary classifiers, nor counters of batches.</summary>
    public IReadOnlySet<string> Body { get; } = Keys.Keys.Where(k => !(Head is not null && k.StartsWith(Head + ".", StringComparison.Ordinal))
        && !Auxiliary.Any(a => k.StartsWith(a.Split('.')[0] + ".", StringComparison.Ordinal))
        && !k.EndsWith("num_batches_tracked", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
}
