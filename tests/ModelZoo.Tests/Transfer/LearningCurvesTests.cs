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
    public void Too_few_pictures_of_a_class_are_refused()
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset digits = Digits.Load(DataSplit.Train);
        string message = Assert.Throws<ZooException>(() => LearningCurves.Measure(model, digits.Take(40), digits)).Message;
        Assert.Contains("too few for a learning curve: 8 or more of each are needed", message, StringComparison.Ordinal);
    }
}
