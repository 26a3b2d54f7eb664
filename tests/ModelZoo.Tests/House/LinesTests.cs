using ModelZoo.Models;
using Xunit;

namespace ModelZoo.Tests.House;

/// <summary>No line of code is over 160 columns: `dotnet format` does not look at that.</summary>
public class LinesTests
{
    private const int Most = 160;

    [Fact]
    public void No_line_is_over_160_columns()
    {
        string root = CatalogFiles.Find(AppContext.BaseDirectory).Root;
        string[] folders = [.. new[] { "src", "models", "tests", "samples" }.Select(name => Path.Combine(root, name)).Where(Directory.Exists)];
        string[] files = [.. folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)).Where(IsSource)];
        Assert.True(files.Length > 300);
        Assert.Empty(files.SelectMany(file => TooLong(file, File.ReadLines(file))));
    }

    [Fact]
    public void A_line_that_is_too_long_is_named() =>
        Assert.Equal(["a.cs:2: 161 columns"], TooLong("a.cs", [new string('x', 160), new string('x', 161)]));

    private static IEnumerable<string> TooLong(string file, IEnumerable<string> lines) =>
        lines.Select((line, i) => (line.Length, Number: i + 1)).Where(l => l.Length > Most).Select(l => $"{file}:{l.Number}: {l.Length} columns");

    private static bool IsSource(string file) =>
        !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
        && !file.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
}
