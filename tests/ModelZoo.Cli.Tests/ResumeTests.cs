using System.Text.Json;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Cli.Tests;

/// <summary>Runs that are killed and gone on with.</summary>
public class ResumeTests(ITestOutputHelper log)
{
    private static readonly string[] Common =
    [
        "train", "lenet5", "--data", "digits", "--limit", "600", "--epochs", "16", "--batch-size", "16", "--optimizer", "adam", "--lr", "0.002", "--schedule",
            "plateau", "--patience", "0",
        "--ema", "0.98", "--clip-norm", "2", "--accumulate", "2", "--threads", "1", "--seed", "5", "--save-every", "7", "--log-every", "1",
    ];

    [Fact]
    public void A_run_that_is_killed_at_any_moment_ends_with_the_bits_of_one_that_was_not()
    {
        using var folder = new TemporaryFolder();
        (string whole, string broken) = (folder.File("whole"), folder.File("broken"));
        Zoo straight = Zoo.Run([.. Common, "--output", whole]);
        Assert.True(straight.ExitCode == 0, straight.Errors);

        // Each kill comes at a random moment after the log has got a random number of lines further: a slow machine and a fast one are killed at the same
        // places.
        int length = Lines(whole).Length;
        var random = new Random();
        List<int> lines = [];
        for (int kill = 1; kill <= 6; kill++)
        {
            int least = random.Next(length * (kill - 1) / 8, length * kill / 8);
            Zoo.Running running = Begin();
            Assert.True(running.WaitUntil(() => Written() > least), $"the run ended before line {least} of {length}");
            Thread.Sleep(random.Next(12)); // a quarter of the run is still to come
            running.Signal(9);
            Assert.Equal(137, running.Finish().ExitCode);
            lines.Add(Written());
        }

        Zoo last = Begin().Finish();
        Assert.True(last.ExitCode == 0, last.Errors);
        foreach (string file in new[] { "last.safetensors", "best.safetensors" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, file)), File.ReadAllBytes(Path.Combine(broken, file)));
        }

        (string[] expected, string[] actual) = (Lines(whole), Lines(broken));
        Assert.Equal(expected, actual);
        Assert.DoesNotContain(Directory.GetFiles(broken), f => f.EndsWith(".tmp", StringComparison.Ordinal));
        log.WriteLine($"killed at the lines {string.Join(", ", lines)} of {actual.Length}");

        Zoo.Running Begin() => File.Exists(Path.Combine(broken, "run.json"))
            ? Zoo.Start(null, "train", "--resume", broken, "--save-every", "7", "--log-every", "1")
            : Zoo.Start(null, [.. Common, "--output", broken]);

        // Also of a log whose last line is half written.
        int Written()
        {
            using var content = new MemoryStream();
            if (File.Exists(Path.Combine(broken, "log.jsonl")))
            {
                // A run that goes on cuts the file while it is read here.
                using var stream = new FileStream(Path.Combine(broken, "log.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                stream.CopyTo(content);
            }

            return content.ToArray().Count(b => b == '\n');
        }

        // What is the same in every run: not the times.
        static string[] Lines(string run) => [.. File.ReadLines(Path.Combine(run, "log.jsonl")).Select(line =>
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            return string.Join(' ', json.EnumerateObject().Where(p => !p.Name.Contains("second", StringComparison.Ordinal)).Select(p => p.ToString()));
        })];
    }

    [Fact]
    public void Ctrl_C_says_how_to_go_on_and_other_hyper_parameters_are_refused()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run");
        Zoo.Running running = Zoo.Start(null, "train", "lenet5", "--data", "digits", "--epochs", "500", "--output", run);
        running.WaitFor("epoch 2/");
        running.Signal(2);
        Zoo stopped = running.Finish();
        Assert.Equal(1, stopped.ExitCode);
        Assert.Contains($"zoo train --resume {run}", stopped.Errors, StringComparison.Ordinal);
        Zoo refused = Zoo.Run("train", "--resume", run, "--lr", "0.5");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the recipe's learning_rate was 0.05 and is 0.5", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("trains lenet5", Zoo.Run("train", "small_cnn", "--resume", run).Errors, StringComparison.Ordinal);
        Assert.Contains("--limit 40: the run was started with 0", Zoo.Run("train", "--resume", run, "--limit", "40").Errors, StringComparison.Ordinal);
        Assert.Contains("--seed 3: the run was started with 0", Zoo.Run("train", "--resume", run, "--seed", "3").Errors, StringComparison.Ordinal);
        Zoo again = Zoo.Run("train", "lenet5", "--output", run);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains($"--resume {run}", again.Errors, StringComparison.Ordinal);
        Assert.Contains("is no folder of a training run", Zoo.Run("train", "--resume", folder.File("gone")).Errors, StringComparison.Ordinal);
        Assert.Contains("Name the model to train", Zoo.Run("train").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_that_go_on_with_a_run_at_once_one_does_and_the_others_say_which()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run");
        string[] train = ["train", "lenet5", "--data", "digits", "--limit", "100", "--epochs", "40", "--threads", "1", "--log-every", "1", "--output"];
        Zoo whole = Zoo.Run([.. train, run]);
        Assert.True(whole.ExitCode == 0, whole.Errors);
        string log = Path.Combine(run, "log.jsonl");
        string[] expected = [.. File.ReadLines(log).Select(Number)];
        Zoo.Running broken = Zoo.Start(null, [.. train, folder.File("broken")]);
        broken.WaitFor("epoch 2/");
        broken.Signal(9);
        broken.Finish();
        log = Path.Combine(folder.File("broken"), "log.jsonl");

        Zoo.Running[] several = [.. Enumerable.Range(0, 3).Select(_ => Zoo.Start(null, "train", "--resume", folder.File("broken"), "--log-every", "1"))];
        Zoo[] ended = [.. several.Select(s => s.Finish())];
        Assert.Contains(ended, z => z.ExitCode == 0);
        Assert.All(ended.Where(z => z.ExitCode != 0), z =>
        {
            Assert.Equal(1, z.ExitCode);
            Assert.Matches("process [0-9]+ on .+, since .+ UTC, writes this run", z.Errors);
        });
        Assert.Equal(expected, File.ReadLines(log).Select(Number));

        static string Number(string line)
        {
            JsonElement json = JsonDocument.Parse(line).RootElement;
            return json.TryGetProperty("step", out JsonElement step) ? $"step {step}" : $"epoch {json.GetProperty("epoch")}";
        }
    }

    [Fact]
    public void A_new_run_gets_a_folder_of_its_own_and_checkpoints_vote()
    {
        using var folder = new TemporaryFolder();
        string[] quick = ["train", "small_cnn", "--data", "digits", "--limit", "300", "--epochs", "2", "--json"];
        Zoo one = Zoo.RunIn(folder.Path, [.. quick]), two = Zoo.RunIn(folder.Path, [.. quick, "--seed", "9"]);
        Assert.True(one.ExitCode == 0 && two.ExitCode == 0, one.Errors + two.Errors);
        Assert.Equal(Path.Combine("runs", "small_cnn-digits-1"), one.Json.GetProperty("run").GetString());
        Assert.Equal(Path.Combine("runs", "small_cnn-digits-2", "last.safetensors"), two.Json.GetProperty("checkpoint").GetString());
        string[] checkpoints = [one.Json.GetProperty("checkpoint").GetString()!, two.Json.GetProperty("checkpoint").GetString()!];
        JsonElement both = Zoo.RunIn(folder.Path, ["eval", .. checkpoints, "--data", "digits", "--top", "3", "--json"]).Json;
        double least = checkpoints.Min(c => Zoo.RunIn(folder.Path, "eval", c, "--data", "digits", "--json").Json.GetProperty("accuracy").GetDouble());
        Assert.InRange(both.GetProperty("accuracy").GetDouble(), least, 1);
        Assert.Equal(3, both.GetProperty("top").GetInt32());
        Assert.InRange(both.GetProperty("topAccuracy").GetDouble(), both.GetProperty("accuracy").GetDouble(), 1);
        Assert.Equal(10, both.GetProperty("normalizedConfusion").GetArrayLength());
    }
}
