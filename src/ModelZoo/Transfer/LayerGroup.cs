using ModelZoo.Registry;
using ModelZoo.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Layers of similar depth, which are frozen, unfrozen and trained at one rate together.</summary>
/// <param name="Name">"stem", the name of the stage that it ends in, or "head".</param>
/// <param name="Modules">The paths of its leaf modules, in the order of a forward.</param>
/// <param name="Parameters">The names of its parameters, as <c>named_parameters()</c> gives them.</param>
public sealed record LayerGroup(string Name, IReadOnlyList<string> Modules, IReadOnlyList<string> Parameters)
{
    /// <summary>What the last group of every model is called.</summary>
    public const string Head = "head";

    /// <summary>The name of what runs before the first stage.</summary>
    public const string Stem = "stem";

    /// <summary>
    /// A model's groups from the input to the head: stem and stages of a model of the zoo, the children of any other. Each parameter is in exactly one, that of
    /// its first use; auxiliary classifiers are with the head.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="head">The path of its head.</param>
    /// <param name="example">A batch that it takes.</param>
    /// <exception cref="ZooException">There is no such head, or a forward does not run it.</exception>
    public static IReadOnlyList<LayerGroup> Of(nn.Module<Tensor, Tensor> model, string head, Tensor example)
    {
        ArgumentNullException.ThrowIfNull(model);
        TransferLearning.Find(model, head);
        IReadOnlyList<(string Name, nn.Module Module)> leaves = ForwardOrder.Of(model, example).Leaves;
        int end = leaves.Select(l => l.Name).ToList().IndexOf(head);
        if (end < 0)
        {
            throw new ZooException($"The forward of {model.GetName()} does not run its layer '{head}'.");
        }

        List<(string Group, string Leaf)> backbone = model is ZooModel { Stages.Count: > 0 } zoo ? Staged(leaves, end, zoo) : Children(leaves, end);
        return Gather(model, head, [.. backbone, .. leaves.Skip(end).Select(l => (Head, l.Name))]);
    }

    // What runs up to a stage's end belongs to it; what runs before the first stage begins is the stem; what is left before the head is named by its layers.
    private static List<(string Group, string Leaf)> Staged(IReadOnlyList<(string Name, nn.Module Module)> leaves, int end, ZooModel model)
    {
        List<(string, string)> found = [];
        int next = 0;
        foreach (string stage in model.Stages)
        {
            int first = Index(i => Within(leaves[i].Name, stage), next), last = LastIndex(i => Within(leaves[i].Name, stage));
            bool ownParameters = first >= 0 && Enumerable.Range(first, last - first + 1).Any(i => leaves[i].Module.parameters().Any());
            for (; next <= last; next++)
            {
                found.Add((found.TrueForAll(f => f.Item1 == Stem) && ownParameters && next < first ? Stem : stage, leaves[next].Name));
            }
        }

        string[] rest = [.. Enumerable.Range(next, end - next).Where(i => leaves[i].Module.parameters().Any()).Select(i => leaves[i].Name)];
        string name = rest.Length switch
        {
            0 => model.Stages[^1],
            1 => rest[0],
            _ => $"{rest[0]}…{rest[^1]}",
        };
        found.AddRange(Enumerable.Range(next, end - next).Select(i => (name, leaves[i].Name)));
        return found;

        int Index(Func<int, bool> is_, int from) => Enumerable.Range(from, end - from).Where(is_).FirstOrDefault(-1);
        int LastIndex(Func<int, bool> is_) => Enumerable.Range(0, end).Where(is_).LastOrDefault(-1);
    }

    // The children, or theirs where there are too few to tell depths apart. A layer without parameters and a normalization belong to what runs before them.
    private static List<(string Group, string Leaf)> Children(IReadOnlyList<(string Name, nn.Module Module)> leaves, int end)
    {
        List<(string, string)> found = [];
        for (int depth = 1; depth <= 4 && found.Select(f => f.Item1).Distinct().Count() < 2; depth++)
        {
            found.Clear();
            foreach ((string leaf, nn.Module module) in leaves.Take(end))
            {
                string own = string.Join('.', leaf.Split('.').Take(depth));
                bool follows = found.Count > 0 && own == leaf && (module is NormBase or GroupNorm or LayerNorm || !module.parameters().Any());
                found.Add((follows ? found[^1].Item1 : own, leaf));
            }
        }

        return found;
    }

    private static List<LayerGroup> Gather(nn.Module model, string head, (string Group, string Leaf)[] leaves)
    {
        string[] auxiliary = [.. HeadFinder.Auxiliary(model).Select(HeadFinder.ClassifierOf)];
        Dictionary<string, List<string>> parameters = leaves.Select(l => l.Group).Distinct().ToDictionary(g => g, _ => new List<string>());
        foreach ((string name, _) in model.named_parameters())
        {
            string owner = name.Contains('.', StringComparison.Ordinal) ? name[..name.LastIndexOf('.')] : "";
            string group = Within(owner, head) || auxiliary.Any(a => Within(owner, a)) ? Head
                : leaves.FirstOrDefault(l => owner.Length == 0 || Within(l.Leaf, owner)).Group ?? leaves[0].Group;
            parameters[group].Add(name);
        }

        List<LayerGroup> groups = [];
        foreach ((string group, List<string> names) in parameters)
        {
            string[] modules = [.. leaves.Where(l => l.Group == group).Select(l => l.Leaf)];
            if (names.Count > 0)
            {
                groups.Add(new LayerGroup(group, modules, names));
            }
            else if (groups.Count > 0)
            {
                groups[^1] = groups[^1] with { Modules = [.. groups[^1].Modules, .. modules] };
            }
        }

        return groups;
    }

    private static bool Within(string path, string module) => path == module || path.StartsWith(module + ".", StringComparison.Ordinal);
}

/// <summary>Which groups of layers are trained in which epoch, at which rate, and in which mode the others are.</summary>
internal sealed class LayerSchedule
{
    private readonly nn.Module model;
    private readonly IReadOnlyList<LayerGroup> groups;
    private readonly FineTuneOptions options;
    private readonly HashSet<string> frozen;

    /// <summary>Freezes what the plan says.</summary>
    /// <exception cref="ZooException">The plan does not fit the model, or a value is out of range.</exception>
    public LayerSchedule(nn.Module model, IReadOnlyList<LayerGroup> groups, FineTuneOptions options)
    {
        if (options.RateDecay is not (> 0 and <= 1))
        {
            throw new ZooException(FormattableString.Invariant($"The rate decay is {options.RateDecay}; it must be above 0, up to 1."));
        }

        if (options.UnfreezeEvery < 0)
        {
            throw new ZooException($"Layers cannot be unfrozen every {options.UnfreezeEvery} epochs.");
        }

        (this.model, this.groups, this.options) = (model, groups, options);
        frozen = options.ChosenPlan.Frozen(model, groups);
        options.ChosenPlan.Apply(model, groups);
    }

    /// <summary>Whether everything outside the head's group stays.</summary>
    public bool HeadOnly => groups.SkipLast(1).All(g => g.Parameters.All(frozen.Contains)) && (frozen.Count > 0 || groups.Count == 1)
        && HeadFinder.Auxiliary(model).All(a => groups[^1].Parameters.Where(p => p.StartsWith(a + ".", StringComparison.Ordinal)).All(frozen.Contains));

    private bool Plain => frozen.Count == 0 && options is { RateDecay: 1, UnfreezeEvery: 0, FreezeNormalization: false };

    /// <summary>The trainer's options with groups, rates and modes.</summary>
    public TrainerOptions AddTo(TrainerOptions trainer) => Plain ? trainer : trainer with
    {
        ParameterGroups = [.. groups.Select((g, i) =>
            new ParameterGroup(g.Name, [.. g.Parameters.Where(p => !frozen.Contains(p))], Math.Pow(options.RateDecay, groups.Count - 1 - i)))],
        OnEpoch = options.UnfreezeEvery > 0 ? Unfreeze : null,
        TrainMode = SetMode,
    };

    // The head from the first epoch on, then one more group after every so many.
    private void Unfreeze(int epoch)
    {
        int trained = 1 + (epoch - 1) / options.UnfreezeEvery;
        HashSet<string> names = [.. groups.TakeLast(trained).SelectMany(g => g.Parameters)];
        foreach ((string name, Parameter parameter) in model.named_parameters())
        {
            parameter.requires_grad = names.Contains(name) && !frozen.Contains(name);
        }
    }

    // A group that stays is as in evaluation: without dropout, its statistics as they are. So is a normalization whose parameters stay.
    private void SetMode(nn.Module trained)
    {
        trained.train();
        Dictionary<string, nn.Module> modules = trained.named_modules().ToDictionary(m => m.name, m => m.module);
        Dictionary<string, bool> learns = trained.named_parameters().ToDictionary(p => p.name, p => p.parameter.requires_grad);
        foreach (string leaf in groups.Where(g => !g.Parameters.Any(p => learns[p])).SelectMany(g => g.Modules))
        {
            modules[leaf].eval();
        }

        foreach (nn.Module norm in modules.Values.Where(static m => m is BatchNorm or InstanceNorm))
        {
            if (options.FreezeNormalization || (norm.parameters().Any() && norm.parameters().All(p => !p.requires_grad)))
            {
                norm.eval();
            }
        }
    }
}
