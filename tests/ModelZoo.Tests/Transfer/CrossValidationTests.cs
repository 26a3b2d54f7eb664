using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using Xunit;

namespace ModelZoo.Tests.Transfer;

[Collection(TorchCollection.Name)]
public class CrossValidationTests
{
    private static readonly FineTuneOptions Options = new() { Recipe = Samples.Quick with { Epochs = 4, LearningRate = 0.01 }, Seed = 2 };

    [Fact]
    public void Each_picture_is_judged_once_by_a_head_that_did_not_see_it()
    {
        using ResolvedModel pretrained = Pretrained();
        ImageDataset data = Samples.Digits(90);
        using var folder = new TempFolder();
        CrossValidationResult result = CrossValidation.FineTune(pretrained, data, 3, Options, folder.Path);
        Assert.Equal(Enumerable.Range(0, 90), result.Predictions.Select(p => p.Place));
        Assert.Equal(data.Labels.ToArray(), result.Predictions.Select(p => p.Label));
        Assert.Equal(result.Folds.Average(f => f.Accuracy), result.MeanAccuracy, 1e-12);
        Assert.Equal(result.Predictions.Average(p => p.IsRight ? 1.0 : 0), result.Accuracy, 1e-12);
        Assert.True(result.MeanInterval!.Value.Contains(result.MeanAccuracy));

        // What fold 2 says of its pictures is what its checkpoint says, which was trained as a fine-tuning of the other pictures is.
        FoldResult second = result.Folds[1];
        using ResolvedModel saved = ModelResolver.Resolve(Catalog.Models, folder.File("fold2.safetensors"), Catalog.ReadResource);
        Assert.Equal("2 of 3", saved.Checkpoint!.Extra["fold"]);
        int[] places = [.. second.Predictions.Select(p => p.Place)];
        var again = CrossValidation.Test(saved.Model, data.Subset(places), saved.Preprocessing);
        Assert.All(again.Zip(second.Predictions), a =>
            Assert.All(a.First.Probabilities.Zip(a.Second.Probabilities), p => Assert.Equal(p.First, p.Second, 1e-4f)));
        ImageDataset others = data.Subset([.. Enumerable.Range(0, 90).Except(places)]);
        using FineTuneResult alone = FineTuner.Run(pretrained, others, null, Options with { Seed = Options.Seed + 1 });
        Assert.All(Floats(alone.Model).Zip(Floats(saved)), w => Assert.Equal(w.First, w.Second, 1e-4f));

        string[] lines = File.ReadAllLines(Write(result, folder.File("predictions.csv")));
        Assert.Equal(91, lines.Length);
        Assert.StartsWith("file,label,fold,prediction,probability,p:0,p:1", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_saw_its_test_is_found()
    {
        // Learned by heart: random labels are told well above chance only by who has seen them.
        var random = new SeededRandom(5);
        ImageDataset digits = Samples.Digits(60);
        var pixels = new float[60 * 64];
        for (int i = 0; i < 60; i++)
        {
            digits.CopyImage(i, pixels.AsSpan(i * 64, 64));
        }

        ImageDataset noise = ImageDataset.FromFloats(new DatasetInfo("noise", "", "", ["a", "b"]), digits.Shape, pixels,
            [.. Enumerable.Range(0, 60).Select(_ => random.Next(2))]);
        using ResolvedModel pretrained = Pretrained();
        FineTuneOptions hard = Options with { Recipe = Samples.Quick with { Epochs = 150, Optimizer = "adam", Momentum = 0, LearningRate = 0.02 } };
        CrossValidationResult honest = CrossValidation.FineTune(pretrained, noise, 3, hard);
        Assert.InRange(honest.Accuracy, 0.25, 0.75);
        using FineTuneResult seen = FineTuner.Run(pretrained, noise, noise, hard);
        Assert.InRange(seen.Training.TestAccuracy!.Value, honest.Accuracy + 0.1, 1);
    }

    [Fact]
    public void The_interval_is_Students()
    {
        // scipy.stats.t.interval(0.95, 4, 0.9, 0.0790569415/5**0.5)
        CrossValidationResult result = Made(0.8, 0.85, 0.9, 0.95, 1.0);
        Assert.Equal(0.801838, result.MeanInterval!.Value.Low, 1e-5);
        Assert.Equal(0.998162, result.MeanInterval.Value.High, 1e-5);
        Assert.Equal(1, Made(0.9, 1.0).MeanInterval!.Value.High);
    }

    [Fact]
    public void Seeds_decide_and_what_cannot_be_dealt_is_refused()
    {
        using ResolvedModel pretrained = Pretrained();
        ImageDataset data = Samples.Digits(40);
        Assert.Equal(Labels(2), Labels(2));
        Assert.NotEqual(Labels(2), Labels(3));
        Assert.Contains("two or more", Assert.Throws<UsageException>(() => CrossValidation.FineTune(pretrained, data, 1, Options)).Message,
            StringComparison.Ordinal);
        Assert.Contains("has one picture", Assert.Throws<ZooException>(() => CrossValidation.FineTune(pretrained, data.Take(12), 3, Options)).Message,
            StringComparison.Ordinal);

        string Labels(ulong seed) => string.Join(' ', CrossValidation.FineTune(pretrained, data, 2, Options with { Seed = seed }).Predictions
            .Select(p => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{p.Fold}{p.Probabilities[0]:R}")));
    }

    private static CrossValidationResult Made(params double[] accuracies) => new()
    {
        Count = accuracies.Length,
        Seed = 0,
        ClassNames = ["a", "b"],
        Folds = [.. accuracies.Select((a, f) => new FoldResult(f, new()
        {
            Epochs = [],
            Steps = 0,
            Elapsed = default,
            Canceled = false,
            TargetReached = false,
        }, [.. Enumerable.Range(0, 20).Select(i => new OutOfFoldPrediction(20 * f + i, $"{i}", i < Math.Round(20 * a) ? 0 : 1, f, [0.9f, 0.1f]))]))],
    };

    private static string Write(CrossValidationResult result, string path)
    {
        result.WriteCsv(path);
        return path;
    }

    private static float[] Floats(ResolvedModel model) =>
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(Samples.Bytes(model.Model)["fc3.weight"]).ToArray();

    private static ResolvedModel Pretrained() => ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, seed: 6);
}
