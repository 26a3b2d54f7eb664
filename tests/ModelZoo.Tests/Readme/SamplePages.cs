using System.Text.RegularExpressions;

namespace ModelZoo.Tests.Readme;

/// <summary>
/// A piece of C# on a page: the usings of the file <c>[Mark]Sample.cs</c> beside this one, and the lines between its marks. Strings that the page gives
/// (<c>string checkpoint = "…";</c>) are parameters of the method.
/// </summary>
/// <param name="Mark">What the marks say, and the file's name begins with.</param>
/// <param name="Page">Where it stands.</param>
internal sealed partial record SamplePage(string Mark, string Page)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<SamplePage> All { get; } =
    [
        new("classifier", "README.md"),
        new("training", "docs/training.md"),
        new("transfer", "docs/transfer.md"),
        new("weights", "docs/weights.md"),
        new("onnx", "docs/onnx.md"),
        new("inference", "docs/inference.md"),
        new("verification", "docs/verification.md"),
        new("trust", "docs/trust.md"),
        new("apps", "docs/apps.md"),
        new("hosted", "docs/apps.md"),
        new("trainer", "docs/apps.md"),
        new("serving", "docs/serving.md"),
        new("report", "docs/report.md"),
        new("audit", "docs/audit.md"),
        new("scaling", "docs/scaling.md"),
    ];

    /// <summary>The text of the file.</summary>
    public string Source => Pages.Read($"tests/ModelZoo.Tests/Readme/{char.ToUpperInvariant(Mark[0])}{Mark[1..]}Sample.cs");

    /// <summary>What the page must show, but for its strings.</summary>
    public string Code
    {
        get
        {
            string source = Source, open = $"        // <{Mark}>\n";
            int begin = source.IndexOf(open, StringComparison.Ordinal) + open.Length, end = source.IndexOf($"        // </{Mark}>\n", StringComparison.Ordinal);
            string usings = string.Join('\n', source.Split('\n').Where(line => line.StartsWith("using ", StringComparison.Ordinal)));
            string body = source[begin..end].Trim().Replace("\n        ", "\n", StringComparison.Ordinal);
            return $"{usings}\n\n{body.Replace("console.WriteLine", "Console.WriteLine", StringComparison.Ordinal)}";
        }
    }

    /// <summary>A page's code without its strings.</summary>
    public static string WithoutStrings(string code) => StringLine().Replace(code, "").Trim();

    /// <summary>The names of its strings.</summary>
    public static IEnumerable<string> StringsOf(string code) => StringLine().Matches(code).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"^string (\w+) = ""[^""\n]*"";[^\n]*\n\n?", RegexOptions.Multiline)]
    private static partial Regex StringLine();
}
