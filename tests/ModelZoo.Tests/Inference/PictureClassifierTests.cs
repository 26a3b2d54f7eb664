using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests.Imaging;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Tests.Inference;

[Collection(TorchCollection.Name)]
public class PictureClassifierTests
{
    private static readonly string[] Files = [.. Directory.GetFiles(GoldenPictureTests.Folder, "*.jpg")
        .Concat(Directory.GetFiles(GoldenPictureTests.Folder, "*.png")).Order(StringComparer.Ordinal)];

    private static ImageClassifier Fresh(string name = "resnet20") =>
        ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, name, Catalog.ReadResource, seed: 8));

    [Fact]
    public void A_file_a_stream_and_a_picture_get_the_same_answers()
    {
        using ImageClassifier classifier = Fresh();
        Answer file = classifier.Predict(Files[0]);
        Assert.Equal(5, file.Count);
        using FileStream stream = File.OpenRead(Files[0]);
        Assert.Equal(file, classifier.Predict(stream));
        Assert.Equal(file, classifier.Predict(ImageDecoder.Decode(Files[0])));
        var input = new float[3 * 32 * 32];
        PixelImage picture = ImageDecoder.Decode(Files[0]);
        classifier.Prepare(picture, input);
        Assert.Equal(Inputs.Of(picture, classifier.Preprocessing), input);
    }

    [Fact]
    public void A_batch_of_different_sizes_gives_what_single_pictures_give()
    {
        using ImageClassifier classifier = Fresh();
        string[] many = [.. Enumerable.Range(0, 300).Select(i => Files[i % Files.Length])];
        IReadOnlyList<IReadOnlyList<Prediction>> batch = classifier.Predict(many, top: 1);
        Assert.Equal(300, batch.Count);
        for (int i = 0; i < Files.Length; i++)
        {
            Prediction single = classifier.Predict(Files[i], top: 1)[0];
            Assert.Equal(single.Label, batch[i][0].Label);
            Assert.Equal(single.Probability, batch[i][0].Probability, 1e-5);
            if (i + 256 + Files.Length < 300)
            {
                Assert.Equal(single.Probability, batch[i + Files.Length][0].Probability, 1e-5);
            }
        }

        Assert.Empty(classifier.Predict(Array.Empty<PixelImage>()));
    }

    [Fact]
    public async Task Eight_threads_get_identical_answers()
    {
        using ImageClassifier classifier = Fresh();
        IReadOnlyList<IReadOnlyList<Prediction>> expected = classifier.Predict(Files);
        Task<bool>[] tasks = [.. Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () => Enumerable.Range(0, 5).All(_ => classifier.Predict(Files).Zip(expected).All(pair => pair.First.SequenceEqual(pair.Second))),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Assert.All(await Task.WhenAll(tasks), Assert.True);
    }

    [Fact]
    public void A_photograph_is_seen_the_way_it_is_held_unless_told_otherwise()
    {
        byte[] jpeg = File.ReadAllBytes(Path.Combine(GoldenPictureTests.Folder, "q98-444.jpg"));
        byte[] segment = [0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0];
        byte[] held = [.. jpeg[..2], .. segment, .. jpeg[2..]];
        using ImageClassifier classifier = Fresh();
        using ImageClassifier asStored = ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, "resnet20", Catalog.ReadResource, seed: 8),
            new DecodeOptions { ApplyOrientation = false });
        using var first = new MemoryStream(held);
        using var second = new MemoryStream(held);
        PixelImage stored = ImageDecoder.Decode(jpeg, "q98-444.jpg"), turned = ImageDecoder.Decode(held, "held", new DecodeOptions());
        Assert.Equal((stored.Height, stored.Width), (turned.Width, turned.Height));
        Assert.Equal(classifier.Predict(turned), classifier.Predict(first));
        Assert.Equal(classifier.Predict(stored), asStored.Predict(second));
    }

    [Fact]
    public void The_first_broken_file_is_the_error()
    {
        using var folder = new TempFolder();
        string[] files = [Files[0], folder.Write("first.jpg", [0xFF, 0xD8, 0xFF]), folder.Write("second.jpg", [1, 2, 3])];
        using ImageClassifier classifier = Fresh();
        Assert.Contains("first.jpg", Assert.Throws<ImageException>(() => classifier.Predict(files)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_of_weights_are_loaded_and_fresh_weights_refused()
    {
        using ImageClassifier classifier = ImageClassifier.Load("lenet5:mnist");
        Assert.Equal(10, classifier.Labels.Count);
        Assert.Equal(1, classifier.Predict(Files[0], top: 10).Sum(p => p.Probability), 1e-4); // larger than the input: resized
        Assert.Contains("only guess", Assert.Throws<UsageException>(() => ImageClassifier.Load("resnet20")).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => ImageClassifier.Load("lenet6"));
    }
}
