using ModelZoo.Data;
using ModelZoo.Experiments.Training;
using Xunit;
using PictureFiles = ModelZoo.Tests.Data.Pictures;

namespace ModelZoo.Experiments.Tests;

[Collection(TorchCollection.Name)]
public class PhotographTransferTests
{
    [Theory]
    [InlineData(20, 4, 0, Verdict.Reproduced)]
    [InlineData(-20, 4, 0, Verdict.NotReproduced)] // worse on few pictures
    [InlineData(20, 1.5, 0, Verdict.NotReproduced)] // faster, but not twice
    [InlineData(20, 2, 0, Verdict.NotDecidable)]
    [InlineData(1, 4, 10, Verdict.NotDecidable)] // within the seeds' spread
    public void The_verdict_needs_fewer_errors_on_few_pictures_and_half_the_time(double better, double faster, double spread, Verdict verdict)
    {
        ExperimentResult result = PhotographTransfer.Judge(new RunTable(PhotographTransfer.Variants.ToDictionary(v => v, v =>
            (IReadOnlyList<Measured>)[.. Enumerable.Range(-1, 3).Select(n => Planted(v, better + (n * spread), faster * (1 + (0.01 * n))))])));
        Assert.Equal(verdict, result.Verdict);
        Assert.Equal(faster, result.Effect.Value, 0.001 * faster);
    }

    [Fact]
    public void A_head_that_never_gets_there_counts_with_its_whole_training_and_that_is_said()
    {
        ExperimentResult result = PhotographTransfer.Judge(new RunTable(PhotographTransfer.Variants.ToDictionary(v => v, v =>
            (IReadOnlyList<Measured>)[.. Enumerable.Range(0, 3).Select(_ => v == "head-100" ? Planted(v, 20, 4) with
            {
                Epochs = [new(1, 1, 1, 50, 45, 10), new(2, 2, 1, 50, 45, 20)],
                TestError = 45,
            }
            : Planted(v, 20, 4))])));
        Assert.Equal(5, result.Effect.Value, 1e-9); // 100 s against 20
        Assert.Contains(result.Notes, n => n.StartsWith("new head on trained weights: some run never gets there", StringComparison.Ordinal));
    }

    [Fact]
    public void A_miniature_runs_on_a_folder_of_pictures()
    {
        using var folder = new TemporaryFolder();
        PictureFiles.WriteClasses(folder.File("train"), ["ants", "bees"], each: 10, least: 32);
        PictureFiles.WriteClasses(folder.File("val"), ["ants", "bees"], each: 3, least: 32);
        var experiment = new PhotographTransfer("resnet20:cifar10", "resnet20", new PhotographSize(32, 2, 3));
        var context = new ExperimentContext
        {
            Data = DataSource.Parse($"folder:{folder.Path}"),
            Seeds = [0, 1],
            ResultCache = new ResultCache(folder.File("kept")),
        };
        ExperimentResult result = experiment.Run(context);
        Assert.True(double.IsFinite(result.Effect.Value) && result.Effect.Value > 0, result.Effect.Sentence);
        Assert.Contains("20 photographs to train, 6 to test", result.DataUsed, StringComparison.Ordinal);
        Assert.Equal(3, result.Figures.Count);
        Assert.Equal(16, Directory.GetFiles(folder.File("kept")).Length); // two ways, four shares, two seeds
        Assert.Equal(result.Effect, experiment.Run(context).Effect); // what is kept is not trained again, or the times would differ
    }

    [Fact]
    public void A_share_is_the_same_of_every_class_and_another_for_each_seed()
    {
        using var folder = new TemporaryFolder();
        PictureFiles.WriteClasses(folder.Path, ["ants"], each: 10);
        PictureFiles.WriteClasses(folder.Path, ["bees"], each: 20);
        PictureFiles.WriteClasses(folder.Path, ["wasps"], each: 3);
        var all = (LabeledFiles)DataSource.Parse($"folder:{folder.Path}").Open(DataSplit.Train, new SplitOptions { ValShare = 0 });
        LabeledFiles some = PhotographTransfer.Share(all, 20, 1);
        Assert.Equal([2, 4, 1], some.Labels.ToArray().CountBy(l => l).OrderBy(c => c.Key).Select(c => c.Value));
        Assert.All(some.Files.Zip(some.Labels.ToArray()), f =>
            Assert.Equal(some.Info.ClassNames[f.Second], Path.GetFileName(Path.GetDirectoryName(f.First))));
        Assert.Equal(some.Files, PhotographTransfer.Share(all, 20, 1).Files);
        Assert.NotEqual(some.Files, PhotographTransfer.Share(all, 20, 2).Files);
        Assert.Equal(all.Files, PhotographTransfer.Share(all, 100, 3).Files);
        Assert.Throws<ArgumentOutOfRangeException>(() => all.Subset([0, all.Count]));
    }

    [Fact]
    public void Other_data_are_refused() =>
        Assert.Contains("--data folder:", Assert.Throws<UsageException>(() => new PhotographTransfer().Run(new())).Message, StringComparison.Ordinal);

    // From scratch 40 % test error after 100 s, whatever the number of pictures; the head gets to 30 % at once.
    private static Measured Planted(string variant, double better, double faster)
    {
        bool head = variant.StartsWith("head", StringComparison.Ordinal);
        double error = head ? 40 - better : 40;
        return new Measured
        {
            Epochs = head ? [new(1, 10, 0.5, 20, Math.Min(error, 40), 100 / faster)] : [new(1, 10, 1, 50, 60, 50), new(2, 20, 0.5, 30, 40, 100)],
            PlannedSteps = 20,
            Classes = 2,
            TestError = error,
        };
    }
}
