using System.CommandLine;
using System.Globalization;
using ModelZoo.Transfer;

namespace ModelZoo.Cli.Inputs;

/// <summary>Which layers fine-tuning trains, and how fast.</summary>
internal sealed class StrategyArgument
{
    private readonly Option<string> strategy = GlobalOptions.Choice("--strategy", "Which layers to train; auto decides by the number of images", "head",
        ["auto", .. TransferStrategy.Names]);
    private readonly Option<string> similarity = GlobalOptions.Choice("--similarity", "With --strategy auto: how like the weights' images yours are", "similar",
        "similar", "different");
    private readonly Option<string[]> freeze = new("--freeze")
    {
        Description = "Layers that stay as they are: names (layer1) or patterns ('*.bn1.*'); the others are trained, unless --strategy says less",
        HelpName = "pattern",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> freezeUpTo = new("--freeze-up-to")
    {
        Description = "Freeze every stage up to this one, in the order of the forward (stem, layer1 …)",
        HelpName = "stage"
    };
    private readonly Option<int?> unfreezeLast = new("--unfreeze-last") { Description = "Train the head and the last k stages before it", HelpName = "k" };
    private readonly Option<bool> all = new("--unfreeze")
    {
        Description = "Train every layer, not the new head alone: the same as --strategy all, but at one rate"
    };
    private readonly Option<double?> decay = new("--lr-decay")
    {
        Description = "The rate of each stage is that of the one behind it times this (default: 1, with the strategies all and last-stages 0.3)",
        HelpName = "factor"
    };
    private readonly Option<int> gradual = new("--gradual")
    {
        Description = "Train the head first, and every n epochs one more stage before it",
        HelpName = "n"
    };
    private readonly Option<bool> normalization = new("--freeze-bn")
    {
        Description = "Leave the statistics of every batch normalization as they are, also in layers that are trained"
    };

    internal void AddTo(Command command)
    {
        foreach (Option option in new Option[] { strategy, similarity, freeze, freezeUpTo, unfreezeLast, all, decay, gradual, normalization })
        {
            command.Add(option);
        }
    }

    /// <summary>Changes options by the flags.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">What to change.</param>
    /// <param name="images">Training images.</param>
    /// <param name="classes">Their classes.</param>
    /// <param name="say">Receives what was chosen, and why.</param>
    /// <exception cref="UsageException">Flags contradict one another.</exception>
    internal FineTuneOptions Read(ParseResult parsed, FineTuneOptions options, int images, int classes, Action<string> say)
    {
        string[] patterns = parsed.GetValue(freeze) ?? [];
        (int? last, string? upTo, bool everything) = (parsed.GetValue(unfreezeLast), parsed.GetValue(freezeUpTo), parsed.GetValue(all));
        bool named = parsed.GetResult(strategy) is { Implicit: false };
        if ((named ? 1 : 0) + (last is null ? 0 : 1) + (upTo is null ? 0 : 1) + (everything ? 1 : 0) > 1)
        {
            throw new UsageException("Give one of --strategy, --freeze-up-to, --unfreeze-last and --unfreeze: each says by itself which layers are trained.");
        }

        if (last < 0 || parsed.GetValue(gradual) < 0)
        {
            throw new UsageException(last < 0
                ? $"--unfreeze-last {last}: it must be 0 or more."
                : $"--gradual {parsed.GetValue(gradual)}: it must be 1 or more (epochs).");
        }

        TransferStrategy? chosen = !named ? null
            : parsed.GetValue(strategy) == "auto"
                ? TransferStrategy.Suggest(images, classes, parsed.GetValue(similarity) == "different" ? DataSimilarity.Different : DataSimilarity.Similar)
                : TransferStrategy.Parse(parsed.GetValue(strategy)!);
        FreezePlan plan = chosen?.Plan
            ?? (last is { } k ? FreezePlan.LastGroups(k)
                : upTo is not null ? new FreezePlan { UpTo = upTo }
                : everything || patterns.Length > 0 || parsed.GetValue(gradual) > 0 ? FreezePlan.Nothing
                : FreezePlan.HeadOnly);
        double rateDecay = parsed.GetValue(decay) ?? chosen?.RateDecay ?? 1;
        if (chosen is not null)
        {
            say($"strategy {chosen.Name}: {chosen.Explanation}"
                + (rateDecay < 1 ? string.Create(CultureInfo.InvariantCulture, $"; rate × {rateDecay} per stage toward the input") : ""));
        }

        return options with
        {
            Plan = patterns.Length > 0 ? plan with { Patterns = patterns } : plan,
            RateDecay = rateDecay is > 0 and <= 1
                ? rateDecay
                : throw new UsageException(FormattableString.Invariant($"--lr-decay {rateDecay}: it must be above 0, up to 1.")),
            UnfreezeEvery = parsed.GetValue(gradual),
            FreezeNormalization = parsed.GetValue(normalization),
        };
    }
}
