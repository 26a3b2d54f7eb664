using ModelZoo.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

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
        ParameterGroups = [.. groups.Select((g, i) => new ParameterGroup(g.Name, [.. g.Parameters.Where(p => !frozen.Contains(p))], Math.Pow(options.RateDecay, groups.Count - 1 - i)))],
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

    // A group that stays is as in evaluation: without dropout, its statistics as they are. So is a normalisation whose parameters stay.
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
