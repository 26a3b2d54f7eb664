using System.Text;
using System.Text.Json;
using ModelZoo.Audit;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Loading;

namespace ModelZoo.Cli;

/// <summary>The file beside a table of fixes that says what data it is of, and all that was found.</summary>
internal static class AuditRecord
{
    internal const string FileName = "audit.json";

    /// <summary>What was found, as --json prints it.</summary>
    internal static object Describe(AuditReport report) => new
    {
        data = report.Data.Name,
        report.Model,
        report.Features,
        pictures = report.Data.Pictures.Count,
        parts = report.Data.Parts.Select(part => new { part.Name, part.Count }),
        seconds = report.Elapsed.TotalSeconds,
        problems = report.Findings.GroupBy(f => f.Problem).ToDictionary(g => AuditReport.NameOf(g.Key), g => g.Count()),
        leaks = report.Findings.Count(f => f.Leak),
        labels = report.Labels is { } labels ? new
        {
            labels.Accuracy,
            labels.AccuracyInterval,
            labels.Heads.Folds,
            labels.Heads.Repeats,
            labels.Heads.Strength,
            labels.Heads.Loss,
            classes = labels.ClassNames,
            labels.Confidence.Thresholds,
            labels.Confidence.Joint,
            alike = labels.AlikePairs(),
        } : null,
        findings = report.Findings.Select(f => new
        {
            report.Data.Pictures[f.Picture].File,
            part = report.Data.Pictures[f.Picture].PartName,
            label = report.Data.Pictures[f.Picture].Said,
            problem = AuditReport.NameOf(f.Problem),
            f.Score,
            f.Suggestion,
            f.SuggestedLabel,
            other = f.Other is { } other ? report.Data.Pictures[other].File : null,
            f.Leak,
            f.Why,
        }),
        report.Notes,
    };

    internal static void Write(string path, AuditReport report, DataChoice choice, string command)
    {
        string source = choice.Source.Folder.Length > 0 ? $"{choice.Source.Name}:{Path.GetFullPath(choice.Source.Folder)}" : choice.Source.Name;
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new
        {
            command,
            source,
            task = choice.Labels.Kind,
            labelColumn = choice.Labels.Column,
            choice.Limit,
            audit = Describe(report),
        }, Session.JsonOptions);
        AtomicFile.Write(path, stream => stream.Write(json));
    }

    /// <summary>The data of a table of fixes, from the record beside it.</summary>
    /// <exception cref="ZooException">There is none, or it says nothing of the kind.</exception>
    internal static DataChoice ReadChoice(string fixes)
    {
        if (!File.Exists(fixes))
        {
            throw new ZooException($"--apply {fixes}: no such file.");
        }

        string path = Path.Combine(Path.GetDirectoryName(fixes) ?? "", FileName);
        if (!File.Exists(path))
        {
            throw new ZooException($"{fixes}: no {FileName} lies beside it, which says what data it is of. Name them: zoo audit <data> --apply {fixes}.");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path, Encoding.UTF8));
            JsonElement root = document.RootElement;
            var source = DataSource.Parse(root.GetProperty("source").GetString()!);
            return new DataChoice(source, root.GetProperty("limit").GetInt32(), new SplitOptions(), new LoaderOptions())
            {
                Labels = new LabelOptions
                {
                    Kind = Enum.Parse<TaskKind>(root.GetProperty("task").GetString()!, ignoreCase: true),
                    Column = root.GetProperty("labelColumn").GetString(),
                },
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException or IOException
            or UnauthorizedAccessException)
        {
            throw new ZooException($"{path}: does not say what data it is of ({e.Message}). Name them: zoo audit <data> --apply {fixes}.", e);
        }
    }
}
