using System.CommandLine;

namespace ModelZoo.Cli.Inputs;

/// <summary>Class names for a file that has none.</summary>
internal static class LabelsArgument
{
    internal static Option<string?> Create(string of = "") => new("--labels")
    {
        Description = $"Class names{of} in the order of the logits: a text file with one a line, or names separated by commas (default: numbers)",
        HelpName = "file",
    };

    /// <exception cref="UsageException">It is neither a file nor a list.</exception>
    internal static string[]? Read(string? given) => given is null ? null
        : File.Exists(given) ? [.. File.ReadLines(given).Select(l => l.Trim()).Where(l => l.Length > 0)]
        : given.Contains(',', StringComparison.Ordinal) ? given.Split(',', StringSplitOptions.TrimEntries)
        : given.Trim().Length > 0 && given.IndexOfAny(['.', '/', '\\']) < 0 ? [given.Trim()] // one output has one name
        : throw new UsageException($"--labels {given}: no such file. Give a text file with one name a line, or names separated by commas.");
}
