using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary><c>mpiexec -n 2 zoo …</c>: real processes, real messages.</summary>
public sealed partial class RankTests : IDisposable
{
    private static readonly string[] Lenet =
        ["train", "lenet5", "--data", "digits", "--limit", "300", "--schedule", "constant", "--seed", "3", "--threads", "1", "--no-report"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Two_ranks_train_what_one_process_trains_and_the_same_number_the_same_bits()
    {
        Succeed(Zoo.RunIn(folder.Path, [.. Lenet, "--epochs", "2", "--output", "one"]));
        Zoo two = Succeed(Ranks(2, [.. Lenet, "--epochs", "2", "--output", "two", "--json"]));
        Assert.Equal(300, two.Json.GetProperty("images").GetInt32()); // one document, by rank 0
        Assert.True(Distance("one/last.safetensors", "two/last.safetensors") < 1e-4);

        Succeed(Ranks(2, [.. Lenet, "--epochs", "1", "--output", "again"]));
        Succeed(Ranks(2, ["train", "--resume", "again", "--epochs", "2", "--no-report"]));
        Assert.Equal(0, Distance("two/last.safetensors", "again/last.safetensors"));
        Assert.Equal("2", JsonDocument.Parse(File.ReadAllText(folder.File("again/run.json"))).RootElement.GetProperty("ranks").ToString());

        Succeed(Zoo.RunIn(folder.Path, [.. Lenet, "--epochs", "1", "--output", "other"]));
        Succeed(Ranks(3, ["train", "--resume", "other", "--epochs", "2", "--no-report"])); // the same data in the same order
        Assert.True(Distance("one/last.safetensors", "other/last.safetensors") < 1e-4);
    }

    [Fact]
    public void A_rank_that_is_killed_ends_the_job_by_name_and_the_run_goes_on()
    {
        Zoo.Running job = Zoo.StartRanks(2, [], folder.Path, [.. Lenet, "--epochs", "100000", "--output", "run", "--save-every", "20"]);
        int victim = ProcessOf(job, 1);
        Assert.True(job.WaitUntil(() => File.Exists(folder.File("run/state.safetensors"))));
        var clock = Stopwatch.StartNew();
        Zoo.Running.Signal(victim, 9);
        Zoo ended = job.Finish();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{clock.Elapsed}");
        Assert.NotEqual(0, ended.ExitCode);

        // The list of ranks says whose process the launcher speaks of; most often the other ranks say it themselves.
        Assert.Contains($"rank 1 is process {victim}", ended.Errors, StringComparison.Ordinal);
        Assert.Contains(victim.ToString(CultureInfo.InvariantCulture), ended.Output + ended.Errors.Split("rank 1 is process")[1], StringComparison.Ordinal);

        int steps = StepsOf("run/state.safetensors");
        Assert.True(steps > 0);
        Zoo.Running more = Zoo.StartRanks(2, [], folder.Path, ["train", "--resume", "run", "--save-every", "20"]);
        Assert.True(more.WaitUntil(() => StepsOf("run/state.safetensors") > steps));
        more.Signal(15);
        more.Finish();
    }

    [Fact]
    public void A_rank_that_hangs_is_named_after_a_while()
    {
        Zoo.Running job = Zoo.StartRanks(2, new() { ["MODELZOO_RANK_TIMEOUT"] = "4" }, folder.Path, [.. Lenet, "--epochs", "100000", "--output", "run"]);
        int victim = ProcessOf(job, 1);
        Assert.True(job.WaitUntil(() => File.Exists(folder.File("run/state.safetensors"))));
        var clock = Stopwatch.StartNew();
        Zoo.Running.Signal(victim, 19);
        Zoo ended = job.Finish();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{clock.Elapsed}");
        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains($"rank 1 (process {victim}", ended.Errors, StringComparison.Ordinal);
        Assert.Contains("has given no sign of life for 4 s", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_that_is_slow_slows_the_others_and_changes_nothing()
    {
        Succeed(Ranks(2, [.. Lenet, "--epochs", "6", "--output", "even"]));
        Zoo.Running job = Zoo.StartRanks(2, [], folder.Path, [.. Lenet, "--epochs", "6", "--output", "slow"]);
        int victim = ProcessOf(job, 1);
        Assert.True(job.WaitUntil(() => File.Exists(folder.File("slow/state.safetensors"))));
        Zoo.Running.Signal(victim, 19);
        Thread.Sleep(2000);
        Zoo.Running.Signal(victim, 18);
        Succeed(job.Finish());
        Assert.Equal(0, Distance("even/last.safetensors", "slow/last.safetensors"));
    }

    [Fact]
    public void Ctrl_C_saves_and_ends_all()
    {
        Zoo.Running job = Zoo.StartRanks(2, [], folder.Path, [.. Lenet, "--epochs", "100000", "--output", "run"]);
        Assert.True(job.WaitUntil(() => File.Exists(folder.File("run/state.safetensors"))));
        job.Signal(2);
        job.Finish();
        Assert.True(StepsOf("run/state.safetensors") > 0);
        Assert.Empty(Directory.GetFiles(folder.File("run"), "*.tmp"));
    }

    [Theory]
    [InlineData("--limit", "300", "290", "training data")]
    [InlineData("--lr", "0.01", "0.02", "learning_rate")]
    [InlineData("--seed", "1", "2", "seed")]
    public void A_rank_that_is_to_do_something_else_is_refused_by_name(string flag, string first, string second, string named)
    {
        string[] common = ["train", "lenet5", "--data", "digits", "--epochs", "1", "--threads", "1", "--no-report", "--output", "run", flag];
        Zoo refused = Zoo.StartTwo(folder.Path, [.. common, first], [.. common, second]).Finish();
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("rank 1 (process ", refused.Errors, StringComparison.Ordinal);
        Assert.Contains($"differs from rank 0: {(named == "learning_rate" ? "the recipe's " : "its ")}{named}", refused.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("run/last.safetensors")));
    }

    [Fact]
    public void Classes_that_one_rank_alone_has_are_refused_by_name()
    {
        foreach (string name in new[] { "a/x", "a/y", "b/x", "b/y", "b/z" })
        {
            Directory.CreateDirectory(folder.File(name));
            for (int i = 0; i < 5; i++)
            {
                WritePicture(folder.File($"{name}/{i}.bmp"), (byte)(40 * i));
            }
        }

        string[] common = ["train", "lenet5", "--epochs", "1", "--threads", "1", "--no-report", "--output", "run", "--data"];
        Zoo refused = Zoo.StartTwo(folder.Path, [.. common, "folder:a"], [.. common, "folder:b"]).Finish();
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Matches("rank 1 \\(process .*differs from rank 0: its training data is .*3 classes.*rank 0's .*2 classes", refused.Errors);
    }

    [Fact]
    public void Measuring_and_predicting_over_ranks_gives_what_one_process_gives()
    {
        string[] eval = ["eval", "lenet5:mnist", "--data", "digits", "--threads", "1", "--json"];
        JsonElement one = Succeed(Zoo.RunIn(folder.Path, eval)).Json, two = Succeed(Ranks(2, eval)).Json;
        foreach (string figure in new[] { "accuracy", "loss", "topAccuracy", "confusion", "images" })
        {
            Assert.Equal(one.GetProperty(figure).ToString(), two.GetProperty(figure).ToString());
        }

        Directory.CreateDirectory(folder.File("pictures"));
        for (int i = 0; i < 7; i++)
        {
            WritePicture(folder.File($"pictures/{i}.bmp"), (byte)(30 * i));
        }

        File.WriteAllText(folder.File("pictures/8.bmp"), "no picture");
        string[] predict = ["predict", "lenet5:mnist", "pictures", "--threads", "1", "--json"];
        Zoo alone = Zoo.RunIn(folder.Path, predict), shared = Ranks(3, predict);
        Assert.Equal((1, 1), (alone.ExitCode, shared.ExitCode)); // one cannot be read
        JsonElement[] expected = [.. alone.Json.EnumerateArray()], found = [.. shared.Json.EnumerateArray()];
        Assert.Equal(expected.Length, found.Length);
        foreach ((JsonElement a, JsonElement b) in expected.Zip(found))
        {
            if (!a.TryGetProperty("predictions", out JsonElement first))
            {
                Assert.Equal(a.ToString(), b.ToString()); // the picture that cannot be read, the folder
                continue;
            }

            // Other pictures lie in the same batch, which rounds differently.
            Assert.Equal(a.GetProperty("image").ToString(), b.GetProperty("image").ToString());
            foreach ((JsonElement p, JsonElement q) in first.EnumerateArray().Zip(b.GetProperty("predictions").EnumerateArray()))
            {
                Assert.Equal(p.GetProperty("label").ToString(), q.GetProperty("label").ToString());
                Assert.Equal(p.GetProperty("probability").GetDouble(), q.GetProperty("probability").GetDouble(), 1e-6);
            }
        }
    }

    [Fact]
    public void What_works_in_one_process_is_refused_in_several()
    {
        Zoo refused = Ranks(2, "finetune", "lenet5:mnist", "--data", "digits");
        Assert.Equal(2, refused.ExitCode);
        Assert.Single(MessageLine().Matches(refused.Errors));
        Assert.Contains("zoo finetune works in one process", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--folds trains one fold after the other", Ranks(2, [.. Lenet, "--folds", "2"]).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_that_is_missing_or_another_s_is_refused_by_name()
    {
        string[] train = [.. Lenet, "--epochs", "1", "--output", "run", "--distributed", "mpi"];
        Zoo missing = Zoo.StartWith(new() { ["MODELZOO_MPI"] = "libnothing.so" }, folder.Path, train).Finish();
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("MODELZOO_MPI=libnothing.so: this library cannot be loaded", missing.Errors, StringComparison.Ordinal);

        // What tells Open MPI's library from others is an object that it exports.
        File.WriteAllText(folder.File("fake.c"), "int ompi_mpi_comm_world;\n");
        using (Process compiler = Process.Start("gcc", ["-shared", "-o", folder.File("libmpi.so"), folder.File("fake.c")]))
        {
            compiler.WaitForExit();
            Assert.Equal(0, compiler.ExitCode);
        }

        Zoo other = Zoo.StartWith(new() { ["MODELZOO_MPI"] = folder.File("libmpi.so") }, folder.Path, train).Finish();
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("Open MPI has another binary interface", other.Errors, StringComparison.Ordinal);
        Assert.Contains("apt-get install mpich", other.Errors, StringComparison.Ordinal);

        Zoo foreign = Zoo.StartWith(new() { ["OMPI_COMM_WORLD_RANK"] = "0", ["OMPI_COMM_WORLD_SIZE"] = "2" }, folder.Path, Lenet).Finish();
        Assert.Equal(1, foreign.ExitCode);
        Assert.Contains("started 2 processes, but libmpich.so.12 counts 1", foreign.Errors, StringComparison.Ordinal);
        Succeed(Zoo.RunIn(folder.Path, train)); // alone, with MPI
    }

    private Zoo Ranks(int count, params string[] arguments) => Zoo.StartRanks(count, [], folder.Path, arguments).Finish();

    private static Zoo Succeed(Zoo run)
    {
        Assert.True(run.ExitCode == 0, $"{run.ExitCode}: {run.Errors}");
        return run;
    }

    private static int ProcessOf(Zoo.Running job, int rank)
    {
        job.WaitFor($"rank {rank} is process");
        return int.Parse(Regex.Match(job.LastError, $"rank {rank} is process ([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private int StepsOf(string state)
    {
        using WeightsFile file = WeightsFile.Open(folder.File(state));
        using JsonDocument training = JsonDocument.Parse(file.Metadata["modelzoo.training"]);
        return training.RootElement.GetProperty("steps").GetInt32();
    }

    // The largest difference of any weight, by the largest weight of its tensor.
    private double Distance(string first, string second)
    {
        using WeightsFile a = WeightsFile.Open(folder.File(first)), b = WeightsFile.Open(folder.File(second));
        double most = 0;
        foreach (WeightsEntry entry in a.Entries)
        {
            (double[] x, double[] y) = (Values(a, entry.Name), Values(b, entry.Name));
            most = Math.Max(most, x.Zip(y, (p, q) => Math.Abs(p - q)).Max() / Math.Max(1e-9, x.Max(Math.Abs)));
        }

        return most;
    }

    private static double[] Values(WeightsFile file, string name)
    {
        var values = new float[file[name].ByteLength / sizeof(float)];
        file.CopyTo(name, MemoryMarshal.AsBytes(values.AsSpan()));
        return [.. values.Select(v => (double)v)];
    }

    // 32×32 of one gray, as a bitmap of 24 bits.
    private static void WritePicture(string path, byte gray)
    {
        const int Side = 32, Pixels = Side * Side * 3;
        using var file = new BinaryWriter(File.Create(path));
        file.Write("BM"u8);
        file.Write(54 + Pixels);
        file.Write(0);
        file.Write(54);
        file.Write(40);
        file.Write(Side);
        file.Write(Side);
        file.Write((short)1);
        file.Write((short)24);
        file.Write(new byte[24]);
        file.Write([.. Enumerable.Repeat(gray, Pixels)]);
    }

    [GeneratedRegex("^zoo: ", RegexOptions.Multiline)]
    private static partial Regex MessageLine();
}
