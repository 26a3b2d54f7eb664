using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Experiments.Report;

namespace ModelZoo.Experiments;

/// <summary>The output folder: a JSON file for each finished experiment, partial results under memo/, and index.html with everything that is there.</summary>
public sealed class ResultStore
{
    private readonly string folder;

    /// <param name="folder">Made when the first result is written.</param>
    public ResultStore(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        this.folder = folder;
    }

    /// <summary>The page.</summary>
    public string PagePath => Path.Combine(folder, "index.html");

    internal static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The file of an experiment's result.</summary>
    public string PathOf(string name) => Path.Combine(folder, $"{name}.json");

    /// <summary>The partial results of an experiment with these settings.</summary>
    public ResultCache ResultCacheOf(string name, RunSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        string data = string.Concat(settings.Data.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
        return new ResultCache(Path.Combine(folder, "memo", name,
            $"{settings.Preset}-{settings.Seed}-r{settings.Revision}{(data.Length > 0 ? $"-{data}" : "")}"));
    }

    /// <summary>The result of an experiment, whatever its settings; null where there is none, or none that this version can read.</summary>
    public ExperimentRecord? Read(string name) => Read(name, out _);

    /// <summary>The same, and why there is none though the file exists.</summary>
    /// <param name="name">The experiment's.</param>
    /// <param name="problem">Null where the file was read, or does not exist.</param>
    public ExperimentRecord? Read(string name, out string? problem)
    {
        problem = null;
        try
        {
            string path = PathOf(name);
            if (!File.Exists(path))
            {
                return null;
            }

            ExperimentRecord record = Parse(File.ReadAllBytes(path));
            problem = record.Info.Name != name ? $"it is the result of '{record.Info.Name}'" : ReportPage.WhyNot(record);
            return problem is null ? record : null;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or IOException or UnauthorizedAccessException)
        {
            problem = error.Message;
            return null;
        }
    }

    /// <summary>Writes a result, all of it or nothing.</summary>
    /// <exception cref="ZooException">The folder can't be written.</exception>
    public void Write(ExperimentRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        MakeFolder(folder);
        byte[] json = ToJson(record);
        AtomicFile.Write(PathOf(record.Info.Name), stream => stream.Write(json));
    }

    /// <summary>Writes the page over all results that are there, in the list's order.</summary>
    /// <returns>What is on it, and a sentence for each file that could not be read and so is not.</returns>
    /// <exception cref="ZooException">The folder can't be written.</exception>
    public (IReadOnlyList<ExperimentRecord> Records, IReadOnlyList<string> Unreadable) WritePage(IEnumerable<Experiment> list)
    {
        ArgumentNullException.ThrowIfNull(list);
        List<ExperimentRecord> records = [];
        List<string> unreadable = [];
        foreach (Experiment experiment in list)
        {
            if (Read(experiment.Name, out string? problem) is { } record)
            {
                records.Add(record);
            }
            else if (problem is not null)
            {
                unreadable.Add($"{PathOf(experiment.Name)} is not on the page, for it can't be read ({problem}). "
                    + $"Run `zoo reproduce {experiment.Name}` to write it anew, or delete it.");
            }
        }

        MakeFolder(folder);
        byte[] page = Encoding.UTF8.GetBytes(ReportPage.Write(records));
        AtomicFile.Write(PagePath, stream => stream.Write(page));
        return (records, unreadable);
    }

    /// <summary>A result as it stands in its file.</summary>
    public static byte[] ToJson(ExperimentRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, Json);

    /// <summary>Reads such a file.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static ExperimentRecord Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<ExperimentRecord>(json, Json) is { Info: not null, Settings: not null, Result: { Effect: not null } } record
        ? record
        : throw new JsonException("This is not the result of an experiment.");

    internal static void MakeFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ZooException($"The folder {path} can't be made: {error.Message}", error);
        }
    }
}
