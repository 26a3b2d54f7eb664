using ModelZoo.Layers;
using ModelZoo.Registry;
using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>Compares a file's tensors with a model's, and decides what is to become of each before anything is changed.</summary>
internal sealed class LoadPlan
{
    private const string BatchCounter = "num_batches_tracked";

    private readonly string model;
    private readonly LoadOptions options;
    private readonly WeightsFile file;
    private readonly string[] heads;
    private readonly string? stem;
    private readonly bool auxiliaryOmitted;
    private readonly KeyMatch match;

    private readonly List<string> missing = [];
    private readonly List<string> unexpected = [];
    private readonly List<string> dropped = [];
    private readonly List<MisshapedTensor> misshaped = [];

    /// <exception cref="ZooException">The file does not fit, and the options do not allow that.</exception>
    public LoadPlan(nn.Module module, WeightsFile file, LoadOptions options)
    {
        (model, this.file, this.options) = (module.GetName(), file, options);
        State = module.state_dict();
        var auxiliary = module as IAuxiliaryHeads;
        heads = module is ZooModel zoo ? [zoo.Head, .. auxiliary?.Auxiliary ?? []] : [];
        stem = module is ZooModel { Stem: var first } ? $"{first}.weight" : null;
        auxiliaryOmitted = auxiliary is { Auxiliary.Count: 0 };
        match = new KeyMatch(file, TargetOf(module, State), options);
        Dictionary<string, WeightsEntry> inFile = match.Entries;
        foreach ((string key, Tensor target) in State)
        {
            Decide(key, target, inFile.GetValueOrDefault(key));
        }

        foreach (string key in inFile.Keys.Where(k => !State.ContainsKey(k)))
        {
            (auxiliaryOmitted && key.StartsWith("aux", StringComparison.OrdinalIgnoreCase) ? dropped : unexpected).Add(key);
        }

        Check();
    }

    /// <summary>The model's parameters and buffers.</summary>
    public Dictionary<string, Tensor> State { get; }

    /// <summary>To be copied: keys of the model, tensors of the file.</summary>
    public List<(string Key, WeightsEntry Entry)> Copied { get; } = [];

    /// <summary>To be adapted to the model's channels.</summary>
    public List<(string Key, WeightsEntry Entry)> Adapted { get; } = [];

    /// <summary>To be drawn anew.</summary>
    public List<string> Reinitialized { get; } = [];

    /// <summary>To be set to zero.</summary>
    public List<string> Tolerated { get; } = [];

    public LoadReport Report() => new()
    {
        Loaded = [.. Copied.Select(c => c.Key)],
        Missing = missing,
        Unexpected = unexpected,
        Misshaped = misshaped,
        Adapted = [.. Adapted.Select(a => Misshaped(a.Key, a.Entry))],
        Reinitialized = Reinitialized,
        Dropped = dropped,
        Tolerated = Tolerated,
        Aside = match.Aside,
        Notes = [.. file.Notes, .. match.Notes, .. DifferenceNote],
    };

    /// <summary>What <see cref="KeyMatch"/> asks of a model.</summary>
    public static KeyTarget TargetOf(nn.Module module, Dictionary<string, Tensor> state) => new(module.GetName(),
        state.ToDictionary(e => e.Key, e => e.Value.shape, StringComparer.Ordinal), (module as ZooModel)?.Head,
        (module as IAuxiliaryHeads)?.Auxiliary ?? [], (module as ZooModel)?.KeySchemes ?? []);

    private string[] DifferenceNote => match.Scheme is { Difference: { } difference } scheme
        ? [$"the network of {scheme.Origin} {difference}: with the same weights this one gives other answers until it is trained further"]
        : [];

    private void Decide(string key, Tensor target, WeightsEntry? entry)
    {
        if (entry is not null && (entry.Shape.SequenceEqual(target.shape) || IsSameLayer(entry.Shape, target.shape)))
        {
            Copied.Add((key, entry));
        }
        else if (options.Head == HeadFit.Reinitialize && InHead(key))
        {
            Reinitialized.Add(key);
        }
        else if (entry is null && (key == BatchCounter || key.EndsWith($".{BatchCounter}", StringComparison.Ordinal)))
        {
            Tolerated.Add(key);
        }
        else if (entry is null)
        {
            missing.Add(key);
        }
        else if (options.Stem != StemFit.Error && OtherChannels(key, entry, target))
        {
            Adapted.Add((key, entry));
        }
        else
        {
            misshaped.Add(Misshaped(key, entry));
        }
    }

    private void Check()
    {
        if (options is { Stem: StemFit.Sum } && Adapted.FirstOrDefault() is { Key: { } adapted } && State[adapted].shape[1] != 1)
        {
            throw new ZooException($"{file.Name}: {adapted} is made for {Adapted[0].Entry.Shape[1]} channels; their sum makes one, and the model has "
                + $"{State[adapted].shape[1]}. Ask for the average (--stem average).");
        }

        if (options.Strict && match.Scheme is { Difference: { } difference } scheme)
        {
            throw new ZooException($"{file.Name}: these are weights of {scheme.Origin}'s network, which {difference}; {model} does not, and would give other "
                + "answers. To train them further, load them all the same: --non-strict.");
        }

        string[] randomHead = [.. missing.Concat(misshaped.Select(m => m.Key)).Where(InHead)];
        bool refused = options.Strict ? missing.Count + unexpected.Count + misshaped.Count > 0 : randomHead.Length > 0;
        if (!refused)
        {
            return;
        }

        string[] problems =
        [
            .. Problem("missing", [.. missing.Select(Printable.Name)]),
            .. Problem("unexpected", [.. unexpected.Select(Printable.Name)]),
            .. Problem("of another shape", [.. misshaped.Select(m => m.ToString())]),
        ];
        string[] advice =
        [
            .. randomHead.Length > 0
                ? [$"The head ({string.Join(", ", heads)}) would stay random: build the model for the file's classes (--num-classes), or ask for a new head "
                    + "(--reinit-head), to be trained."]
                : Array.Empty<string>(),
            .. misshaped.Any(m => State.TryGetValue(m.Key, out Tensor? target) && OtherChannels(m.Key, m.File, target))
                ? ["The first convolution takes other channels: ask for their sum or average (--stem)."]
                : Array.Empty<string>(),
        ];
        throw new ZooException($"{file.Name}: these are not weights of {model}: {string.Join("; ", problems)}.{match.Advice}"
            + (missing.Count > 0 ? ShardedFile.HintFor(file.Name) : "")
            + string.Concat(advice.Select(a => " " + a)));
    }

    // A linear layer that others write as a convolution of everything: [O,C,kh,kw] of [O,C·kh·kw].
    private bool IsSameLayer(IReadOnlyList<long> shape, long[] target) => match.Scheme is not null && target.Length == 2 && shape.Count == 4
        && shape[0] == target[0] && shape.Skip(1).Aggregate((Int128)1, (a, b) => a * b) == target[1];

    private bool InHead(string key) => heads.Any(h => key.StartsWith(h + ".", StringComparison.Ordinal));

    private bool OtherChannels(string key, WeightsEntry entry, Tensor target) => OtherChannels(key, entry.Shape, target);

    private bool OtherChannels(string key, IReadOnlyList<long> shape, Tensor target)
    {
        long[] own = target.shape;
        return key == stem && shape.Count == own.Length && own.Length == 4 && shape[1] > 0 && shape[0] == own[0] && shape.Skip(2).SequenceEqual(own.Skip(2));
    }

    private MisshapedTensor Misshaped(string key, WeightsEntry entry) => new(key, entry.Shape, State[key].shape);

    private static string[] Problem(string what, string[] keys)
    {
        const int Most = 4;
        return keys.Length == 0
            ? []
            : [$"{keys.Length} {(keys.Length == 1 ? "tensor" : "tensors")} {what} ({string.Join(", ", keys.Take(Most))}{(keys.Length > Most ? ", …" : "")})"];
    }
}
