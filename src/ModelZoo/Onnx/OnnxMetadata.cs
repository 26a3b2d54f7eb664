using System.Text.Json;
using ModelZoo.Imaging;
using ModelZoo.Weights;

namespace ModelZoo.Onnx;

/// <summary>What a file's metadata say of labels and preprocessing, and what is assumed where they say nothing.</summary>
internal sealed class OnnxMetadata
{
    private static readonly string[] LabelKeys = ["labels", "classes", "class_names", "names"];

    /// <param name="file">The file.</param>
    /// <param name="classes">Outputs.</param>
    /// <param name="channels">Channels of the input.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    public OnnxMetadata(OnnxFile file, int classes, int channels, int height, int width)
    {
        Labels = [.. Enumerable.Range(0, classes).Select(c => $"{c}")];
        if (Description(file) is { } info)
        {
            if (info.Options.NumClasses == classes && (info.Options.InChannels, info.Options.InputHeight, info.Options.InputWidth) == (channels, height, width))
            {
                (Labels, Preprocessing, Task) = (info.Labels, info.Preprocessing, info.Task ?? PredictionTask.Classes);
                return;
            }
        }

        Preprocessing = Assumed(channels, height, width);
        Notes.Add(AssumedNote(channels));
        foreach (string key in LabelKeys)
        {
            if (Find(file, key) is { } text && Names(text) is { } names && names.Length == classes)
            {
                Labels = names;
                return;
            }
        }
    }

    /// <summary>What a file that the zoo wrote says of its network; null of another's.</summary>
    public static CheckpointInfo? Description(OnnxFile file) =>
        Find(file, CheckpointJson.Key) is { } json ? CheckpointJson.Parse(json, file.Name) : null;

    public IReadOnlyList<string> Labels { get; }

    public PredictionTask Task { get; } = PredictionTask.Classes;

    public Preprocessing Preprocessing { get; }

    public List<string> Notes { get; } = [];

    /// <summary>How images become the input of a network whose file does not say it.</summary>
    public static Preprocessing Assumed(int channels, int height, int width) => channels == 3
        ? Preprocessing.ImageNet() with { Height = height, Width = width, ShorterSide = Math.Max(1, (int)Math.Round(Math.Min(height, width) * 256.0 / 224)) }
        : new(channels, height, width, Fit.Resize, new float[channels], [.. Enumerable.Repeat(1f, channels)]);

    /// <summary>Says that.</summary>
    public static string AssumedNote(int channels) => "the file does not say how images become its input: "
        + (channels == 3 ? "ImageNet's mean and standard deviation, and a crop from the middle, are assumed" : "pixels from 0 to 1 are assumed");

    private static string? Find(OnnxFile file, string key) => file.Model.MetadataProps.Find(e => e.Key == key)?.Value;

    // A JSON array, or names one a line or separated by commas.
    private static string[]? Names(string text)
    {
        try
        {
            return text.TrimStart().StartsWith('[')
                ? JsonSerializer.Deserialize<string[]>(text) is { } names && Array.TrueForAll(names, n => n is not null) ? names : null
                : text.Split(text.Contains('\n', StringComparison.Ordinal) ? '\n' : ',',
                    StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
