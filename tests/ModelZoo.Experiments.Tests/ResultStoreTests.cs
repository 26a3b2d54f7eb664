using System.Text;
using Xunit;

namespace ModelZoo.Experiments.Tests;

[Collection(TorchCollection.Name)]
public class ResultStoreTests
{
    [Fact]
    public void A_record_comes_back_from_its_file_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var store = new ResultStore(folder.Path);
        (ExperimentRecord record, _) = new ExperimentRunner(store).Run(new Counting(seeded: true), new ExperimentContext());
        ExperimentRecord read = store.Read("counting")!;
        Assert.Equal(Encoding.UTF8.GetString(ResultStore.ToJson(record)), Encoding.UTF8.GetString(ResultStore.ToJson(read)));
        Assert.Equal(Figures.OfEveryKind.Select(f => f.GetType()), read.Result.Figures.Select(f => f.GetType()));
        Assert.Equal(["counting.json"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void What_is_finished_with_the_same_settings_is_not_run_again()
    {
        using var folder = new TemporaryFolder();
        var runner = new ExperimentRunner(new ResultStore(folder.Path));
        var experiment = new Counting(seeded: true);
        Assert.False(runner.Run(experiment, new ExperimentContext()).Cached);
        Assert.True(runner.Run(experiment, new ExperimentContext()).Cached);
        Assert.Equal(1, experiment.Runs);
        Assert.False(runner.Run(experiment, new ExperimentContext { Preset = Preset.Full }).Cached);
        Assert.False(runner.Run(experiment, new ExperimentContext { Preset = Preset.Full, Seed = 3 }).Cached);
        Assert.False(runner.Run(experiment, new ExperimentContext { Preset = Preset.Full, Seed = 3, Seeds = [0, 1] }).Cached);
        Assert.True(runner.Run(experiment, new ExperimentContext { Preset = Preset.Full, Seed = 3, Seeds = [0, 1] }).Cached);
        Assert.False(runner.Run(experiment, new ExperimentContext { Preset = Preset.Full, Seed = 3, Seeds = [0, 1] }, fresh: true).Cached);
        Assert.Equal(5, experiment.Runs);
    }

    [Fact]
    public void Settings_that_an_experiment_does_not_use_do_not_count()
    {
        using var folder = new TemporaryFolder();
        var runner = new ExperimentRunner(new ResultStore(folder.Path));
        runner.Run(new Counting(), new ExperimentContext());
        Assert.True(runner.Run(new Counting(), new ExperimentContext { Seeds = [0], Data = Data.DataSource.Parse("mnist:nowhere") }).Cached);
        Assert.False(runner.Run(new Counting(usesData: true), new ExperimentContext { Data = Data.DataSource.Parse("mnist:nowhere") }).Cached);
    }

    [Fact]
    public void An_interrupted_experiment_goes_on_where_it_was()
    {
        using var folder = new TemporaryFolder();
        var runner = new ExperimentRunner(new ResultStore(folder.Path));
        var experiment = new Counting(seeded: true) { StopAfter = 3 };
        Assert.Throws<OperationCanceledException>(() => runner.Run(experiment, new ExperimentContext()));
        Assert.Equal(3, experiment.Parts);
        experiment.StopAfter = null;
        Assert.False(runner.Run(experiment, new ExperimentContext()).Cached);
        Assert.Equal(6, experiment.Parts); // two variants, three seeds, each once

        Assert.False(runner.Run(experiment, new ExperimentContext { Seeds = [0, 1, 2, 3] }).Cached);
        Assert.Equal(8, experiment.Parts); // one more seed costs one more seed
        Assert.False(runner.Run(experiment, new ExperimentContext(), fresh: true).Cached);
        Assert.Equal(14, experiment.Parts);
    }

    [Fact]
    public void A_damaged_result_is_run_again_and_a_damaged_part_computed_again()
    {
        using var folder = new TemporaryFolder();
        var store = new ResultStore(folder.Path);
        var experiment = new Counting();
        File.WriteAllText(folder.File("counting.json"), "{\"info\": null}");
        Assert.Null(store.Read("counting"));
        Assert.False(new ExperimentRunner(store).Run(experiment, new ExperimentContext()).Cached);
        byte[] whole = File.ReadAllBytes(folder.File("counting.json"));
        File.WriteAllBytes(folder.File("counting.json"), whole[..(whole.Length / 2)]);
        string part = Directory.GetFiles(folder.Path, "a.seed-0.json", SearchOption.AllDirectories).Single();
        File.WriteAllText(part, "not json");
        Assert.False(new ExperimentRunner(store).Run(experiment, new ExperimentContext()).Cached);
        Assert.Equal(7, experiment.Parts);
    }

    [Theory]
    [InlineData("\"figures\": [", "\"figures\": [null], \"unknown\": [")]
    [InlineData("\"figures\": [", "\"figures\": [{\"kind\": \"no such figure\"}], \"unknown\": [")]
    [InlineData("\"notes\": [", "\"notes\": null, \"unknown\": [")]
    [InlineData("\"title\": \"", "\"title\": null, \"title2\": \"")]
    [InlineData("\"name\": \"counting\"", "\"name\": \"another\"")]
    public void A_page_without_a_damaged_result_names_its_file_and_the_command_that_mends_it(string text, string damaged)
    {
        using var folder = new TemporaryFolder();
        var store = new ResultStore(folder.Path);
        var experiment = new Counting();
        new ExperimentRunner(store).Run(experiment, new ExperimentContext());
        string path = store.PathOf("counting"), whole = File.ReadAllText(path);
        Assert.Empty(store.WritePage([experiment]).Unreadable);
        Assert.Contains(text, whole, StringComparison.Ordinal);
        File.WriteAllText(path, whole.Replace(text, damaged, StringComparison.Ordinal));

        (IReadOnlyList<ExperimentRecord> records, IReadOnlyList<string> unreadable) = store.WritePage([experiment]);
        Assert.Empty(records);
        string problem = Assert.Single(unreadable);
        Assert.StartsWith(path, problem, StringComparison.Ordinal);
        Assert.Contains("`zoo reproduce counting`", problem, StringComparison.Ordinal);
        Assert.Equal(whole.Replace(text, damaged, StringComparison.Ordinal), File.ReadAllText(path)); // nothing is deleted
        Assert.False(new ExperimentRunner(store).Run(experiment, new ExperimentContext()).Cached);
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_result_and_no_other_file()
    {
        using var folder = new TemporaryFolder();
        var store = new ResultStore(folder.Path);
        (ExperimentRecord record, _) = new ExperimentRunner(store).Run(new Counting(), new ExperimentContext());
        byte[] before = File.ReadAllBytes(store.PathOf("counting"));
        var broken = record with { Result = record.Result with { Figures = [new Unknown()] } };
        Assert.ThrowsAny<Exception>(() => store.Write(broken));
        Assert.Equal(before, File.ReadAllBytes(store.PathOf("counting")));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        ZooException error = Assert.Throws<ZooException>(() => new ResultStore(folder.File("file/below")).WritePage([]));
        Assert.Contains("below", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memo_keeps_values_under_any_name()
    {
        using var folder = new TemporaryFolder();
        var memo = new ResultCache(folder.File("memo"));
        Assert.False(memo.TryGet<double[]>("a/../b:c", out _));
        memo.Set<double[]>("a/../b:c", [1, double.NaN]);
        Assert.True(new ResultCache(folder.File("memo")).TryGet("a/../b:c", out double[]? values));
        Assert.Equal([1, double.NaN], values!);
        Assert.All(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories), f => Assert.StartsWith(folder.File("memo"), f, StringComparison.Ordinal));
    }

    private sealed record Unknown() : Plots.Figure("of no known kind");
}
