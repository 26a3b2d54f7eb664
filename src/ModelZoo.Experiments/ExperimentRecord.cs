using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelZoo.Experiments;

/// <summary>A finished experiment, as its JSON file keeps it.</summary>
/// <param name="Info">The experiment.</param>
/// <param name="Settings">What it ran with.</param>
/// <param name="Result">What it found.</param>
/// <param name="Seconds">How long it took, over all of its parts.</param>
/// <param name="Machine">What it ran on: cores, system, versions.</param>
public sealed record ExperimentRecord(ExperimentInfo Info, RunSettings Settings, ExperimentResult Result, double Seconds, string Machine)
{
    /// <summary>The command that makes this result.</summary>
    public string Command => Settings.CommandFor(Info.Name);
}

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

/// <summary>What something ran on.</summary>
internal static class MachineDescription
{
    /// <summary>Cores, device, system and versions.</summary>
    public static string Of(Device device) =>
        $"{Environment.ProcessorCount} cores, {device.type.ToString().ToLowerInvariant()}, {RuntimeInformation.RuntimeIdentifier}, libtorch {__version__}, "
            + $".NET {Environment.Version}";
}
