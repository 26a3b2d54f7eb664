using System.Text;
using ModelZoo.Data;
using ModelZoo.Experiments.Training;
using ModelZoo.Plots;
using Xunit;
using static TorchSharp.torch;
using PictureFiles = ModelZoo.Tests.Data.Pictures;

namespace ModelZoo.Experiments.Tests;

/// <summary>Every training experiment from end to end, in miniature.</summary>
[Collection(TorchCollection.Name)]
public class TrainingRunTests
{
    private static readonly TrainingSize Tiny = new(48, 32, 8, 2, 16, 8);

    public static TheoryData<string> Names => [.. Claims().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_miniature_runs_and_its_result_comes_back_from_its_file(string name)
    {
        using var folder = new TemporaryFolder();
        var store = new ResultStore(folder.Path);
        TrainingExperiment experiment = Claims().Single(c => c.Name == name);
        int threads = get_num_threads();
        (ExperimentRecord record, _) = new ExperimentRunner(store).Run(experiment, new ExperimentContext { Seeds = [0, 1] });
        Assert.Equal(threads, get_num_threads());
        Assert.Equal([0, 1], record.Result.Seeds);
        Assert.True(double.IsFinite(record.Result.Effect.Value), record.Result.Effect.Sentence);
        Assert.Contains("digits: ", record.Result.DataUsed, StringComparison.Ordinal);
        Assert.Contains(record.Result.Notes, n => n.StartsWith("Rule, fixed before the run: ", StringComparison.Ordinal));
        Assert.Contains(record.Result.Notes, n => n.StartsWith("The size limits the claim.", StringComparison.Ordinal));
        Assert.Contains(record.Result.Figures, f => f is LinePlot);
        Assert.All(record.Result.Figures.OfType<LinePlot>().SelectMany(p => p.Series), s =>
            Assert.True(s.X.Count > 0 && s.X.Count == s.Y.Count && s.Low is not null && s.High is not null));
        Assert.Equal(Encoding.UTF8.GetString(ResultStore.ToJson(record)), Encoding.UTF8.GetString(ResultStore.ToJson(store.Read(name)!)));
        Assert.NotEmpty(store.WritePage([experiment]).Records);
    }

    [Fact]
    public void Photographs_have_a_size_of_their_own_and_what_was_shrunk_is_said()
    {
        using var folder = new TemporaryFolder();
        PictureFiles.WriteClasses(folder.File("train"), ["ants", "bees"], each: 1, least: 20);
        PictureFiles.WriteClasses(folder.File("val"), ["ants", "bees"], each: 1, least: 20);

        var context = new ExperimentContext { Seeds = [0, 1], Data = DataSource.Parse($"folder:{folder.Path}") };
        ExperimentResult result = new NormalizationRate().Run(context);
        Assert.Contains("2 images of 16×16 to train, 2 to test", result.DataUsed, StringComparison.Ordinal);
        Assert.Contains(result.Notes, n => n.EndsWith("which rates diverge shows in a few hundred steps.", StringComparison.Ordinal));
        Assert.Contains(result.Notes, n => n.StartsWith("Parts: a higher rate still trains: ", StringComparison.Ordinal));
        Assert.DoesNotContain(new NormalizationRate(Tiny).Run(context).Notes, n => n.Contains("a few hundred steps", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_seeds_give_the_same_numbers_and_kept_parts_are_not_trained_again()
    {
        using var folder = new TemporaryFolder();
        ExperimentResult Run(ExperimentContext context)
        {
            manual_seed(99);
            return new DropoutOverfitting(Tiny).Run(context);
        }

        var context = new ExperimentContext { Seeds = [3, 4], ResultCache = new ResultCache(folder.Path) };
        ExperimentResult first = Run(context);
        Assert.Equal(first.Effect, Run(new ExperimentContext { Seeds = [3, 4] }).Effect);
        Assert.NotEqual(first.Effect, Run(new ExperimentContext { Seeds = [5, 6] }).Effect);
        Assert.Equal(4, Directory.GetFiles(folder.Path).Length);
        Assert.Equal(first.Effect, Run(new ExperimentContext { Seeds = [3, 4], ResultCache = new ResultCache(folder.Path) }).Effect);
    }

    [Fact]
    public void A_training_that_is_interrupted_is_not_kept()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var context = new ExperimentContext
        {
            ResultCache = new ResultCache(folder.Path),
            Cancel = stop.Token,
            Say = part => { if (part.Contains("seed 1", StringComparison.Ordinal)) { stop.Cancel(); } }
        };
        Assert.ThrowsAny<OperationCanceledException>(() => new ZeroPadding(Tiny).Run(context));
        Assert.All(Directory.GetFiles(folder.Path), f => Assert.Contains("seed-0", f, StringComparison.Ordinal));
    }

    private static TrainingExperiment[] Claims() => [
        new Degradation(Tiny),
        new NormalizationRate(Tiny),
        new NormsByBatch(Tiny),
        new VanishingGradients(Tiny),
        new RectifierSpeed(Tiny),
        new OptimizerRace(Tiny),
        new ZeroPadding(Tiny),
        new DropoutOverfitting(Tiny),
        new AugmentationOverfitting(Tiny),
        new AveragedMembers(Tiny),
        new TransferTime(Tiny with { Side = 32 }),
        new TransferByData(Tiny with { Side = 32 }),
        new WhitenedInputs(Tiny),
    ];
}
