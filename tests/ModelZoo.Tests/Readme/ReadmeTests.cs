using ModelZoo.Data;
using ModelZoo.Models;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
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
    public void The_training_example_runs_and_transfer_wins()
    {
        string checkpoint = Path.Combine(Path.GetTempPath(), $"readme-{Guid.NewGuid():N}.safetensors");
        using var written = new StringWriter();
        try
        {
            Train(checkpoint, written);
            Assert.True(File.Exists(checkpoint));
        }
        finally
        {
            File.Delete(checkpoint);
        }

        Assert.Matches("^fine-tuned [0-9.,]+ ?%, from scratch [0-9.,]+ ?%", written.ToString());
    }

    [Theory]
    [InlineData("readme")]
    [InlineData("readme-training")]
    public void The_example_is_the_one_in_the_readme(string mark)
    {
        string source = File.ReadAllText(Find("tests/ModelZoo.Tests/Readme/ReadmeTests.cs"));
        string readme = File.ReadAllText(Find("README.md"));
        int begin = source.LastIndexOf($"// <{mark}>\n", StringComparison.Ordinal) + $"// <{mark}>\n".Length, end = source.LastIndexOf($"        // </{mark}>", StringComparison.Ordinal);
        string example = source[begin..end].Replace("\n        ", "\n", StringComparison.Ordinal).Trim().Replace("console.WriteLine", "Console.WriteLine", StringComparison.Ordinal);
        Assert.Contains(example, readme, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_of_the_readme_exists()
    {
        string[] commands = ["list", "info", "summary", "train", "finetune", "eval", "predict", "verify", "forward", "pull", "quickstart", "features", "data", "compare", "reproduce", "import", "export"];
        string readme = File.ReadAllText(Find("README.md"));
        Assert.All(commands, c => Assert.Contains($"zoo {c}", readme, StringComparison.Ordinal));
    }

    private static void Run(string checkpoint, StringWriter console)
    {
        // <readme>
        using ImageClassifier classifier = ImageClassifier.Load(checkpoint);

        ImageDataset digits = Digits.Load(DataSplit.Test);
        var pixels = new float[8 * 8];
        digits.CopyImage(0, pixels);
        foreach (Prediction p in classifier.Predict(pixels, channels: 1, height: 8, width: 8, top: 3))
        {
            console.WriteLine($"{p.Label}: {p.Probability:P1}");
        }

        // </readme>
    }

    private static void Train(string checkpoint, StringWriter console)
    {
        // <readme-training>
        using ResolvedModel pretrained = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset train = Digits.Load(DataSplit.Train), test = Digits.Load(DataSplit.Test);
        using FineTuneResult tuned = FineTuner.Run(pretrained, train, test, new FineTuneOptions { CheckpointPath = checkpoint }); // a new head on a frozen trunk

        using ImageTensors trainImages = ImageTensors.From(train, tuned.Model.Preprocessing), testImages = ImageTensors.From(test, tuned.Model.Preprocessing);
        using ZooModel model = Catalog.Models.Find("lenet5").Create(); // or any Module<Tensor, Tensor> of your own
        TrainingResult result = new Trainer(model, new Recipe { Epochs = 2, LearningRate = 0.02, Momentum = 0.9 }).Fit(trainImages, testImages);
        console.WriteLine($"fine-tuned {tuned.Training.TestAccuracy:P1}, from scratch {result.TestAccuracy:P1}");

        // </readme-training>
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
