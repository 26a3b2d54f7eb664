using System.Reflection;
using System.Text.Json;
using ModelZoo.Tests.Data;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary><c>zoo finetune</c> without a model, from a folder whose NuGet settings know no feed.</summary>
public sealed class PackageTests : IDisposable
{
    private static readonly string Package = typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "ResNet18Package").Value!;

    private readonly TemporaryFolder folder = new();

    public PackageTests()
    {
        Pictures.WriteClasses(folder.File("photos"), ["ants", "bees"], each: 5);
        File.WriteAllText(folder.File("nuget.config"), """
            <configuration><packageSources><clear /></packageSources><fallbackPackageFolders><clear /></fallbackPackageFolders></configuration>
            """);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_of_pictures_becomes_a_classifier_with_the_weights_of_the_package()
    {
        string packages = Path.GetFullPath(Path.Combine(Package, "..", ".."));
        Zoo tuned = Run(packages, "finetune", "--data", "folder:photos", "--epochs", "1", "--output", "mine.safetensors", "--json");
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        Assert.Contains("resnet18_cntk:imagenet is in the NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1: 56.7 MiB, MIT license, Copyright (c) "
            + ".NET Foundation and Contributors\n", tuned.Errors, StringComparison.Ordinal);
        Assert.Contains($"taken from {packages}", tuned.Errors, StringComparison.Ordinal);
        Zoo again = Run(folder.File("none"), "predict", "mine.safetensors", "photos/ants/00.png", "--json");
        Assert.True(again.ExitCode == 0, again.Errors);
        Assert.Contains(again.Json[0].GetProperty("predictions")[0].GetProperty("label").GetString(), new[] { "ants", "bees" });

        Zoo bare = Run(folder.File("none"), "predict", "resnet18_cntk:imagenet", "photos/ants/00.png");
        Assert.Equal(2, bare.ExitCode);
        Assert.StartsWith("zoo: resnet18_cntk comes without a classifier, which zoo predict needs. Fit one to your pictures with `zoo finetune", bare.Errors,
            StringComparison.Ordinal);
        Assert.Single(bare.Errors.TrimEnd().Split('\n'));
        Zoo list = Run(folder.File("none"), "pull", "--list", "resnet18_cntk", "--json");
        JsonElement row = Assert.Single(list.Json.EnumerateArray());
        Assert.Equal((JsonValueKind.Null, true), (row.GetProperty("publishedTop1").ValueKind,
            row.GetProperty("url").GetString()!.StartsWith("nuget:Microsoft.ML.DnnImageFeaturizer.ResNet18/0.23.1/", StringComparison.Ordinal)));
    }

    [Fact]
    public void Without_a_feed_one_line_says_what_to_do()
    {
        Zoo alone = Run(folder.File("none"), "finetune", "--data", "folder:photos");
        Assert.Equal(1, alone.ExitCode);
        string line = alone.Errors.TrimEnd().Split('\n')[^1];
        Assert.StartsWith("zoo: The package Microsoft.ML.DnnImageFeaturizer.ResNet18 0.23.1 is not on this machine, and its NuGet settings name no feed for "
            + "it.", line, StringComparison.Ordinal);
        Assert.Contains("`zoo pull resnet18_cntk --from <file>.nupkg`", line, StringComparison.Ordinal);
        Assert.Contains("`zoo finetune resnet20:cifar10 …`", line, StringComparison.Ordinal);

        Zoo digits = Run(folder.File("none"), "finetune", "--data", "digits");
        Assert.Equal(2, digits.ExitCode);
        Assert.Contains("zoo finetune needs a <model> for digits", digits.Errors, StringComparison.Ordinal);
    }

    private Zoo Run(string packages, params string[] arguments) => Zoo.StartWith(
        new() { ["MODELZOO_HOME"] = folder.File("home"), ["NUGET_PACKAGES"] = packages }, folder.Path, arguments).Finish();
}
