using System.Xml.Linq;
using ModelZoo.Models;
using Xunit;

namespace ModelZoo.Tests.House;

/// <summary>Which project references which, and which packages a library brings into an app.</summary>
public class ProjectsTests
{
    private static readonly string Root = CatalogFiles.Find(AppContext.BaseDirectory).Root;

    /// <summary>Each names only projects above it.</summary>
    private static readonly (string Project, string Uses)[] Allowed =
    [
        ("ModelZoo.Reference", ""),
        ("ModelZoo", "ModelZoo.Reference"),
        ("ModelZoo.Models", "ModelZoo"),
        ("ModelZoo.Experiments", "ModelZoo ModelZoo.Models ModelZoo.Reference"),
        ("ModelZoo.AspNetCore", "ModelZoo ModelZoo.Models"),
        ("ModelZoo.Cli", "ModelZoo ModelZoo.AspNetCore ModelZoo.Experiments ModelZoo.Models ModelZoo.Reference"),
        ("ConsoleApp", "ModelZoo ModelZoo.Models"),
        ("FolderWorker", "ModelZoo ModelZoo.AspNetCore"),
        ("WebApi", "ModelZoo ModelZoo.AspNetCore"),
    ];

    private static IEnumerable<string> Projects => new[] { "src", "models", "samples" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories));

    [Fact]
    public void Projects_reference_these_and_no_others() => Assert.Equal(
        Allowed.Select(p => $"{p.Project} → {p.Uses}").Order(StringComparer.Ordinal),
        Projects.Select(path => $"{Path.GetFileNameWithoutExtension(path)} → {string.Join(' ', References(path))}").Order(StringComparer.Ordinal));

    [Fact]
    public void Each_row_names_only_rows_above_it() => Assert.All(Allowed, row => Assert.Empty(row.Uses.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Except(Allowed.TakeWhile(above => above.Project != row.Project).Select(above => above.Project))));

    [Fact]
    public void No_project_sees_what_another_one_references()
    {
        Assert.Contains("<DisableTransitiveProjectReferences>true<", File.ReadAllText(Path.Combine(Root, "Directory.Build.props")), StringComparison.Ordinal);
        Assert.All(Projects, path => Assert.DoesNotContain("DisableTransitiveProjectReferences", File.ReadAllText(path), StringComparison.Ordinal));
    }

    [Fact]
    public void Tables_and_parsers_of_command_lines_are_the_command_lines_own() =>
        Assert.All(Projects.Where(path => !path.EndsWith("ModelZoo.Cli.csproj", StringComparison.Ordinal)), path =>
            Assert.DoesNotContain(Items(path, "PackageReference"), id => id.StartsWith("Spectre", StringComparison.Ordinal)
                || id is "System.CommandLine" or "Microsoft.ML.OnnxRuntime"));

    private static IEnumerable<string> References(string path) => Items(path, "ProjectReference").Select(include =>
        Path.GetFileNameWithoutExtension(include.Replace('\\', '/'))).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Items(string path, string name) =>
        XDocument.Load(path).Descendants(name).SelectMany(item => (item.Attribute("Include")?.Value ?? "").Split(';'));
}
