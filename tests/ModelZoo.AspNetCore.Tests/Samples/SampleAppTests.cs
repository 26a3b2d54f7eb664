using System.Text.Json;
using System.Text.RegularExpressions;
using ModelZoo.AspNetCore.Tests.Packages;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests;
using Xunit;

namespace ModelZoo.AspNetCore.Tests.Samples;

/// <summary>The apps in samples/ do what they say.</summary>
[Collection(ProcessCollection.Name)]
public sealed partial class SampleAppTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly string checkpoint;
    private readonly string[] names = ["a.png", "b.png", "c.png"];

    public SampleAppTests()
    {
        checkpoint = folder.File("digits.safetensors");
        Checkpoints.Write(checkpoint, "digit ");
        Directory.CreateDirectory(folder.File("in"));
        foreach ((int i, string name) in names.Index())
        {
            Checkpoints.Picture(folder.File($"in/{name}"), (ulong)(20 + i));
        }

        File.WriteAllText(folder.File("in/notes.txt"), "no picture");
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_console_app_names_what_is_in_the_pictures_of_a_folder()
    {
        Ran ran = Sample("ConsoleApp", checkpoint, folder.File("in")).Finish();
        Assert.Equal((0, ""), (ran.ExitCode, ran.Errors));
        string[] lines = ran.Output.TrimEnd().Split('\n');
        string[] expected = [.. Expected().Zip(names, (label, name) => $"{name}: {label} (")];
        Assert.Equal(4, lines.Length);
        Assert.All(expected.Zip(lines), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.Matches("^notes.txt: .*a text, not a picture", lines[3]);

        Ran none = Sample("ConsoleApp", folder.File("none.safetensors"), folder.File("in")).Finish();
        Assert.Equal(1, none.ExitCode);
        Assert.Single(none.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task The_web_api_answers_and_refuses()
    {
        using Ran.Running web = Sample("WebApi", "--urls", "http://127.0.0.1:0", $"--Classifier:Model={checkpoint}");
        await web.Until(() => Listening().IsMatch(web.Output));
        using var client = new HttpClient { BaseAddress = new Uri(Listening().Match(web.Output).Groups[1].Value) };
        Assert.Equal("Healthy", await client.GetStringAsync("/healthz"));
        Assert.Contains("digit 9", await client.GetStringAsync("/labels"), StringComparison.Ordinal);
        (int status, JsonElement body) = await Post(await File.ReadAllBytesAsync(folder.File("in/a.png")));
        Assert.Equal(200, status);
        Assert.Equal(Expected()[0], body.GetProperty("predictions")[0].GetProperty("label").GetString());
        (status, body) = await Post(await File.ReadAllBytesAsync(folder.File("in/notes.txt")));
        Assert.Equal(422, status);
        Assert.Contains("a text, not a picture", body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, web.Terminate().ExitCode);

        async Task<(int Status, JsonElement Body)> Post(byte[] file)
        {
            using var content = new ByteArrayContent(file);
            using HttpResponseMessage answer = await client.PostAsync(new Uri("/predict", UriKind.Relative), content);
            return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
        }
    }

    [Fact]
    public async Task The_worker_sorts_what_arrives()
    {
        string inbox = folder.File("in");
        using Ran.Running worker = Sample("FolderWorker", $"--Inbox={inbox}", $"--Classifier:Model={checkpoint}");
        await worker.Until(() => !Directory.EnumerateFiles(inbox).Any());
        Checkpoints.Picture(folder.File("late.png"), seed: 20); // the same as a.png
        File.Move(folder.File("late.png"), Path.Combine(inbox, "late.png"));
        await worker.Until(() => !Directory.EnumerateFiles(inbox).Any());
        Assert.Equal(0, worker.Terminate().ExitCode);
        string[] labels = Sorted("a.png", "b.png", "c.png", "late.png");
        Assert.Equal([.. Expected(Path.Combine(inbox, "sorted")), labels[0]], labels);
        Assert.Equal("unreadable", Assert.Single(Sorted("notes.txt")));

        string[] Sorted(params string[] files) => [.. files.Select(file =>
            Path.GetFileName(Path.GetDirectoryName(Assert.Single(Directory.EnumerateFiles(inbox, file, SearchOption.AllDirectories))))!)];
    }

    private static Ran.Running Sample(string name, params string[] arguments)
    {
        string output = Path.Combine(PackageFeed.Root, "samples", name, "bin", Path.GetRelativePath(
            Path.Combine(PackageFeed.Root, "tests", "ModelZoo.AspNetCore.Tests", "bin"), AppContext.BaseDirectory));
        return Ran.Start("dotnet", output, [Path.Combine(output, $"{name}.dll"), .. arguments]);
    }

    // By the library itself, wherever the pictures are now.
    private string[] Expected(string? moved = null)
    {
        using ImageClassifier classifier = ImageClassifier.Load(checkpoint);
        return [.. names.Select(name => Directory.EnumerateFiles(moved ?? folder.File("in"), name, SearchOption.AllDirectories).Single())
            .Select(file => classifier.Predict(file, top: 1)[0].Label)];
    }

    [GeneratedRegex(@"Now listening on: (http://127\.0\.0\.1:[0-9]+)")]
    private static partial Regex Listening();
}
