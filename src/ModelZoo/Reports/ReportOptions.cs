using ModelZoo.Data;
using ModelZoo.Loading;
using ModelZoo.Training;

namespace ModelZoo.Reports;

/// <summary>What a report says beside what it measures, and how much it shows.</summary>
public sealed record ReportOptions
{
    /// <summary>The file of the model; null: its name.</summary>
    public string? Source { get; init; }

    /// <summary>What it was trained on, where that is at hand.</summary>
    public LabeledImages? Train { get; init; }

    /// <summary>Images of those that could not be read.</summary>
    public IReadOnlyList<BadImage> Unreadable { get; init; } = [];

    /// <summary>Its training, where that is at hand.</summary>
    public TrainingResult? Training { get; init; }

    /// <summary>The epoch whose weights are measured.</summary>
    public int? MeasuredEpoch { get; init; }

    /// <summary>The recipe; null: what the model's checkpoint says.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>As in <see cref="ModelReport"/>.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>As in <see cref="ModelReport"/>.</summary>
    public string? Command { get; init; }

    /// <summary>How images are read.</summary>
    public LoaderOptions Loader { get; init; } = new();

    /// <summary>How many images each list has; 0: none.</summary>
    public int Pictures { get; init; } = 8;

    /// <summary>The most pixels of a picture's longer side.</summary>
    public int PictureSize { get; init; } = 224;

    /// <summary>The layer that Grad-CAM looks at; null: the last before pooling and classifier.</summary>
    public string? Layer { get; init; }

    /// <summary>Decides the resamples of intervals.</summary>
    public ulong Seed { get; init; }

    /// <summary>Images a forward.</summary>
    public int BatchSize { get; init; } = 64;
}
