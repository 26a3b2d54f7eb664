using System.Security;
using System.Text.Json;
using ModelZoo.Inference;

namespace ModelZoo.Cli;

/// <summary>The files of a project that <c>zoo new</c> writes.</summary>
/// <param name="Name">The project's, which is also its namespace.</param>
/// <param name="Checkpoint">The file beside the program.</param>
/// <param name="Files">Texts by name.</param>
internal sealed record NewProject(string Name, string Checkpoint, IReadOnlyDictionary<string, string> Files)
{
    /// <summary>What it references: the library at the version of this program, and the libtorch that it was built with.</summary>
    internal static IReadOnlyList<(string Id, string Version)> Packages { get; } =
        [("ModelZoo.Models", BuiltWith.Value("PackageVersion")), ("TorchSharp-cpu", BuiltWith.Value("TorchSharpVersion"))];

    /// <summary>A project for a checkpoint.</summary>
    /// <param name="folder">The name of its folder.</param>
    /// <param name="checkpoint">The name of the file.</param>
    /// <param name="classifier">What is in it.</param>
    internal static NewProject For(string folder, string checkpoint, ImageClassifier classifier)
    {
        // The name of a C# project is also that of its assembly and namespace.
        string name = string.Concat(folder.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' ? c : '_')).Trim('.');
        name = name.Length == 0 || !char.IsAsciiLetter(name[0]) ? $"App_{name}" : name;
        return new(name, checkpoint, new Dictionary<string, string>
        {
            [$"{name}.csproj"] = Project(checkpoint),
            ["Program.cs"] = Program(name, checkpoint, classifier.Task.Kind),
            ["README.md"] = Readme(name, checkpoint, classifier),
            [".gitignore"] = "bin/\nobj/\n",
        });
    }

    private static string Project(string checkpoint) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <!-- Built for the machine that builds it: libtorch of every platform would be 1.2 GB. -->
            <UseCurrentRuntimeIdentifier>true</UseCurrentRuntimeIdentifier>
            <SelfContained>false</SelfContained>
          </PropertyGroup>
          <ItemGroup>
        {string.Join('\n', Packages.Select(package => $"""    <PackageReference Include="{package.Id}" Version="{package.Version}" />"""))}
          </ItemGroup>
          <ItemGroup>
            <None Update="{Escaped(checkpoint)}" CopyToOutputDirectory="PreserveNewest" />
          </ItemGroup>
        </Project>

        """;

    // MSBuild's own signs as %XX, then XML's.
    private static string Escaped(string file) =>
        SecurityElement.Escape(string.Concat(file.Select(c => "%*?@$();'".Contains(c, StringComparison.Ordinal) ? $"%{(int)c:X2}" : $"{c}")));

    private static string Program(string name, string checkpoint, TaskKind task) => $$"""
        // dotnet run -- cat.jpg more.png
        using ModelZoo;
        using ModelZoo.Inference;
        using ModelZoo.Models;

        if (args.Length == 0)
        {
            Console.Error.WriteLine("usage: {{name}} <pictures>");
            return 2;
        }

        // Carries the network, the labels, and how pictures become its input.
        string checkpoint = Path.Combine(AppContext.BaseDirectory, {{JsonSerializer.Serialize(checkpoint, Session.JsonOptions)}});
        try
        {
            using ImageClassifier classifier = ImageClassifier.Load(checkpoint);
            int failed = 0;
            await foreach (FilePrediction picture in classifier.PredictEachAsync(args, top: 3))
            {
                failed += picture.Error is null ? 0 : 1;
                Console.WriteLine(Printable.Text($"{picture.Path}: {picture.Error?.Message ?? Describe(picture.Predictions!)}"));
            }

            return failed == 0 ? 0 : 1;
        }
        catch (ZooException e)
        {
            Console.Error.WriteLine(Printable.Message(e.Message));
            return 1;
        }

        static string Describe(Answer answer) => {{Describe(task)}};

        """;

    private static string Describe(TaskKind task) => task switch
    {
        TaskKind.Regression => """$"{answer[0].Label} {answer[0].Value:G4}" """.TrimEnd(),
        TaskKind.MultiLabel => """string.Join(", ", answer.Where(label => label.IsThere == true).Select(label => $"{label.Label} ({label.Probability:P0})"))""",
        _ => """
            answer.Unknown is { } why ? $"unknown: {why}"
                : string.Join(", ", answer.Select(label => $"{label.Label} ({label.Probability:P0})"))
            """,
    };

    private static string Readme(string name, string checkpoint, ImageClassifier classifier) => $"""
        # {name}

        Made by `zoo new` for `{Printable.Plain(checkpoint)}`: a {classifier.Name} that knows {Shown(classifier)}. Pictures are brought to
        {classifier.Preprocessing.Height}×{classifier.Preprocessing.Width}.

        ```sh
        dotnet run -- cat.jpg             # packages come from your NuGet sources
        dotnet publish -o publish         # with libtorch, to be copied elsewhere
        ```

        On Linux pictures are decoded by the system's libraries: `apt-get install libturbojpeg0 libspng0`. A newer checkpoint takes the place of
        `{Printable.Plain(checkpoint)}`. For CUDA reference `libtorch-cuda-12.8-linux-x64` (or `-win-x64`) in place of `TorchSharp-cpu`.

        """;

    private static string Shown(ImageClassifier classifier) => classifier.Labels.Count > 20
        ? $"{classifier.Labels.Count} classes"
        : string.Join(", ", classifier.Labels.Select(label => Printable.Plain(label)));
}
