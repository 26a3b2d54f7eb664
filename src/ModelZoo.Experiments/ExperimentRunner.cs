using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Experiments;

/// <summary>Runs experiments and keeps their results; what is finished with the same settings is not run again.</summary>
public sealed class ExperimentRunner(ResultStore store)
{
    /// <summary>Runs one, or reads its result.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="context">What it runs with; its <see cref="ExperimentContext.ResultCache"/> is replaced by the folder's.</param>
    /// <param name="fresh">Whether it runs in any case, without partial results of before.</param>
    /// <returns>The result, and whether it was finished before.</returns>
    public (ExperimentRecord Record, bool Cached) Run(Experiment experiment, ExperimentContext context, bool fresh = false)
    {
        ArgumentNullException.ThrowIfNull(experiment);
        ArgumentNullException.ThrowIfNull(context);
        RunSettings settings = RunSettings.Of(experiment.Info, context);
        if (!fresh && store.Read(experiment.Name) is { } finished && finished.Settings == settings)
        {
            return (finished with { Info = experiment.Info }, true);
        }

        ResultCache cache = store.ResultCacheOf(experiment.Name, settings);
        if (fresh)
        {
            cache.Clear();
        }

        double before = cache.TryGet("seconds", out double seconds) ? seconds : 0;
        var clock = Stopwatch.StartNew();
        try
        {
            using DisposeScope scope = NewDisposeScope();
            manual_seed(context.Seed);
            ExperimentResult result = experiment.Run(With(context, cache));
            var record = new ExperimentRecord(experiment.Info, settings, result, before + clock.Elapsed.TotalSeconds, MachineDescription.Of(context.Device));
            store.Write(record);
            return (record, false);
        }
        finally
        {
            if (cache.Any)
            {
                cache.Set("seconds", before + clock.Elapsed.TotalSeconds); // what the parts that are kept have cost
            }
        }
    }

    private static ExperimentContext With(ExperimentContext c, ResultCache cache) => new()
    {
        Preset = c.Preset,
        Seed = c.Seed,
        Seeds = c.Seeds,
        Data = c.Data,
        Device = c.Device,
        ResultCache = cache,
        Say = c.Say,
        Cancel = c.Cancel,
    };
}
