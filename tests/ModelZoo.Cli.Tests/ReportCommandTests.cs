using System.Text.Json;
using ModelZoo.Imaging;
using ModelZoo.Tests.Imaging;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>The report after a training, <c>zoo report</c> and <c>zoo explain</c>.</summary>
public class ReportCommandTests
{
    [Fact]
    public void A_training_leaves_a_report_in_its_folder_that_another_can_be_made_like()
    {
        using var folder = new TemporaryFolder();
        string run = folder.File("run"), page = folder.File("again.html");
        Zoo trained = Zoo.Run("train", "lenet5", "--data", "digits", "--limit", "300", "--epochs", "2", "--output", run, "--json");
        Assert.True(trained.ExitCode == 0, trained.Errors);
        Assert.Equal(Path.Combine(run, "report.html"), trained.Json.GetProperty("report").GetString());
        string html = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.Contains($"zoo train lenet5 --data digits --limit 300 --epochs 2 --output {run} --json", html, StringComparison.Ordinal);
        JsonElement report = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "report.json"))).RootElement;
        Assert.Equal(trained.Json.GetProperty("testAccuracy").GetDouble(), report.GetProperty("classes").GetProperty("accuracy").GetDouble(), 9);
        JsonElement training = report.GetProperty("training");
        Assert.Equal((2, 2), (training.GetProperty("epochs").GetArrayLength(), training.GetProperty("measuredEpoch").GetInt32()));
        Assert.Equal(300, report.GetProperty("parts")[0].GetProperty("images").GetInt32());
        Assert.Equal(2, report.GetProperty("recipe").GetProperty("epochs").GetInt32());

        Zoo again = Zoo.Run("report", Path.Combine(run, "last.safetensors"), "--data", "digits", "-o", page, "--pictures", "2", "--json");
        Assert.True(again.ExitCode == 0, again.Errors);
        Assert.Equal(report.GetProperty("classes").GetProperty("accuracy").GetDouble(), again.Json.GetProperty("classes").GetProperty("accuracy").GetDouble());
        Assert.Equal(2, again.Json.GetProperty("pictures")[0].GetProperty("pictures").GetArrayLength());
        Assert.Equal(2, again.Json.GetProperty("training").GetProperty("epochs").GetArrayLength()); // from the run's log
        Assert.Contains("<h2 id=\"h-training\">", File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_can_be_left_out_and_one_that_fails_is_said_and_costs_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string[] train = ["train", "lenet5", "--data", "digits", "--limit", "64", "--epochs", "1", "--output"];
        Zoo without = Zoo.Run([.. train, folder.File("without"), "--no-report", "--json"]);
        Assert.Equal((0, JsonValueKind.Null), (without.ExitCode, without.Json.GetProperty("report").ValueKind));
        Assert.False(File.Exists(folder.File("without/report.html")));

        Directory.CreateDirectory(folder.File("x.report.html"));
        Zoo failed = Zoo.Run([.. train, folder.File("x.safetensors")]);
        Assert.Equal(0, failed.ExitCode);
        Assert.Contains($"no report was written: {folder.File("x.report.html")}", failed.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("report:", failed.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.File("x.safetensors")));
    }

    [Fact]
    public void A_picture_is_explained_and_several_go_into_a_folder()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("more"));
        byte[] one = PngFile.Gray(28, 28, [.. Enumerable.Range(0, 784).Select(i => (byte)(i % 28 is 13 or 14 && i / 28 is > 4 and < 23 ? 255 : 0))]);
        string picture = folder.File("one.png"), output = folder.File("seen.png");
        File.WriteAllBytes(picture, one);
        File.WriteAllBytes(folder.File("more/one.png"), one);
        File.WriteAllText(folder.File("more/bad.jpg"), "no picture");

        Zoo explained = Zoo.Run("explain", "lenet5:mnist", picture, "-o", output, "--json");
        Assert.True(explained.ExitCode == 0, explained.Errors);
        JsonElement row = explained.Json[0];
        Assert.Equal(["1", "relu2", output], new[] { "label", "layer", "output" }.Select(key => row.GetProperty(key).GetString()));
        Assert.InRange(row.GetProperty("peak").GetProperty("x").GetDouble(), 8, 20); // on the stroke
        Assert.Equal(10, row.GetProperty("map").GetArrayLength());
        JsonElement predicted = Zoo.Run("predict", "lenet5:mnist", picture, "--json").Json[0].GetProperty("predictions")[0];
        Assert.Equal(predicted.GetProperty("probability").GetDouble(), row.GetProperty("probability").GetDouble(), 4);
        PixelImage drawn = ImageDecoder.Decode(output);
        Assert.Equal((280, 280), (drawn.Width, drawn.Height));

        Zoo seven = Zoo.Run("explain", "lenet5:mnist", picture, "-o", folder.File("7.png"), "--class", "7", "--layer", "relu1", "--json");
        Assert.Equal(("7", "relu1"), (seven.Json[0].GetProperty("label").GetString(), seven.Json[0].GetProperty("layer").GetString()));

        Zoo both = Zoo.Run("explain", "lenet5:mnist", picture, folder.File("more"), "-o", folder.File("out"));
        Assert.Equal(1, both.ExitCode); // one is unreadable, and is named
        Assert.Contains("bad.jpg", both.Errors, StringComparison.Ordinal);
        Assert.Equal(["one-2.png", "one.png"], Directory.GetFiles(folder.File("out")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_cannot_be_explained_or_reported_is_refused_in_a_line()
    {
        using var folder = new TemporaryFolder();
        string picture = folder.File("one.png");
        File.WriteAllBytes(picture, PngFile.Gray(28, 28, new byte[784]));
        (string[] Arguments, int Code, string Said)[] all =
        [
            (["explain", "lenet5:mnist", picture, "-o", picture, "--force"], 2, "is the picture itself"),
            (["explain", "lenet5:mnist", picture, "-o", folder.File("x.jpg")], 2, "a picture's name ends in .png"),
            (["explain", "lenet5:mnist", picture, "-o", folder.File("x.png"), "--class", "cat"], 2, "--class cat: the model has no such class"),
            (["explain", "lenet5:mnist", picture, "-o", folder.File("x.png"), "--layer", "relu3"], 2, "--layer relu3"),
            (["explain", "lenet5", picture, "-o", folder.File("x.png")], 2, "fresh weights"),
            (["report", "lenet5", "--data", "digits", "-o", folder.File("x.html")], 2, "fresh weights"),
            (["report", "lenet5:mnist", "--data", "digits", "-o", folder.File("x.txt")], 2, "a page's name ends in .html"),
            (["report", "lenet5:mnist", "--data", "digits", "-o", folder.File("x.html"), "--pictures", "1000"], 2, "it must be 0 … 100"),
        ];
        foreach ((string[] arguments, int code, string said) in all)
        {
            Zoo refused = Zoo.Run(arguments);
            Assert.Equal(code, refused.ExitCode);
            Assert.Contains(said, refused.Errors, StringComparison.Ordinal);
            Assert.Empty(refused.Output);
        }

        Assert.Equal(["one.png"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }
}
