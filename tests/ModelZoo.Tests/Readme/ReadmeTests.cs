using ModelZoo.Data;
using ModelZoo.Models;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using Xunit;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in README.md is the code below, which is compiled and run.</summary>
[Collection(TorchCollection.Name)]
public class ReadmeTests
{
    [Fact]
    public void The_example_runs_and_recognises_the_digit()
    {
        string checkpoint = Path.Combine(Path.GetTempPath(), $"readme-{Guid.NewGuid():N}.safetensors");
        using var written = new StringWriter();
        try
        {
            using ResolvedModel pretrained = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
            FineTuner.Run(pretrained, Digits.Load(DataSplit.Train), null, new FineTuneOptions { CheckpointPath = checkpoint }).Dispose();
            Run(checkpoint, written);
        }
        finally
        {
            File.Delete(checkpoint);
        }

        string[] lines = written.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith($"{Digits.Load(DataSplit.Test).Labels[0]}: ", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_is_the_one_in_the_readme()
    {
        string source = File.ReadAllText(Find("tests/ModelZoo.Tests/Readme/ReadmeTests.cs"));
        string readme = File.ReadAllText(Find("README.md"));
        int begin = source.IndexOf("// <readme>\n", StringComparison.Ordinal) + "// <readme>\n".Length, end = source.LastIndexOf("        // </readme>", StringComparison.Ordinal);
        string example = source[begin..end].Replace("\n        ", "\n", StringComparison.Ordinal).Trim().Replace("console.WriteLine", "Console.WriteLine", StringComparison.Ordinal);
        Assert.Contains(example, readme, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_of_the_readme_exists()
    {
        string[] commands = ["list", "info", "summary", "train", "finetune", "eval", "predict", "verify", "forward", "pull", "quickstart"];
        string readme = File.ReadAllText(Find("README.md"));
        Assert.All(commands, c => Assert.Contains($"zoo {c}", readme, StringComparison.Ordinal));
    }

    private static void Run(string checkpoint, StringWriter console)
    {
        // <readme>
        using ImageClassifier classifier = ImageClassifier.FromFile(Catalog.Models, checkpoint);

        ImageDataset digits = Digits.Load(DataSplit.Test);
        var pixels = new float[8 * 8];
        digits.CopyImage(0, pixels);
        foreach (Prediction p in classifier.Predict(pixels, channels: 1, height: 8, width: 8, top: 3))
        {
            console.WriteLine($"{p.Label}: {p.Probability:P1}");
        }

        // </readme>
    }

    private static string Find(string file)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ModelZoo.sln")))
            {
                return Path.Combine(folder.FullName, file);
            }
        }

        throw new InvalidOperationException("The tests do not run inside a checkout.");
    }
}
