using ModelZoo.Models;
using ModelZoo.Tests.Data;
using ModelZoo.Transfer;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary><c>zoo new</c> writes all or nothing; that what it writes runs is tested where there are packages (ModelZoo.AspNetCore.Tests).</summary>
public sealed class NewCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string checkpoint;

    public NewCommandTests()
    {
        checkpoint = folder.File("digits.safetensors");
        Assert.Equal(0, Zoo.Run("export", "lenet5:mnist", "-o", checkpoint).ExitCode);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_project_has_the_checkpoint_and_the_packages_of_this_version()
    {
        Directory.CreateDirectory(folder.File("1 app")); // an empty folder is taken
        Zoo made = Zoo.RunIn(folder.Path, "new", "1 app", "--checkpoint", checkpoint, "--json");
        Assert.True(made.ExitCode == 0, made.Errors);
        Assert.Equal("App_1_app", made.Json.GetProperty("project").GetString());
        Assert.Equal([".gitignore", "App_1_app.csproj", "Program.cs", "README.md", "digits.safetensors"],
            made.Json.GetProperty("files").EnumerateArray().Select(file => file.GetString()));
        Assert.Equal(made.Json.GetProperty("files").EnumerateArray().Select(file => file.GetString()),
            Directory.EnumerateFiles(folder.File("1 app")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(checkpoint), File.ReadAllBytes(folder.File("1 app/digits.safetensors")));
        string version = typeof(Catalog).Assembly.GetName().Version!.ToString(3);
        Assert.Contains($"<PackageReference Include=\"ModelZoo.Models\" Version=\"{version}\" />", File.ReadAllText(folder.File("1 app/App_1_app.csproj")),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("full", "digits.safetensors", 2, "zoo: full is there already, and nothing in it is overwritten; choose another folder.")]
    [InlineData("digits.safetensors", "digits.safetensors", 2, "zoo: digits.safetensors is there already")]
    [InlineData("app", "none.safetensors", 2, "zoo: --checkpoint none.safetensors: no such file.")]
    [InlineData("app", "lenet5:mnist", 2, "zoo: --checkpoint lenet5:mnist: no such file. It takes a checkpoint that the zoo made")]
    [InlineData("app", "text.safetensors", 1, "zoo: text.safetensors: ")]
    [InlineData("app", "text.pth", 2, "zoo: --checkpoint text.pth: a checkpoint's name ends in .safetensors.")]
    [InlineData("full/kept.txt/app", "digits.safetensors", 1, "zoo: full/kept.txt/app cannot be written: ")]
    public void What_cannot_be_is_one_line_and_leaves_nothing(string project, string file, int code, string expected)
    {
        Directory.CreateDirectory(folder.File("full"));
        File.WriteAllText(folder.File("full/kept.txt"), "kept");
        File.WriteAllText(folder.File("text.safetensors"), "no checkpoint");
        File.WriteAllText(folder.File("text.pth"), "no checkpoint");
        string[] before = Everything();
        Zoo made = Zoo.RunIn(folder.Path, "new", project, "--checkpoint", file);
        Assert.Equal(code, made.ExitCode);
        Assert.StartsWith(expected, Assert.Single(made.Errors.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(before, Everything());

        string[] Everything() => [.. Directory.EnumerateFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task The_trainer_for_apps_makes_the_checkpoint_of_zoo_finetune()
    {
        Pictures.WriteClasses(folder.File("photos"), ["ants", "bees"], each: 10, least: 30);
        Zoo tuned = Zoo.RunIn(folder.Path, "finetune", "resnet20:cifar10", "--data", $"folder:{folder.File("photos")}", "--epochs", "3", "--seed", "5",
            "--output", "zoo.safetensors", "--device", "cpu");
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        await ImageClassifierTrainer.TrainAsync(folder.File("photos"), folder.File("app.safetensors"), new ImageClassifierTrainerOptions
        {
            Model = "resnet20:cifar10",
            Seed = 5,
            FineTuning = new() { Recipe = FineTuneOptions.HeadRecipe with { Epochs = 3 }, Device = TorchSharp.torch.CPU },
        });
        Assert.Equal(File.ReadAllBytes(folder.File("zoo.safetensors")), File.ReadAllBytes(folder.File("app.safetensors")));
    }
}
