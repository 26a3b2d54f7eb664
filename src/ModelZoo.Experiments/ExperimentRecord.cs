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
