namespace ModelZoo.Experiments;

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

    /// <summary>Whether it is repeated over seeds (<c>--seeds</c>); others draw at random once, by <c>--seed</c>.</summary>
    public bool Seeded { get; init; }

    /// <summary>Raised when the experiment itself changes, so that results of before are not taken for its own.</summary>
    public int Revision { get; init; } = 1;
}
