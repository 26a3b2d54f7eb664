using System.Text.Json;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Models;

/// <summary>A folder becomes a checkpoint in one call.</summary>
[Collection(TorchCollection.Name)]
public sealed class ImageClassifierTrainerTests : IDisposable
{
    private static readonly ImageClassifierTrainerOptions Quick = new()
    {
        Model = "resnet20:cifar10",
        FineTuning = new() { Recipe = FineTuneOptions.HeadRecipe with { Epochs = 4 } },
    };

    private readonly TempFolder folder = new();

    public ImageClassifierTrainerTests() => Pictures.WriteClasses(folder.File("photos"), ["ants", "bees"], each: 10, least: 30);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_folder_becomes_a_checkpoint_that_classifies()
    {
        string checkpoint = folder.File("mine.safetensors");
        var said = new Said();
        ImageClassifierTraining made = await ImageClassifierTrainer.TrainAsync(folder.File("photos"), checkpoint, Quick, said);
        Assert.Equal((checkpoint, 16, 4), (made.Checkpoint, made.TrainImages, made.TestImages));
        Assert.Equal(["ants", "bees"], made.Labels);
        Assert.InRange(made.Accuracy ?? -1, 0, 1);
        Assert.NotNull(made.Interval);
        Assert.Contains("16 pictures of 2 classes to learn from, 4 to test on", said.Texts);
        Assert.Equal(["epoch 1 of 4", "epoch 2 of 4", "epoch 3 of 4", "epoch 4 of 4"],
            said.Texts.Where(text => text.StartsWith("epoch", StringComparison.Ordinal)).Distinct());

        // What the test measured is what the checkpoint does.
        CheckpointInfo info = Checkpoint.ReadInfo(checkpoint);
        Assert.Equal("resnet20", info.Architecture);
        Assert.Equal("photos/train", info.Extra["data"]);
        using ImageClassifier classifier = ImageClassifier.Load(checkpoint);
        Assert.Equal(["ants", "bees"], classifier.Labels);
        Assert.Equal(1, classifier.Predict(Directory.GetFiles(folder.File("photos/ants"))[0]).Sum(p => p.Probability), 1e-6);

        // The same once more, to the byte.
        await ImageClassifierTrainer.TrainAsync(folder.File("photos"), folder.File("again.safetensors"), Quick with { Report = false });
        Assert.Equal(File.ReadAllBytes(checkpoint), File.ReadAllBytes(folder.File("again.safetensors")));
        Assert.Equal(["again.safetensors", "mine.report.html", "mine.report.json", "mine.safetensors"],
            Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)); // and nothing else

        Assert.Equal(folder.File("mine.report.html"), made.Report);
        JsonElement report = JsonDocument.Parse(File.ReadAllText(folder.File("mine.report.json"))).RootElement;
        Assert.Equal(4, report.GetProperty("images").GetInt32());
        Assert.Equal(made.Accuracy!.Value, report.GetProperty("classes").GetProperty("accuracy").GetDouble(), 1e-9);
    }

    [Fact]
    public async Task What_was_there_stays_where_training_is_canceled_or_fails()
    {
        string checkpoint = folder.Write("mine.safetensors", [1, 2, 3]);
        using var stop = new CancellationTokenSource();
        var said = new Said { Then = text => { if (text.StartsWith("epoch 2", StringComparison.Ordinal)) stop.Cancel(); } };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => ImageClassifierTrainer.TrainAsync(folder.File("photos"), checkpoint, Quick, said, stop.Token));
        Assert.DoesNotContain(said.Texts, text => text.StartsWith("epoch 4", StringComparison.Ordinal));

        File.WriteAllText(folder.File("photos/bees/broken.png"), "no picture");
        Assert.Contains("broken.png: is a text", (await Assert.ThrowsAnyAsync<ZooException>(
            () => ImageClassifierTrainer.TrainAsync(folder.File("photos"), checkpoint, Quick))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UsageException>(() => ImageClassifierTrainer.TrainAsync(folder.File("photos"), folder.File("mine.pth"), Quick));
        UsageException fresh = await Assert.ThrowsAsync<UsageException>(
            () => ImageClassifierTrainer.TrainAsync(folder.File("photos"), checkpoint, Quick with { Model = "resnet20" }));
        Assert.Contains("fresh weights", fresh.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(checkpoint));
        Assert.Single(Directory.GetFiles(folder.Path));

        ImageClassifierTraining made = await ImageClassifierTrainer.TrainAsync(folder.File("photos"), checkpoint, Quick with { SkipBadImages = true });
        Assert.EndsWith("broken.png", Assert.Single(made.Skipped).Name, StringComparison.Ordinal);
    }

    private sealed class Said : IProgress<ImageClassifierTrainerProgress>
    {
        public List<string> Texts { get; } = [];

        public Action<string>? Then { get; init; }

        public void Report(ImageClassifierTrainerProgress value)
        {
            Texts.Add(value.Text);
            Then?.Invoke(value.Text);
        }
    }
}
