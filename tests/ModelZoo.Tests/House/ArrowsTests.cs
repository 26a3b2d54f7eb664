using System.Text.RegularExpressions;
using ModelZoo.Models;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.House;

/// <summary>Who may call whom inside src/ModelZoo: the rooms are its top folders, and each file's namespace is its folder.</summary>
public class ArrowsTests(ITestOutputHelper log)
{
    /// <summary>Every room and the rooms that it uses; all use the root (errors, files, names), which uses none. Each row names only rows above it.</summary>
    private static readonly (string Room, string Uses)[] Allowed =
    [
        ("Runtime", ""),
        ("Imaging", ""),
        ("Plots", ""),
        ("Statistics", ""),
        ("Trust", "Statistics"),
        ("Layers", "Imaging"),
        ("Tracing", "Layers"),
        ("Distributed", "Runtime Tracing"),
        ("Analysis", "Layers Tracing"),
        ("Registry", "Analysis Imaging Layers Tracing"),
        ("Weights", "Imaging Layers Registry Trust"),
        ("Onnx", "Imaging Layers Registry Tracing Weights"),
        ("Diagnosis", "Imaging Weights"),
        ("Downloads", "Registry"),
        ("Data", "Downloads Imaging Trust"),
        ("Training", "Distributed Layers Plots Runtime Statistics Tracing Weights"),
        ("Loading", "Data Imaging Training Weights"),
        ("Inference", "Analysis Data Downloads Imaging Layers Loading Onnx Registry Runtime Tracing Training Trust Weights"),
        ("Transfer", "Analysis Data Imaging Inference Layers Loading Registry Statistics Tracing Training Trust Weights"),
        ("Explanation", "Analysis Imaging Inference Plots Registry Statistics Tracing Training Transfer"),
        ("Verification", "Analysis Imaging Inference Layers Onnx Registry Tracing Transfer Weights"),
        ("Drawing", "Analysis Imaging Plots Tracing Verification"),
        ("Reports", "Data Drawing Explanation Imaging Inference Loading Plots Statistics Training Transfer Trust"),
        ("Audit", "Data Drawing Imaging Inference Loading Plots Statistics Training Transfer Weights"),
    ];

    private static readonly Lazy<Dictionary<string, string>> Sources = new(() =>
    {
        string folder = Path.Combine(CatalogFiles.Find(AppContext.BaseDirectory).Root, "src", "ModelZoo");
        return Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: path, Name: Path.GetRelativePath(folder, path).Replace('\\', '/')))
            .Where(file => !file.Name.StartsWith("obj/", StringComparison.Ordinal) && !file.Name.StartsWith("bin/", StringComparison.Ordinal))
            .ToDictionary(file => file.Name, file => File.ReadAllText(file.Path));
    });

    [Fact]
    public void The_rooms_have_no_cycles_and_no_arrows_but_these()
    {
        SortedDictionary<string, SortedSet<string>> arrows = Arrows.Of(Sources.Value);
        foreach ((string room, SortedSet<string> uses) in arrows)
        {
            log.WriteLine($"{room} → {string.Join(", ", uses)}");
        }

        Assert.Equal("", Arrows.Cycle(arrows));
        IEnumerable<string> found = arrows.Where(a => a.Key.Length > 0).Select(a => $"{a.Key} → {string.Join(' ', a.Value)}");
        Assert.Equal(Allowed.Select(a => $"{a.Room} → {a.Uses}").Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_root_uses_no_room() => Assert.Empty(Arrows.Of(Sources.Value)[""]);

    [Fact]
    public void Each_row_names_only_rows_above_it() => Assert.All(Allowed, row => Assert.Empty(
        row.Uses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Except(Allowed.TakeWhile(above => above.Room != row.Room).Select(above => above.Room))));

    [Fact]
    public void The_reference_is_used_by_the_verification_alone() =>
        Assert.Equal(["Verification"], Sources.Value.Where(f => f.Value.Contains("using ModelZoo.Reference", StringComparison.Ordinal))
            .Select(f => Arrows.RoomOf(f.Key)).Distinct());

    [Fact]
    public void Each_namespace_is_its_folder() => Assert.All(Sources.Value.Where(f => !f.Key.StartsWith("Runtime/build/", StringComparison.Ordinal)), file =>
        Assert.Contains($"\nnamespace {string.Join('.', file.Key.Split('/')[..^1].Prepend("ModelZoo"))};\n", "\n" + file.Value, StringComparison.Ordinal));

    [Fact]
    public void A_cycle_and_a_name_without_using_are_found()
    {
        var arrows = Arrows.Of(new()
        {
            ["A/One.cs"] = "using ModelZoo.B.Inner;\nnamespace ModelZoo.A;\n/// <summary>C.Name in a comment, \"C.Name\" in a text.</summary>\nclass One;",
            ["B/Inner/Two.cs"] = "namespace ModelZoo.B.Inner;\nclass Two { int x = C.Three.Value; }",
            ["C/Three.cs"] = "using ModelZoo.A;\nnamespace ModelZoo.C;\npublic sealed class Three;",
        });
        Assert.Equal(["A → B", "B → C", "C → A"], arrows.SelectMany(a => a.Value.Select(to => $"{a.Key} → {to}")));
        Assert.Equal("A → B → C → A", Arrows.Cycle(arrows));
    }
}

/// <summary>Reads the arrows between top folders from the sources.</summary>
internal static partial class Arrows
{
    internal static string RoomOf(string file) => file.Contains('/', StringComparison.Ordinal) ? file[..file.IndexOf('/', StringComparison.Ordinal)] : "";

    /// <param name="sources">Text by path below the project's folder.</param>
    internal static SortedDictionary<string, SortedSet<string>> Of(Dictionary<string, string> sources)
    {
        var arrows = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        ILookup<string, string> types = sources.SelectMany(file => Declaration().Matches(file.Value).Select(m => (Room: RoomOf(file.Key), m.Groups[1].Value)))
            .ToLookup(t => t.Room, t => t.Value);
        foreach ((string file, string text) in sources)
        {
            string room = RoomOf(file);
            if (!arrows.TryGetValue(room, out SortedSet<string>? uses))
            {
                arrows[room] = uses = new(StringComparer.Ordinal);
            }

            string code = Text().Replace(Comment().Replace(text, ""), "\"\"");
            uses.UnionWith(Using().Matches(code).Select(m => m.Groups[1].Value));
            uses.UnionWith(Qualified().Matches(code).Where(m => m.Groups.Values.Skip(2).Any(part => types[m.Groups[1].Value].Contains(part.Value)))
                .Select(m => m.Groups[1].Value));
            uses.Remove(room);
        }

        return arrows;
    }

    /// <summary>A cycle, as "A → B → A"; empty where there is none.</summary>
    internal static string Cycle(SortedDictionary<string, SortedSet<string>> arrows)
    {
        foreach (string start in arrows.Keys)
        {
            if (PathTo(start, start, []) is { } path)
            {
                return string.Join(" → ", path.Prepend(start));
            }
        }

        return "";

        List<string>? PathTo(string from, string goal, HashSet<string> seen)
        {
            foreach (string next in arrows.GetValueOrDefault(from) ?? [])
            {
                if (next == goal)
                {
                    return [next];
                }

                if (seen.Add(next) && PathTo(next, goal, seen) is { } rest)
                {
                    return [next, .. rest];
                }
            }

            return null;
        }
    }

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"""(?:[^""\\\n]|\\.)*""")]
    private static partial Regex Text();

    [GeneratedRegex(@"^using (?:static )?ModelZoo\.(?!Reference)(\w+)", RegexOptions.Multiline)]
    private static partial Regex Using();

    // `Room.Type`, `Room.Inner.Type`, with or without `ModelZoo.` before it: inside ModelZoo a using is not needed.
    [GeneratedRegex(@"(?<![\w.])(?:ModelZoo\.)?([A-Z]\w*)\.([A-Z]\w*)(?:\.([A-Z]\w*))?")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"^(?:[a-z]+ )+(?:class|struct|record|interface|enum) (?:struct |class )?(\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
