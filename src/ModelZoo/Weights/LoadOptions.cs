namespace ModelZoo.Weights;

/// <summary>What may differ between a file and the model that it is loaded into. By default nothing may.</summary>
public sealed record LoadOptions
{
    /// <summary>Whether every key must be there, known and of the model's shape. Otherwise what fits is loaded and the rest reported, except that a head never stays random silently.</summary>
    public bool Strict { get; init; } = true;

    /// <summary>What happens to a head (the model's, and those of auxiliary classifiers) whose tensors are missing from the file or have another shape.</summary>
    public HeadFit Head { get; init; }

    /// <summary>What happens to a first convolution that takes another number of channels than the file's.</summary>
    public StemFit Stem { get; init; }

    /// <summary>From the file's keys to the model's (<see cref="ModelInfo.RenameKey"/>); null where they are the same.</summary>
    public Func<string, string>? RenameKey { get; init; }
}

/// <summary>What to do with a head that does not fit.</summary>
public enum HeadFit
{
    /// <summary>Refuse the file.</summary>
    Error,

    /// <summary>Draw its weights anew, with PyTorch's default for its kind of layer.</summary>
    Reinitialise,
}

/// <summary>What to do with a first convolution for other channels.</summary>
public enum StemFit
{
    /// <summary>Refuse the file.</summary>
    Error,

    /// <summary>One channel from several: the sum over the file's channels, as if the grey image were given to each.</summary>
    Sum,

    /// <summary>The mean over the file's channels for each of the model's, scaled so that an image with the same values in every channel gives the same response.</summary>
    Average,
}
