using ModelZoo.Data;
using static TorchSharp.torch;

namespace ModelZoo.Experiments;

/// <summary>What an experiment runs with.</summary>
public sealed class ExperimentContext
{
    /// <summary>How large.</summary>
    public Preset Preset { get; init; } = Preset.Quick;

    /// <summary>Of what is drawn once.</summary>
    public long Seed { get; init; }

    /// <summary>Of what is repeated.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [0, 1, 2];

    /// <summary>The data that experiments run on which need any.</summary>
    public DataSource Data { get; init; } = DataSource.Parse("digits");

    /// <summary>Where to compute; experiments in double stay on the CPU.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>Partial results, kept from one run to the next.</summary>
    public ResultCache ResultCache { get; init; } = ResultCache.None;

    /// <summary>Takes a line about how far it has come.</summary>
    public Action<string> Say { get; init; } = static _ => { };

    /// <summary>Asks the experiment to stop; partial results stay in the <see cref="ResultCache"/>.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>One of two sizes, by the preset.</summary>
    public T Choose<T>(T quick, T full) => Preset == Preset.Full ? full : quick;

    /// <summary>
    /// A number for each variant and seed, each computed once: what an earlier, interrupted run had finished is read from the <see cref="ResultCache"/>. Runs
    /// are interleaved (every variant with the first seed, then with the second …).
    /// </summary>
    /// <param name="variants">Names that can stand in a file name.</param>
    /// <param name="run">Trains or measures one variant with one seed.</param>
    /// <returns>For each variant, in order, a result for each of <see cref="Seeds"/>.</returns>
    public IReadOnlyList<IReadOnlyList<T>> OverSeeds<T>(IReadOnlyList<string> variants, Func<string, long, T> run)
    {
        ArgumentNullException.ThrowIfNull(variants);
        ArgumentNullException.ThrowIfNull(run);
        var results = variants.ToDictionary(v => v, _ => new List<T>());
        foreach (long seed in Seeds)
        {
            foreach (string variant in variants)
            {
                Cancel.ThrowIfCancellationRequested();
                Say($"{variant}, seed {seed}");
                results[variant].Add(ResultCache.GetOrAdd($"{variant}.seed-{seed}", () => run(variant, seed)));
            }
        }

        return [.. variants.Select(v => (IReadOnlyList<T>)results[v])];
    }
}

/// <summary>How large experiments are.</summary>
/// <param name="Name">"quick" or "full".</param>
/// <param name="ImageSize">Rows and columns that images of training experiments have at most, in pixels.</param>
/// <param name="Epochs">Of training experiments that name no other number.</param>
/// <param name="Seeds">Of experiments that are repeated, where <c>--seeds</c> is not given.</param>
public sealed record Preset(string Name, int ImageSize, int Epochs, int Seeds)
{
    /// <summary>Minutes on two cores.</summary>
    public static Preset Quick { get; } = new("quick", ImageSize: 16, Epochs: 5, Seeds: 5);

    /// <summary>As the papers, for a GPU.</summary>
    public static Preset Full { get; } = new("full", ImageSize: 32, Epochs: 160, Seeds: 5);
}
