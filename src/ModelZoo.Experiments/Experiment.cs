namespace ModelZoo.Experiments;

/// <summary>One claim and the computation that tries it.</summary>
/// <param name="info">What it says about itself.</param>
public abstract class Experiment(ExperimentInfo info)
{
    /// <summary>What it says about itself.</summary>
    public ExperimentInfo Info { get; } = info;

    /// <summary>The name on the command line.</summary>
    public string Name => Info.Name;

    /// <summary>Tries the claim. The verdict follows from what was computed.</summary>
    /// <exception cref="OperationCanceledException">The run was interrupted.</exception>
    /// <exception cref="ZooException">It can't be run: data are missing, say.</exception>
    public abstract ExperimentResult Run(ExperimentContext context);
}
