using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Inference;

[Collection(TorchCollection.Name)]
public class ImageClassifierTests
{
    private static ImageClassifier Fresh(string name = "lenet5") =>
        ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, name, Catalog.ReadResource, seed: 8));

    [Fact]
    public void Answers_are_ranked_probabilities()
    {
        using ImageClassifier classifier = Fresh("small_cnn");
        var pixels = new float[64];
        Samples.Digits(1).CopyImage(0, pixels);
        Answer all = classifier.Predict(pixels, 1, 8, 8, top: 100);
        Assert.Equal(10, all.Count);
        Assert.Equal(1, all.Sum(p => p.Probability), 1e-5);
        Assert.Equal(all.OrderByDescending(p => p.Probability), all);
        Assert.Equal(all.Take(3), classifier.Predict(pixels, 1, 8, 8, top: 3));
    }

    [Fact]
    public void A_batch_gives_what_single_images_give()
    {
        using ImageClassifier classifier = Fresh("small_cnn");
        ImageDataset digits = Samples.Digits(300);
        IReadOnlyList<IReadOnlyList<Prediction>> batch = classifier.Predict(digits, top: 1);
        var pixels = new float[64];
        foreach (int i in new[] { 0, 1, 255, 256, 299 })
        {
            digits.CopyImage(i, pixels);
            Prediction single = classifier.Predict(pixels, 1, 8, 8, top: 1)[0];
            Assert.Equal(batch[i][0].Label, single.Label);
            Assert.Equal(batch[i][0].Probability, single.Probability, 1e-5);
        }
    }

    [Fact]
    public void A_checkpoint_is_all_that_is_needed()
    {
        using var folder = new TempFolder();
        ModelInfo info = Samples.Info("small_cnn");
        string path = folder.File("m.safetensors");
        using (ZooModel model = Samples.Fresh("small_cnn", 8, classes: 2))
        {
            var description = new CheckpointInfo
            {
                Architecture = "small_cnn",
                Options = info.Defaults with { NumClasses = 2 },
                Labels = ["no", "yes"],
                Preprocessing = info.Preprocessing
            };
            Checkpoint.Save(path, model, description);
        }

        using ImageClassifier classifier = ImageClassifier.Load(path);
        Assert.Equal(["no", "yes"], classifier.Predict(new float[28 * 28], 1, 28, 28).Select(p => p.Label).Order());
    }

    [Fact]
    public async Task Eight_threads_get_identical_answers()
    {
        using ImageClassifier classifier = Fresh("convnet");
        ImageDataset digits = Samples.Digits(20);
        IReadOnlyList<IReadOnlyList<Prediction>> expected = classifier.Predict(digits);
        Task<bool>[] tasks = [.. Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () => Enumerable.Range(0, 10).All(_ => classifier.Predict(digits).Zip(expected).All(pair => pair.First.SequenceEqual(pair.Second))),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Assert.All(await Task.WhenAll(tasks), Assert.True);
    }

    [Fact]
    public void An_image_that_does_not_fit_is_refused()
    {
        using ImageClassifier classifier = Fresh();
        Assert.Contains("3 channels, the model takes 1", Assert.Throws<ZooException>(() => classifier.Predict(new float[3 * 64], 3, 8, 8)).Message,
            StringComparison.Ordinal);
        Assert.Equal(5, classifier.Predict(new float[40 * 40], 1, 40, 40).Count); // larger than what is padded: resized
        Assert.Throws<ArgumentException>(() => classifier.Predict(new float[5], 1, 8, 8));
    }
}
