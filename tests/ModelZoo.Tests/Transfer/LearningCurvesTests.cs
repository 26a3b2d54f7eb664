using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Statistics;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Transfer;

[Collection(TorchCollection.Name)]
public class LearningCurvesTests(ITestOutputHelper log)
{
    // Features that know CIFAR-10 tell digits apart only after some have been seen; those that know MNIST after a few.
    [Theory]
    [InlineData("resnet20:cifar10", 0.08, 1)]
    [InlineData("lenet5:mnist", -0.03, 0.08)]
    public void Each_head_begins_anew_and_learns_from_its_part_alone(string name, double least, double most)
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, name, Catalog.ReadResource);
        ImageDataset train = Digits.Load(DataSplit.Train).Take(480), test = Digits.Load(DataSplit.Test).Take(200);
        var options = new FineTuneOptions { Recipe = FineTuneOptions.HeadRecipe with { Epochs = 20, LearningRate = 0.01 }, Seed = 1 };
        LearningCurve curve = LearningCurves.Measure(model, train, test, options);
        log.WriteLine(string.Join(", ", curve.Pictures.Zip(curve.Errors, (n, e) => $"{n}: {100 * e:F1} %")) + $"; gain {100 * curve.Gain:F1}");
        Assert.Equal((480, 960, 200), (curve.Pictures[^1], curve.Outlook, curve.Tested));
        Assert.InRange(curve.Errors[0] - curve.Errors[^1], least, most);
    }

    [Fact]
    public void With_folds_every_picture_is_tested_and_learned_from_by_others()
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "resnet20:cifar10", Catalog.ReadResource);
        ImageDataset digits = Digits.Load(DataSplit.Train).Take(240);
        var options = new FineTuneOptions { Recipe = FineTuneOptions.HeadRecipe with { Epochs = 10, LearningRate = 0.01 }, Seed = 1 };
        var told = new List<(int Done, int Of)>();
        LearningCurve curve = LearningCurves.MeasureFolds(model, digits, 3, options, new Heard(told.Add));
        log.WriteLine(string.Join(", ", curve.Pictures.Zip(curve.Errors, (n, e) => $"{n}: {100 * e:F1} %")) + $"; gain {100 * curve.Gain:F1}");
        Assert.Equal((160, 320, 240), (curve.Pictures[^1], curve.Outlook, curve.Tested));
        Assert.InRange(curve.Errors[0] - curve.Errors[^1], 0.08, 1);
        Assert.Equal((3 * 3 * curve.Pictures.Count, 3 * 3 * curve.Pictures.Count), told[^1]);
    }

    [Fact]
    public void With_folds_nothing_is_learned_from_what_is_tested()
    {
        // Labels that mean nothing: who had seen a picture before its test would know some of them.
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset digits = Digits.Load(DataSplit.Train).Take(200);
        var random = new SeededRandom(5);
        var pixels = new float[digits.Count * digits.Shape.Length];
        for (int i = 0; i < digits.Count; i++)
        {
            digits.CopyImage(i, pixels.AsSpan(i * digits.Shape.Length, digits.Shape.Length));
        }

        ImageDataset noise = ImageDataset.FromFloats(new DatasetInfo("noise", "", "", ["a", "b"]), digits.Shape, pixels,
            [.. Enumerable.Range(0, digits.Count).Select(_ => random.Next(2))]);
        var options = new FineTuneOptions { Recipe = FineTuneOptions.HeadRecipe with { Epochs = 40, LearningRate = 0.02 } };
        LearningCurve curve = LearningCurves.MeasureFolds(model, noise, 4, options);
        log.WriteLine(string.Join(", ", curve.Errors.Select(e => $"{100 * e:F1} %")));
        Assert.All(curve.Errors, e => Assert.InRange(e, 0.4, 0.6));
    }

    [Fact]
    public void Too_few_pictures_of_a_class_are_refused()
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset digits = Digits.Load(DataSplit.Train);
        string message = Assert.Throws<ZooException>(() => LearningCurves.Measure(model, digits.Take(40), digits)).Message;
        Assert.Contains("too few for a learning curve: 8 or more of each are needed", message, StringComparison.Ordinal);
    }

    private sealed class Heard(Action<(int Done, int Of)> hear) : IProgress<(int Done, int Of)>
    {
        public void Report((int Done, int Of) value) => hear(value);
    }
}
