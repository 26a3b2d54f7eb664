using System.Text.RegularExpressions;
using ModelZoo.Models;

namespace ModelZoo.Tests.Readme;

/// <summary>The pages for people (README.md, CONTRIBUTING.md, docs), and what stands in them.</summary>
internal static partial class Pages
{
    private static readonly string Root = CatalogFiles.Find(AppContext.BaseDirectory).Root;

    /// <summary>Every page, as a path below the checkout.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "README.md",
        "CONTRIBUTING.md",
        .. Directory.GetFiles(Path.Combine(Root, "docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}").Order(StringComparer.Ordinal),
    ];

    /// <summary>The commands that <c>zoo</c> has.</summary>
    public static IReadOnlyList<string> KnownCommands =>
        [.. CreatedCommand().Matches(Read("src/ModelZoo.Cli/ZooCommandLine.cs"))
            .Select(match => Hump().Replace(match.Groups[1].Value, "-").ToLowerInvariant())];

    public static string PathOf(string file) => Path.Combine(Root, file);

    public static string Read(string file) => File.ReadAllText(PathOf(file)).ReplaceLineEndings("\n");

    /// <summary>The text of its fenced blocks in C#.</summary>
    public static IEnumerable<string> CSharp(string page) =>
        Block().Matches(Read(page)).Where(match => match.Groups[1].Value == "csharp").Select(match => match.Groups[2].Value);

    /// <summary>The commands of <c>zoo</c> that its code names, in blocks and in lines.</summary>
    public static IEnumerable<string> Commands(string page)
    {
        string text = Read(page);
        IEnumerable<string> blocks = Block().Matches(text).Select(match => Remark().Replace(match.Groups[2].Value, ""));
        IEnumerable<string> spans = Span().Matches(Block().Replace(text, "")).Select(match => match.Groups[1].Value);
        return blocks.Concat(spans).SelectMany(code => Command().Matches(code)).Select(match => match.Groups[1].Value).Distinct();
    }

    /// <summary>Its links to files of the checkout that are not there, or to a heading that is not.</summary>
    public static IEnumerable<string> BrokenLinks(string page)
    {
        string folder = Path.GetDirectoryName(PathOf(page))!;
        foreach (string link in Link().Matches(Block().Replace(Read(page), "")).Select(match => match.Groups[1].Value))
        {
            string[] parts = link.Split('#', 2);
            string target = parts[0].Length == 0 ? PathOf(page) : Path.Combine(folder, parts[0]);
            bool broken = !File.Exists(target) && !Directory.Exists(target);
            if (!link.StartsWith("http", StringComparison.Ordinal) && (broken || (parts.Length == 2 && !Anchors(target).Contains(parts[1]))))
            {
                yield return $"{page}: {link}";
            }
        }
    }

    // As GitHub makes them.
    private static IEnumerable<string> Anchors(string path) => Heading().Matches(File.ReadAllText(path).ReplaceLineEndings("\n"))
        .Select(match => NotInAnchors().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    // LrFind: lr-find.
    [GeneratedRegex("(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Hump();

    [GeneratedRegex(@"\b(\w+)Command\.Create\(\)")]
    private static partial Regex CreatedCommand();

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"`([^`\n]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"\s#.*$", RegexOptions.Multiline)]
    private static partial Regex Remark();

    [GeneratedRegex(@"(?<![\w./-])(?:scripts/)?zoo ([a-z][a-z-]*)")]
    private static partial Regex Command();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
