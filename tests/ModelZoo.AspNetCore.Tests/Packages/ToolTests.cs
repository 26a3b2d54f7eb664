using System.Text.Json;
using ModelZoo.Inference;
using ModelZoo.Models;
using Xunit;

namespace ModelZoo.AspNetCore.Tests.Packages;

/// <summary>The command line as a .NET tool, and the project that it writes.</summary>
[Collection(ProcessCollection.Name)]
public class ToolTests(PackageFeed feed)
{
    [Fact]
    public void The_tool_lists_and_predicts_and_writes_a_project_that_runs()
    {
        string place = feed.App("tool");
        Ran installed = feed.Dotnet(place, "tool", "install", "ModelZoo.Cli", "--tool-path", "tools", "--version", PackageFeed.Version, "--configfile",
            feed.WriteSettings());
        Assert.True(installed.ExitCode == 0, installed.Output + installed.Errors);

        Ran list = Zoo(place, "list", "--json");
        Assert.True(list.ExitCode == 0, list.Output + list.Errors);
        Assert.Contains("\"lenet5\"", list.Output, StringComparison.Ordinal);

        string checkpoint = Path.Combine(place, "my 'digits'.safetensors"), picture = Checkpoints.Picture(Path.Combine(place, "some picture.png"), seed: 9);
        Checkpoints.Write(checkpoint, "my ");
        using ImageClassifier classifier = ImageClassifier.Load(checkpoint);
        string expected = classifier.Predict(picture, top: 1)[0].Label;
        Ran predicted = Zoo(place, "predict", checkpoint, picture, "--json");
        Assert.True(predicted.ExitCode == 0, predicted.Output + predicted.Errors);
        using (var json = JsonDocument.Parse(predicted.Output))
        {
            Assert.Equal(expected, json.RootElement[0].GetProperty("predictions")[0].GetProperty("label").GetString());
        }

        Ran written = Zoo(place, "new", "My-app", "--checkpoint", checkpoint);
        Assert.True(written.ExitCode == 0, written.Output + written.Errors);
        Assert.Equal("My-app: My_app, a project that tells 10 classes\ntry it: dotnet run --project My-app -- <pictures>\n", written.Output);
        string project = Path.Combine(place, "My-app");
        Assert.Equal([".gitignore", "My_app.csproj", "Program.cs", "README.md", "my 'digits'.safetensors"],
            Directory.EnumerateFiles(project).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Ran ran = feed.Dotnet(place, "run", "--project", project, "--", picture, "none.png");
        Assert.Equal(1, ran.ExitCode);
        Assert.Equal("", ran.Errors);
        string[] lines = ran.Output.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length); // no warning of the build either
        Assert.StartsWith($"{picture}: {expected} (", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("none.png: none.png: no such file", lines[1], StringComparison.Ordinal);

        // The programs of other tasks say what those answer.
        (string labels, string number) = (Path.Combine(place, "labels.safetensors"), Path.Combine(place, "number.safetensors"));
        Checkpoints.Write(labels, "tag ", new() { Kind = TaskKind.MultiLabel, Thresholds = [.. Enumerable.Repeat(0.001, 10)] });
        Checkpoints.Write(number, "age ", new() { Kind = TaskKind.Regression, Scale = 10, Offset = 30 });
        foreach ((string file, string app) in new[] { (labels, "Labels"), (number, "Number") })
        {
            using ImageClassifier other = ImageClassifier.Load(file);
            Answer answer = other.Predict(picture);
            string shown = app == "Labels" ? string.Join(", ", answer.Where(l => l.IsThere == true).Select(l => $"{l.Label} ({l.Probability:P0})"))
                : $"{answer[0].Label} {answer[0].Value:G4}";
            Assert.Equal(0, Zoo(place, "new", app, "--checkpoint", file).ExitCode);
            Ran said = feed.Dotnet(place, "run", "--project", app, "--", picture);
            Assert.Equal((0, $"{picture}: {shown}\n"), (said.ExitCode, said.Output));
        }

        Ran again = Zoo(place, "new", "My-app", "--checkpoint", checkpoint);
        Assert.Equal(2, again.ExitCode);
        Assert.Equal("zoo: My-app is there already, and nothing in it is overwritten; choose another folder.", again.Errors.Trim());
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(place), entry => entry.EndsWith(".tmp", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_libtorch_and_a_feed_one_line_says_what_to_do()
    {
        string place = feed.App("alone"), bare = Path.Combine(place, "home");
        Directory.CreateDirectory(bare);
        File.WriteAllText(Path.Combine(place, "nuget.config"), """
            <configuration><packageSources><clear /></packageSources><fallbackPackageFolders><clear /></fallbackPackageFolders></configuration>
            """);
        Ran installed = feed.Dotnet(place, "tool", "install", "ModelZoo.Cli", "--tool-path", "tools", "--version", PackageFeed.Version, "--configfile",
            feed.WriteSettings());
        Assert.True(installed.ExitCode == 0, installed.Output + installed.Errors);
        var environment = new Dictionary<string, string> { ["HOME"] = bare, ["NUGET_PACKAGES"] = Path.Combine(bare, "none") };
        Ran list = Ran.Start(Path.Combine(place, "tools", "zoo"), place, ["list"], environment).Finish();
        Assert.Equal(1, list.ExitCode);
        string[] lines = list.Errors.TrimEnd().Split('\n');
        Assert.StartsWith("zoo: fetching libtorch once (the package libtorch-cpu-", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("zoo: libtorch is not on this machine, and `dotnet restore` did not get the package libtorch-cpu-", lines[1],
            StringComparison.Ordinal);
        Assert.Contains("environment variable LIBTORCH", lines[1], StringComparison.Ordinal);
        Assert.Equal(2, lines.Length);
    }

    private static Ran Zoo(string place, params string[] arguments) => Ran.Start(Path.Combine(place, "tools", "zoo"), place, arguments).Finish();
}
