using System.Text.Json;
using System.Text.RegularExpressions;
using ModelZoo.Inference;
using ModelZoo.Models;
using Xunit;

namespace ModelZoo.AspNetCore.Tests.Packages;

/// <summary>Apps outside the checkout, from the feed, on a fresh cache of packages.</summary>
[Collection(ProcessCollection.Name)]
public partial class FreshAppTests(PackageFeed feed)
{
    [Fact]
    public void An_app_of_the_readme_predicts_a_picture()
    {
        string app = feed.App("fresh", ("fresh.csproj", PackageFeed.Project("Microsoft.NET.Sdk", "ModelZoo.Models", "TorchSharp-cpu")),
            ("Program.cs", Snippet("models/README.md")));
        Ran built = feed.Dotnet(app, "build", "-c", "Release", "-v", "quiet", "-warnaserror");
        Assert.True(built.ExitCode == 0, built.Output + built.Errors);
        Assert.All(new[] { "modelzoo", "modelzoo.models", "modelzoo.reference" }, id =>
            Assert.True(File.Exists(Path.Combine(feed.Cache, id, PackageFeed.Version, $"{id}.nuspec")), id));
        Assert.False(Directory.Exists(Path.Combine(feed.Cache, "spectre.console")));

        // libtorch stays where it is: 0.6 GB for this platform, and more for others.
        string bin = Path.Combine(app, "bin", "Release", "net10.0");
        Assert.InRange(Directory.EnumerateFiles(bin, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length), 1, 250 << 20);

        string picture = Checkpoints.Picture(Path.Combine(app, "cat.png"));
        Ran ran = Ran.Start("dotnet", app, [Path.Combine(bin, "fresh.dll"), "lenet5:mnist", picture]).Finish();
        Assert.Equal((0, ""), (ran.ExitCode, ran.Errors));
        Assert.StartsWith($"{Expected(picture)}: ", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_app_of_the_readme_answers()
    {
        string app = feed.App("web", ("web.csproj", PackageFeed.Project("Microsoft.NET.Sdk.Web", "ModelZoo.AspNetCore", "TorchSharp-cpu")),
            ("Program.cs", Snippet("src/ModelZoo.AspNetCore/README.md")));
        Ran built = feed.Dotnet(app, "build", "-c", "Release", "-v", "quiet", "-warnaserror");
        Assert.True(built.ExitCode == 0, built.Output + built.Errors);
        using Ran.Running web = Ran.Start("dotnet", app, [Path.Combine(app, "bin", "Release", "net10.0", "web.dll"), "--urls", "http://127.0.0.1:0"]);
        await web.Until(() => Listening().IsMatch(web.Output));
        using var client = new HttpClient { BaseAddress = new Uri(Listening().Match(web.Output).Groups[1].Value) };
        Assert.Equal("Healthy", await client.GetStringAsync("/healthz"));
        string picture = Checkpoints.Picture(Path.Combine(app, "cat.png"), seed: 4);
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(picture));
        using HttpResponseMessage answer = await client.PostAsync(new Uri("/", UriKind.Relative), content);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(3, json.RootElement.GetArrayLength());
        Assert.Equal(Expected(picture), json.RootElement[0].GetProperty("label").GetString());
        Assert.Equal(0, web.Terminate().ExitCode);
    }

    /// <summary>Where the system's libstdc++ is older (Debian 12) TorchSharp alone does not load: what the package compiles into the app comes first.</summary>
    [Fact]
    public void An_app_may_call_TorchSharp_before_anything_of_the_zoo()
    {
        string app = feed.App("early", ("early.csproj", PackageFeed.Project("Microsoft.NET.Sdk", "ModelZoo.Models", "TorchSharp-cpu")),
            ("Program.cs", "Console.WriteLine(TorchSharp.torch.ones(3).sum().item<float>());"));
        Ran ran = feed.Dotnet(app, "run", "-c", "Release");
        Assert.Equal((0, "3\n", ""), (ran.ExitCode, ran.Output, ran.Errors));
    }

    [Fact]
    public void An_app_without_a_libtorch_is_told_when_it_is_built()
    {
        string app = feed.App("bare", ("bare.csproj", PackageFeed.Project("Microsoft.NET.Sdk", "ModelZoo.Models")), ("Program.cs", "Console.WriteLine();"));
        Ran built = feed.Dotnet(app, "build", "-c", "Release", "-v", "quiet");
        Assert.Equal(0, built.ExitCode);
        Assert.Contains("warning MZ0001: bare uses ModelZoo and references no libtorch: `dotnet add package TorchSharp-cpu`", built.Output,
            StringComparison.Ordinal);
    }

    /// <summary>The C# on a page.</summary>
    private static string Snippet(string page) =>
        Assert.Single(Block().Matches(File.ReadAllText(Path.Combine(PackageFeed.Root, page)).ReplaceLineEndings("\n"))).Groups[1].Value;

    private static string Expected(string picture)
    {
        using ImageClassifier classifier = ImageClassifier.Load("lenet5:mnist");
        return classifier.Predict(picture, top: 1)[0].Label;
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"Now listening on: (http://127\.0\.0\.1:[0-9]+)")]
    private static partial Regex Listening();
}
