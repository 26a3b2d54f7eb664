using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using Xunit;

namespace ModelZoo.Tests.Training;

/// <summary>One writer for a run's folder.</summary>
[Collection(TorchCollection.Name)]
public class RunLockTests
{
    [Fact]
    public void A_second_writer_is_refused_with_who_writes_and_since_when_and_the_folder_stays_as_it_is()
    {
        using var folder = new TempFolder();
        var run = new RunFolder(folder.Path);
        string alien = folder.Write(".state.safetensors.under-way.tmp", [1]);
        using (run.Lock())
        {
            string half = folder.Write(".last.safetensors.under-way.tmp", [1]);
            ZooException refused = Assert.Throws<ZooException>(() => Fit(folder.Path));
            Assert.StartsWith($"{folder.Path}: process {Environment.ProcessId} on {Environment.MachineName}, since {DateTime.UtcNow:yyyy-}", refused.Message,
                StringComparison.Ordinal);
            Assert.True(File.Exists(half), "another writer's temporary file was deleted");
            Assert.False(File.Exists(run.Log));
        }

        Assert.False(File.Exists(alien)); // left by a run that has ended: cleared away by whoever got the lock
        Fit(folder.Path);
        Assert.True(File.Exists(run.Last));
        Assert.Empty(Directory.GetFiles(folder.Path, "*.tmp"));
        Assert.False(File.Exists(folder.File(".lock.json")));
    }

    [Fact]
    public void The_lock_of_a_process_that_has_ended_is_taken_over()
    {
        using var folder = new TempFolder();
        folder.Write(".lock", []);
        folder.Write(".lock.json", """{"Pid":1,"Host":"gone","Since":"2020-01-01T00:00:00+00:00"}"""u8.ToArray());
        Fit(folder.Path);
        Assert.True(File.Exists(new RunFolder(folder.Path).Last));
    }

    [Fact]
    public void Files_that_are_no_runs_stay()
    {
        using var folder = new TempFolder();
        string other = folder.Write(".notes.txt.1234.tmp", [1]);
        new RunFolder(folder.Path).Lock().Dispose();
        Assert.True(File.Exists(other));
    }

    [Fact]
    public async Task No_two_callers_get_the_same_new_folder()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("net-2")); // somebody's
        using var start = new Barrier(8);
        string[] made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait();
            return Path.GetFileName(RunFolder.CreateNext(folder.Path, "net").Path);
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Equal(["net-1", "net-3", "net-4", "net-5", "net-6", "net-7", "net-8", "net-9"], made.Order(StringComparer.Ordinal));
    }

    private static void Fit(string path)
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", 16);
        var options = new TrainerOptions { RunFolder = path, Describe = _ => Samples.Description("lenet5") };
        new Trainer(model, Samples.Quick with { Epochs = 1 }, options).Fit(data, null);
    }
}
