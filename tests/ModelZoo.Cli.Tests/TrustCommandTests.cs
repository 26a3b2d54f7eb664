using System.Text.Json;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class TrustCommandTests
{
    [Fact]
    public void A_calibrated_checkpoint_says_unknown_and_why_and_eval_says_what_its_promise_came_to()
    {
        using var folder = new TemporaryFolder();
        string sure = folder.File("sure.safetensors"), onnx = folder.File("sure.onnx");
        Zoo calibrated = Zoo.Run("calibrate", "lenet5:mnist", "--data", "digits", "-o", sure, "--error-rate", "0.04", "--json");
        Assert.True(calibrated.ExitCode == 0, calibrated.Errors);
        Assert.Equal((640, 0.04), (calibrated.Json.GetProperty("images").GetInt32(), calibrated.Json.GetProperty("errorRate").GetDouble()));
        Assert.InRange(calibrated.Json.GetProperty("answered").GetDouble(), 0.5, 1);

        Zoo eval = Zoo.Run("eval", sure, "--data", "digits", "--json");
        JsonElement answered = eval.Json.GetProperty("answered");
        Assert.Equal(640, new[] { "answered", "unlikely", "unlike" }.Sum(k => answered.GetProperty(k).GetInt32()));
        Assert.InRange(answered.GetProperty("errorRate").GetDouble(), 0, 0.04);
        Assert.Contains("warning: these pictures decided the calibration (digits/test)", eval.Errors, StringComparison.Ordinal);
        Assert.Single(eval.Json.GetProperty("warnings").EnumerateArray());
        Assert.Matches(@"answered \d\d\.\d\d %: \d+ of \d+ answers wrong, .* promised at most 4\.00 %", Zoo.Run("eval", sure, "--data", "digits").Output);

        // A picture of noise, by the checkpoint and by what was exported from it.
        File.WriteAllBytes(folder.File("noise.npy"), Npy(new Random(1)));
        Assert.Equal(0, Zoo.Run("export", sure, "-o", onnx).ExitCode);
        foreach (string model in new[] { sure, onnx })
        {
            Zoo predicted = Zoo.Run("predict", model, folder.File("noise.npy"), "--json");
            Assert.True(predicted.ExitCode == 0, predicted.Errors);
            JsonElement row = predicted.Json[0];
            Assert.Equal((JsonValueKind.Null, "unlike the pictures it was trained on"),
                (row.GetProperty("answer").ValueKind, row.GetProperty("unknown").GetString()));
            Assert.True(row.GetProperty("distance").GetDouble() > 0);
        }

        Assert.Contains("unknown: unlike the pictures it was trained on", Zoo.Run("predict", sure, folder.File("noise.npy")).Output, StringComparison.Ordinal);
        Assert.Contains("digits/test, 640 pictures: at most 4.00 % of its answers wrong", Zoo.Run("info", sure).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_promised_is_refused_in_a_line_and_nothing_is_written()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("x.safetensors");
        (string[] Flags, int Code, string Said)[] all =
        [
            (["lenet5:mnist", "--error-rate", "1.5"], 2, "--error-rate is 1.5"),
            (["lenet5:mnist", "--unlike-rate", "-1"], 2, "--unlike-rate is -1"),
            (["lenet5:mnist", "--limit", "50"], 1, "50 held-out pictures cannot show that at most 5 % of the answers are wrong: 89 or more are needed"),
            (["lenet5"], 2, "is not trained"),
        ];
        foreach ((string[] flags, int code, string said) in all)
        {
            Zoo refused = Zoo.Run(["calibrate", .. flags, "--data", "digits", "-o", file]);
            Assert.Equal(code, refused.ExitCode);
            Assert.Contains(said, refused.Errors, StringComparison.Ordinal);
            Assert.Empty(refused.Output);
        }

        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Two_models_are_compared_on_the_same_pictures_and_one_that_was_chosen_by_them_is_said_to_be()
    {
        using var folder = new TemporaryFolder();
        string tuned = folder.File("tuned.safetensors");
        Zoo trained = Zoo.Run("finetune", "lenet5:mnist", "--data", "digits", "--epochs", "4", "--output", tuned, "--json");
        JsonElement interval = trained.Json.GetProperty("testInterval");
        Assert.InRange(trained.Json.GetProperty("testAccuracy").GetDouble(), interval.GetProperty("low").GetDouble(), interval.GetProperty("high").GetDouble());
        Assert.Matches(@"epoch 1/4, .* test accuracy \d\d\.\d\d % \(\d\d\.\d – \d\d\.\d %\)", trained.Errors);

        Zoo paired = Zoo.Run("eval", "lenet5:mnist", tuned, "--data", "digits", "--paired", "--json");
        Assert.True(paired.ExitCode == 0, paired.Errors);
        JsonElement json = paired.Json;
        int[] counts = [.. new[] { "both", "firstOnly", "secondOnly", "neither" }.Select(k => json.GetProperty(k).GetInt32())];
        Assert.Equal(640, counts.Sum());
        Assert.Equal(((counts[0] + counts[2]) / 640.0, (counts[2] - counts[1]) / 640.0),
            (json.GetProperty("models")[1].GetProperty("accuracy").GetDouble(), json.GetProperty("difference").GetDouble()));
        Assert.True(json.GetProperty("decided").GetBoolean());
        Assert.StartsWith($"{tuned} is better than lenet5:mnist by ", json.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Contains($"{tuned}: warning: these pictures decided which epoch was kept (digits/test)", paired.Errors, StringComparison.Ordinal);
        Assert.Contains("Neither is shown to be better", Zoo.Run("eval", "lenet5:mnist", "lenet5:mnist", "--data", "digits", "--paired").Output,
            StringComparison.Ordinal);
        Assert.DoesNotContain("warning", Zoo.Run("eval", folder.File("tuned.last.safetensors"), "--data", "digits").Errors, StringComparison.Ordinal);
        Assert.Contains("--paired compares two models; one is named", Zoo.Run("eval", tuned, "--paired", "--data", "digits").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_learning_curve_says_whether_more_pictures_would_help()
    {
        using var folder = new TemporaryFolder();
        Zoo curve = Zoo.RunIn(folder.Path, "finetune", "lenet5:mnist", "--data", "digits", "--limit", "300", "--epochs", "3", "--learning-curve", "--json");
        Assert.True(curve.ExitCode == 0, curve.Errors);
        JsonElement[] points = [.. curve.Json.GetProperty("points").EnumerateArray()];
        Assert.Equal(300, points[^1].GetProperty("images").GetInt32());
        Assert.Equal(4, points.Length);
        Assert.All(points, p => Assert.InRange(p.GetProperty("accuracy").GetDouble(), p.GetProperty("accuracyInterval").GetProperty("low").GetDouble(),
            p.GetProperty("accuracyInterval").GetProperty("high").GetDouble()));
        Assert.Equal(600, curve.Json.GetProperty("outlookImages").GetInt32());
        Assert.Contains("ore pictures", curve.Json.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    // [1,8,8] of float32, values in [0,1].
    private static byte[] Npy(Random random)
    {
        string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 8, 8), }";
        header = header.PadRight(117) + "\n";
        byte[] values = [.. Enumerable.Range(0, 64).SelectMany(_ => BitConverter.GetBytes((float)random.NextDouble()))];
        return [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0,
            .. System.Text.Encoding.ASCII.GetBytes(header), .. values];
    }
}
