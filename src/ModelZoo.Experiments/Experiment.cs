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

/// <summary>What an experiment says about itself.</summary>
/// <param name="Name">On the command line and in file names: kebab-case.</param>
/// <param name="Group">The kind of claim.</param>
/// <param name="Title">A few words.</param>
public sealed record ExperimentInfo(string Name, ExperimentGroup Group, string Title)
{
    /// <summary>The claim, one sentence.</summary>
    public required string Claim { get; init; }

    /// <summary>Who claims it: paper and section, or the lecture.</summary>
    public required string Source { get; init; }

    /// <summary>What it computes, trains or measures, one sentence.</summary>
    public required string Runs { get; init; }

    /// <summary>Whether the result depends on the data set (<c>--data</c>).</summary>
    public bool UsesData { get; init; }

    /// <summary>Whether those data must be a folder of photographs; with others it is left out where all experiments are asked for.</summary>
    public bool NeedsFolder { get; init; }

    /// <summary>Whether it is repeated over seeds (<c>--seeds</c>); others draw at random once, by <c>--seed</c>.</summary>
    public bool Seeded { get; init; }

    /// <summary>Raised when the experiment itself changes, so that results of before are not taken for its own.</summary>
    public int Revision { get; init; } = 1;
}

/// <summary>What kind of claim an experiment tries.</summary>
public enum ExperimentGroup
{
    /// <summary>Sizes, counts and costs: exact.</summary>
    Arithmetic,

    /// <summary>Two computations that must agree, on tensors in double.</summary>
    Identities,

    /// <summary>What training does, measured over seeds.</summary>
    Training,

    /// <summary>What a network sees, in pictures, with a number for what they are said to show.</summary>
    Pictures,
}
