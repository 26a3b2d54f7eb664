using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Training;

/// <summary>
/// A claim about training: every variant is trained once with every seed, and the verdict compares them seed by seed, by a rule that is fixed before anything
/// runs.
/// </summary>
/// <param name="info">What it says about itself.</param>
/// <param name="size">Another size than the preset's.</param>
public abstract class TrainingExperiment(ExperimentInfo info, TrainingSize? size = null) : Experiment(info)
{
    /// <summary>What is trained, with names that can stand in file names.</summary>
    public abstract IReadOnlyList<string> Variants { get; }

    /// <summary>When the verdict is "reproduced", one sentence.</summary>
    public abstract string Rule { get; }

    /// <summary>How large the source's own experiment was.</summary>
    protected abstract string SourceSize { get; }

    /// <summary>The experiment's sizes.</summary>
    protected abstract (TrainingSize Quick, TrainingSize Full) Sizes { get; }

    /// <summary>Its size on photographs, for two cores, and what was shrunk and why the claim survives it; null where the quick size serves them too.</summary>
    protected virtual (TrainingSize Size, string Shrunk)? Photographs => null;

    /// <summary>How long the training is, in words.</summary>
    protected virtual string Length(TrainingSize size) => $"{size.Epochs} epochs";

    /// <summary>The verdict on what came of the runs, with effect, figures and notes.</summary>
    public abstract ExperimentResult Judge(RunTable runs);

    /// <inheritdoc/>
    public sealed override ExperimentResult Run(ExperimentContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        int threads = get_num_threads();
        if (context.Preset != Preset.Full)
        {
            set_num_threads(1); // small layers gain nothing from more, and the sums then do not depend on the machine's cores
        }

        try
        {
            (TrainingSize Size, string Shrunk)? photographs = context.Preset != Preset.Full && context.Data.Name is "cifar10" or "cifar100" or "folder"
                ? Photographs
                : null;
            using var shop = new ExperimentTraining(context, size ?? photographs?.Size ?? context.Choose(Sizes.Quick, Sizes.Full));
            IReadOnlyList<IReadOnlyList<Measured>> runs = context.OverSeeds(Variants, (variant, seed) =>
            {
                using DisposeScope scope = NewDisposeScope();
                manual_seed(seed);
                return Train(shop, variant, seed);
            });
            ExperimentResult result = Judge(new RunTable(Variants.Zip(runs).ToDictionary(r => r.First, r => r.Second)));
            return result with
            {
                Seeds = [.. context.Seeds],
                DataUsed = shop.Data.Used,
                Notes = [$"Rule, fixed before the run: {Rule}{Margin(context.Seeds.Count)}", .. result.Notes,
                    $"The size limits the claim. The source: {SourceSize}. Here: {shop.Data.Used}; {Length(shop.Size)}."
                    + (photographs is { } p && size is null ? $" {p.Shrunk}" : "")],
            };
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    /// <summary>Trains one variant with one seed; the default generator is seeded with it already.</summary>
    internal abstract Measured Train(ExperimentTraining shop, string variant, long seed);

    private static string Margin(int seeds) => " A difference counts where its mean over the seeds is more than twice its standard error" + (seeds switch
    {
        1 => "; one seed has none, so that nothing can be decided.",
        3 => " (with three seeds noise alone does that, in the claimed direction, about once in eleven times).",
        5 => " (with five seeds noise alone does that, in the claimed direction, about once in seventeen times).",
        _ => ".",
    });
}

/// <summary>How large the training of an experiment is.</summary>
/// <param name="Images">To train with, at most.</param>
/// <param name="TestImages">To test with, at most.</param>
/// <param name="Side">Rows and columns of the images at most, in pixels; smaller ones stay as they are.</param>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="BatchSize">Images per step.</param>
/// <param name="Width">Channels (units) of a layer, where the experiment builds its own network.</param>
public sealed record TrainingSize(int Images, int TestImages, int Side, int Epochs, int BatchSize, int Width);
