namespace ModelZoo.Audit;

/// <summary>What an audit found.</summary>
public sealed record AuditReport
{
    /// <summary>The audited pictures.</summary>
    public required AuditData Data { get; init; }

    /// <summary>The model whose features were looked at.</summary>
    public required string Model { get; init; }

    /// <summary>How the features were computed: "bfloat16", "float32", and where they were read from.</summary>
    public required string Features { get; init; }

    /// <summary>What was measured of each picture.</summary>
    public required IReadOnlyList<PictureFacts> Facts { get; init; }

    /// <summary>By kind of problem, the clearest of each first.</summary>
    public required IReadOnlyList<AuditFinding> Findings { get; init; }

    /// <summary>What heads say of the labels; null where those were not checked.</summary>
    public LabelCheck? Labels { get; init; }

    /// <summary>What was not done, and what else somebody who reads this should know.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>From the first picture to the last finding.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The findings of a kind.</summary>
    public IEnumerable<AuditFinding> Of(AuditProblem problem) => Findings.Where(f => f.Problem == problem);

    /// <summary>What a kind of problem is called.</summary>
    public static string NameOf(AuditProblem problem) => problem switch
    {
        AuditProblem.Unreadable => "unreadable",
        AuditProblem.Duplicate => "duplicate",
        AuditProblem.NearDuplicate => "near duplicate",
        AuditProblem.WrongLabel => "wrong label",
        AuditProblem.OddOneOut => "odd one out",
        AuditProblem.StrangeShape => "strange shape",
        _ => problem.ToString().ToLowerInvariant(),
    };
}

/// <summary>How an audit is made.</summary>
public sealed record AuditOptions
{
    /// <summary>Decides which pictures are in a fold together.</summary>
    public ulong Seed { get; init; }

    /// <summary>Where features are kept, as <see cref="Transfer.FineTuneOptions.FeatureCache"/>: an audit that was interrupted goes on from there, and
    /// fine-tuning on the same pictures finds them. Null: nowhere.</summary>
    public string? FeatureCache { get; init; }

    /// <summary>How pictures are read.</summary>
    public Loading.LoaderOptions? Loader { get; init; }
}

/// <summary>How far an audit is.</summary>
/// <param name="Stage">What it does: "pictures", "features", "labels", "duplicates".</param>
/// <param name="Done">So many pictures.</param>
/// <param name="Of">Of so many.</param>
public readonly record struct AuditProgress(string Stage, int Done, int Of);
