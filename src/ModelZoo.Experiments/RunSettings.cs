namespace ModelZoo.Experiments;

/// <summary>What decides an experiment's result besides the experiment: two runs with the same settings are the same run.</summary>
/// <param name="Preset">"quick" or "full".</param>
/// <param name="Seed">Of what is drawn once.</param>
/// <param name="Seeds">How many, of what is repeated; 0 of what is not.</param>
/// <param name="Data">As on the command line; empty where none is used.</param>
/// <param name="Revision">The experiment's.</param>
public sealed record RunSettings(string Preset, long Seed, int Seeds, string Data, int Revision)
{
    /// <summary>Those of an experiment in a context; what it does not use does not count.</summary>
    public static RunSettings Of(ExperimentInfo info, ExperimentContext context)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(context);
        return new(context.Preset.Name, context.Seed, info.Seeded ? context.Seeds.Count : 0, info.UsesData ? context.Data.ToString() : "", info.Revision);
    }

    /// <summary>The command that makes this result.</summary>
    public string CommandFor(string name) =>
        $"zoo reproduce {name} --{Preset}" + (Seed == 0 ? "" : $" --seed {Seed}") + (Seeds == 0 ? "" : $" --seeds {Seeds}")
            + (Data.Length == 0 ? "" : $" --data {Data}");
}
