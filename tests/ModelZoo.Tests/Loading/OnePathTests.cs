using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Tests.Imaging;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Xunit;

namespace ModelZoo.Tests.Loading;

/// <summary>A picture enters the model the same way in training, measuring and prediction, to the bit.</summary>
[Collection(TorchCollection.Name)]
public sealed class OnePathTests : IDisposable
{
    private readonly TempFolder folder = new();

    public OnePathTests()
    {
        // Every orientation, kind and size: smaller and larger than the input.
        foreach ((int i, string golden) in new[] { "q75-420.jpg", "gray.jpg", "cmyk.jpg", "rgb8.png", "rgb.webp", "palette.gif", "rgb.tif", "rgb.bmp" }.Index())
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(GoldenPictureTests.Folder, golden));
            bytes = golden.EndsWith(".jpg", StringComparison.Ordinal) ? Held(bytes, (byte)(i % 3 == 2 ? 3 : 6)) : bytes;
            Directory.CreateDirectory(folder.File($"{(i % 2 == 0 ? "a" : "b")}"));
            folder.Write($"{(i % 2 == 0 ? "a" : "b")}/{golden}", bytes);
        }
    }

    public static TheoryData<Preprocessing> Kinds => new()
    {
        Preprocessing.ImageNet(24, 28), Preprocessing.ImageNet(24, 28) with { Height = 16, Width = 33 }, Preprocessing.Cifar10() with { Height = 40 },
        new Preprocessing(1, 32, 32, Fit.Pad, [0.13f], [0.3f]), new Preprocessing(1, 28, 36, Fit.Resize, [0.13f], [0.3f], Border: 4),
    };

    public void Dispose() => folder.Dispose();

    /// <summary>A JPEG file with EXIF's orientation.</summary>
    internal static byte[] Held(byte[] jpeg, byte orientation) =>
    [
        .. jpeg[..2], 0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0,
        .. jpeg[2..],
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Training_measuring_and_prediction_see_the_same(Preprocessing preprocessing)
    {
        ImageFolder images = ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 });
        Assert.Equal(8, images.Count);
        var pipeline = new ImagePipeline(preprocessing);
        float[][] expected = [.. Enumerable.Range(0, images.Count).Select(i =>
        {
            var input = new float[pipeline.Length];
            pipeline.Apply(ImageDecoder.Decode(images.Files[i]), input);
            return input;
        })];
        using var loader = new ImageLoader(images, preprocessing);
        using IEnumerator<Batch> measured = loader.InOrder(1).GetEnumerator();
        var plan = new EpochSampler(new Recipe { BatchSize = 1 }, 3, 1);
        float[][] trained = new float[images.Count][];
        foreach ((int index, Batch batch) in plan.Order(images.Count).Zip(loader.Shuffled(plan)))
        {
            using Batch read = batch;
            trained[index] = [.. batch.Inputs.contiguous().data<float>()];
        }

        for (int i = 0; i < images.Count; i++)
        {
            Assert.True(measured.MoveNext());
            using Batch batch = measured.Current;
            Assert.Equal(expected[i], batch.Inputs.contiguous().data<float>().ToArray());
            Assert.Equal(expected[i], trained[i]);
            var predicted = new float[pipeline.Length];
            pipeline.Apply(images.Files[i], predicted);
            Assert.Equal(expected[i], predicted);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Pictures_in_memory_are_fitted_as_pictures_in_files(Preprocessing preprocessing)
    {
        PixelImage[] pictures = [.. Enumerable.Range(0, 3).Select(i => ModelZoo.Tests.Data.Pictures.Smooth(27, 45, (ulong)i))];
        pictures = preprocessing.Channels == 3 ? pictures : [.. pictures.Select(Luma.Gray)];
        int channels = preprocessing.Channels, plane = 27 * 45;
        byte[] planes = [.. pictures.SelectMany(p => Enumerable.Range(0, channels * plane).Select(k => p.Rgb[(3 * (k % plane)) + (k / plane)]))];
        var info = new DatasetInfo("toy", "made here", "none", ["a"]);
        ImageDataset data = ImageDataset.FromBytes(info, new ImageShape(channels, 45, 27), planes, 255, new int[3]);
        using ImageTensors tensors = ImageTensors.From(data, preprocessing);
        (TorchSharp.torch.Tensor inputs, TorchSharp.torch.Tensor labels) = tensors.Batch([0, 1, 2]);
        using (inputs)
        using (labels)
        {
            var pipeline = new ImagePipeline(preprocessing);
            var expected = new float[3 * pipeline.Length];
            for (int i = 0; i < 3; i++)
            {
                pipeline.Apply(pictures[i], expected.AsSpan(i * pipeline.Length, pipeline.Length));
            }

            Assert.Equal(expected, inputs.contiguous().data<float>().ToArray());
        }
    }

    [Fact]
    public void Measured_accuracy_is_that_of_the_predictions()
    {
        ImageFolder images = ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 });
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "resnet20", Catalog.ReadResource, seed: 8);
        model.Model.eval();
        using IImageBatches batches = ImageBatches.Open(images, model.Preprocessing);
        var seen = new List<long>();
        foreach (Batch batch in batches.InOrder(3))
        {
            using Batch read = batch;
            using TorchSharp.torch.Tensor best = model.Model.call(batch.Inputs).argmax(1);
            seen.AddRange(best.data<long>());
        }

        using var classifier = ImageClassifier.FromResolved(model);
        Assert.Equal(seen.Select(label => classifier.Labels[(int)label]), classifier.Predict(images.Files, top: 1).Select(answers => answers[0].Label));
    }

    [Fact]
    public void A_picture_is_measured_as_it_is_predicted_whatever_lies_beside_it()
    {
        ImageFolder images = ImageFolder.Open(folder.Path, DataSplit.Train);
        foreach (Preprocessing p in new[] { Preprocessing.ImageNet(), new Preprocessing(1, 32, 32, Fit.Pad, [0], [1]) })
        {
            Assert.Same(p, TransferLearning.PreprocessingToMeasure(images, p)); // small or large: the model's own
            ImageDataset digits = Digits.Load(DataSplit.Test);
            Preprocessing ofDigits = TransferLearning.PreprocessingToMeasure(digits, p);
            Assert.Equal((Fit.Resize, TransferLearning.PreprocessingFor(digits, p).Border), (ofDigits.Fit, ofDigits.Border));
        }
    }

    [Fact]
    public void The_size_that_stands_for_all_is_that_of_the_upright_picture()
    {
        PixelImage first = ImageDecoder.Decode(folder.File("a/q75-420.jpg"));
        Assert.Equal((37, 45), (first.Width, first.Height)); // stored as 45×37, held sideways
        using var sideways = new TempFolder();
        Directory.CreateDirectory(sideways.File("a"));
        File.Copy(folder.File("a/q75-420.jpg"), sideways.File("a/1.jpg"));
        Assert.Equal(new ImageShape(3, 45, 37), ImageFolder.Open(sideways.Path, DataSplit.Train, new SplitOptions { ValShare = 0 }).TypicalShape);
    }

    [Fact]
    public void Each_file_has_its_answer_or_its_error_as_the_answers_are_asked_for()
    {
        folder.Write("a/broken.jpg", [1, 2, 3]);
        string[] files = [.. PictureFiles.Below(folder.Path).Files];
        using var classifier = ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, seed: 8));
        FilePrediction[] each = [.. classifier.PredictEach(files, top: 2)];
        Assert.Equal(files, each.Select(answer => answer.Path));
        Assert.Equal(folder.File("a/broken.jpg"), Assert.Single(each, answer => answer.Error is not null).Path);
        Assert.All(each.Where(answer => answer.Error is null), answer =>
            Assert.Equal(classifier.Predict(answer.Path, 2)[0].Label, answer.Predictions![0].Label));
        IEnumerable<string> endless = Enumerable.Repeat(files[^1], int.MaxValue);
        Assert.Equal(2, classifier.PredictEach(endless).Take(2).Count());
        using var canceled = new CancellationTokenSource();
        canceled.Cancel();
        Assert.Throws<OperationCanceledException>(() => classifier.PredictEach(files, cancel: canceled.Token).Count());

        var few = ImageClassifier.FromResolved(ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource),
            new DecodeOptions { MaxPixels = 100 });
        using (few)
        {
            Assert.All(few.PredictEach(files), answer => Assert.NotNull(answer.Error));
        }

        using var loader = new ImageLoader(ImageFolder.Open(folder.Path, DataSplit.Train), Preprocessing.Cifar10(),
            new LoaderOptions { Decoding = new DecodeOptions { MaxPixels = 100 } });
        Assert.Contains("more than the 100 that are allowed", Assert.Throws<ZooException>(() => loader.InOrder(4).ToList()).Message, StringComparison.Ordinal);
    }
}
