using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Loading;

[Collection(TorchCollection.Name)]
public sealed class TestViewsTests : IDisposable
{
    private static readonly string[] Names = ["a", "b"];

    private readonly TempFolder folder = new();
    private readonly ResolvedModel model;
    private readonly string[] files;

    public TestViewsTests()
    {
        Pictures.WriteClasses(folder.Path, Names, each: 3);
        files = [.. Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        random.manual_seed(3);
        ModelInfo info = Catalog.Models.Find("resnet20");
        ModelOptions options = info.Defaults with { NumClasses = 2 };
        model = new ResolvedModel
        {
            Model = info.Create(options),
            Info = info,
            Options = options,
            Labels = Names,
            Preprocessing = new Preprocessing(3, 32, 32, Fit.Crop, [0.5f, 0.4f, 0.3f], [0.2f, 0.2f, 0.3f]) { ShorterSide = 40 },
            Trained = true,
        };
        model.Model.eval();
    }

    [Theory]
    [InlineData("flip", 2)]
    [InlineData("five-crops", 5)]
    [InlineData("crops", 10)]
    public void Answers_are_the_mean_of_the_views_probabilities_in_predict_and_eval_alike(string name, int count)
    {
        TestViews views = TestViews.Known.Single(v => v.Name == name);
        var pipeline = new ImagePipeline(model.Preprocessing);
        double[] expected = [.. files.Select(file => Views(pipeline, ImageDecoder.Decode(file), name).Average(view => Probability(view)))];
        Assert.All(files, file => Assert.Equal(count, Views(pipeline, ImageDecoder.Decode(file), name).Count));

        using ImageClassifier classifier = ImageClassifier.FromResolved(Copy(), views);
        double[] predicted = [.. classifier.Predict(files, 2).Select(answer => answer.Single(p => p.Label == "a").Probability)];
        Assert.All(expected.Zip(predicted), p => Assert.Equal(p.First, p.Second, 1e-5));
        Assert.Equal(predicted[0], classifier.Predict(ImageDecoder.Decode(files[0]), 2).Single(p => p.Label == "a").Probability, 1e-5);

        ImageFolder data = ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 });
        using IImageBatches images = views.AreCrops ? TenCrop.Open(data, model.Preprocessing, views) : ImageBatches.Open(data, model.Preprocessing);
        EvaluationResult result = Evaluator.Evaluate(views.Average(model.Model), images);
        Assert.Equal(-expected.Zip(data.Labels.ToArray(), (p, label) => Math.Log(label == 0 ? p : 1 - p)).Average(), result.Loss, 1e-4);

        // The same look at answers that saw each image once.
        using ImageClassifier once = ImageClassifier.FromResolved(Copy());
        Assert.Contains(once.Predict(files, 2).Zip(expected), p => Math.Abs(p.First.Single(x => x.Label == "a").Probability - p.Second) > 1e-4);
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        ResolvedModel whole = Copy() with { Preprocessing = Preprocessing.Cifar10() };
        Assert.Contains("Five crops are cut out", Assert.Throws<ZooException>(() => ImageClassifier.FromResolved(whole, TestViews.FiveCrops)).Message,
            StringComparison.Ordinal);
        using ImageClassifier flips = ImageClassifier.FromResolved(whole, TestViews.Flip);
        Assert.Equal(2, flips.Predict(files[0], 2).Count);
        using ImageClassifier crops = ImageClassifier.FromResolved(Copy(), TestViews.TenCrops);
        Assert.Contains("arrays already", Assert.Throws<ZooException>(() => crops.Predict(new float[3 * 32 * 32], 3, 32, 32)).Message,
            StringComparison.Ordinal);
        ResolvedModel labels = Copy() with { Task = new PredictionTask { Kind = TaskKind.MultiLabel } };
        Assert.Contains("predicts something else", Assert.Throws<UsageException>(() => ImageClassifier.FromResolved(labels, TestViews.Flip)).Message,
            StringComparison.Ordinal);
        labels.Dispose();
    }

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
    }

    private static IReadOnlyList<PixelImage> Views(ImagePipeline pipeline, PixelImage picture, string name)
    {
        if (name == "flip")
        {
            return [pipeline.Fit(picture), Flip.Horizontal(pipeline.Fit(picture))];
        }

        IReadOnlyList<PixelImage> ten = TenCrop.Of(pipeline.Uncropped(picture), 32, 32);
        return name == "crops" ? ten : [.. ten.Take(5)];
    }

    private double Probability(PixelImage view)
    {
        using IDisposable off = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        var values = new float[3 * 32 * 32];
        new ImagePipeline(model.Preprocessing).Normalize(view, values);
        return nn.functional.softmax(model.Model.call(tensor(values, [1, 3, 32, 32])), 1)[0, 0].item<float>();
    }

    private ResolvedModel Copy()
    {
        ResolvedModel copy = model with { Model = model.Info.Create(model.Options) };
        copy.Model.load_state_dict(model.Model.state_dict());
        copy.Model.eval();
        return copy;
    }
}
