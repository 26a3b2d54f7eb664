using System.Globalization;
using System.Text.Json;
using ModelZoo.Imaging;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Tests;

/// <summary>Labels from a CSV file, from training to prediction: one class, several labels, a number; and heads of one logit.</summary>
public sealed class TaskCommandTests : IDisposable
{
    private static readonly int[] Grays = [.. Enumerable.Range(0, 24).Select(i => 10 + 10 * i)];

    private readonly TemporaryFolder folder = new();

    private readonly string backbone;

    public TaskCommandTests()
    {
        GrayLevels.Write(folder.Path, [.. Grays.Select(gray => ("pictures", gray, 1))]);
        backbone = GrayLevels.Save(folder.File("backbone.safetensors"), ("black", 0), ("white", 255)); // its features are the gray
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_number_is_learned_measured_and_predicted()
    {
        string data = Table("path,brightness,split", gray => $"{1000 + 20 * gray},{Part(gray)}"), output = folder.File("number.safetensors");
        Zoo trained = Finetune(data, output, "--task", "regression");
        Assert.True(trained.ExitCode == 0, trained.Errors);
        Assert.Equal("R²", trained.Json.GetProperty("metric").GetString());
        Assert.Contains("the number in column 'brightness', the part in column 'split'", trained.Errors, StringComparison.Ordinal);
        JsonElement measured = Zoo.Run("eval", output, "--data", data, "--json").Json;
        Assert.InRange(measured.GetProperty("r2").GetDouble(), 0.99, 1);
        Assert.InRange(measured.GetProperty("meanAbsoluteError").GetDouble(), 0, 100);
        JsonElement predicted = Zoo.Run("predict", output, Picture(110), "--json").Json[0];
        Assert.Equal("brightness", predicted.GetProperty("number").GetString());
        Assert.InRange(predicted.GetProperty("value").GetDouble(), 3000, 3400); // 3200
        Assert.Contains("brightness", Zoo.Run("predict", output, Picture(110)).Output, StringComparison.Ordinal);
        string info = Zoo.Run("info", output).Output;
        Assert.Contains("a number:", info, StringComparison.Ordinal);
        Assert.Contains("testR2", info, StringComparison.Ordinal);
        Assert.DoesNotContain("testAccuracy", info, StringComparison.Ordinal);
        Assert.Contains("has one class for each image", Zoo.Run("eval", output, "--data", "digits").Errors, StringComparison.Ordinal);

        // The report beside the checkpoint is about the same number.
        Assert.Equal(folder.File("number.report.html"), trained.Json.GetProperty("report").GetString());
        JsonElement report = JsonDocument.Parse(File.ReadAllText(folder.File("number.report.json"))).RootElement;
        Assert.InRange(report.GetProperty("number").GetProperty("r2").GetDouble(), 0.99, 1);
        Assert.Equal(["wrong", "sure"], report.GetProperty("pictures").EnumerateArray().Select(l => l.GetProperty("kind").GetString()));
        Assert.Contains("predicted against actual", File.ReadAllText(folder.File("number.report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_stays_one_in_copies_features_and_further_training()
    {
        string data = Table("path,brightness,split", gray => $"{1000 + 20 * gray},{Part(gray)}"), output = folder.File("number.safetensors");
        Assert.Equal(0, Finetune(data, output, "--task", "regression").ExitCode);
        double expected = Value(output);
        Assert.InRange(expected, 3000, 3400);
        foreach (string copy in new[] { "copy.safetensors", "copy.onnx" })
        {
            Assert.Equal(0, Zoo.Run("export", output, "-o", folder.File(copy)).ExitCode);
            Assert.Equal(expected, Value(folder.File(copy)), 0.1);
        }

        Assert.Equal(0, Zoo.Run("import", folder.File("copy.onnx"), "-o", folder.File("again.safetensors"), "--task", "regression").ExitCode);
        Assert.Equal(expected, Value(folder.File("again.safetensors")), 0.1);
        Assert.Equal(0, Zoo.Run("features", output, "--data", data, "--split", "train", "--output", folder.File("f.csv")).ExitCode);
        string[] lines = File.ReadAllLines(folder.File("f.csv"));
        Assert.StartsWith("file,brightness,f0,", lines[0], StringComparison.Ordinal);
        Assert.Contains("/20-0.png,1400,", lines[1], StringComparison.Ordinal); // the gray 10 is not in the training part

        // Other pictures of another scale: it begins where it was, and not anew.
        string brighter = Table("path,brightness", gray => $"{1000 + 20 * gray}", "all.csv"), more = folder.File("more.safetensors");
        Zoo further = Zoo.Run("finetune", output, "--data", brighter, "--task", "regression", "--epochs", "1", "--lr", "1e-9", "--output", more);
        Assert.True(further.ExitCode == 0, further.Errors);
        Assert.Contains("head: the number 'brightness' is known by name and goes on", further.Errors, StringComparison.Ordinal);
        Assert.Equal(expected, Value(more), 1.0);
        Zoo verified = Zoo.Run("verify", output);
        Assert.True(verified.ExitCode == 0, verified.Output);

        double Value(string model) => Zoo.Run("predict", model, Picture(110), "--json").Json[0].GetProperty("value").GetDouble();
    }

    [Fact]
    public void Several_labels_are_learned_measured_and_predicted()
    {
        string data = Table("path,tags,split", gray => $"{(gray > 80 ? "light" : "")}|{(gray < 180 ? "dark" : "")},{Part(gray)}");
        string output = folder.File("labels.safetensors");
        Zoo refused = Finetune(data, output);
        Assert.Contains("--task multi-label learns several labels", refused.Errors, StringComparison.Ordinal);
        Zoo trained = Finetune(data, output, "--task", "multi-label");
        Assert.True(trained.ExitCode == 0, trained.Errors);
        Assert.Equal(("mean average precision", 2), (trained.Json.GetProperty("metric").GetString(), trained.Json.GetProperty("thresholds").GetArrayLength()));
        JsonElement measured = Zoo.Run("eval", output, "--data", data, "--json").Json;
        Assert.InRange(measured.GetProperty("meanAveragePrecision").GetDouble(), 0.95, 1);
        Assert.Equal(["dark", "light"], measured.GetProperty("labels").EnumerateArray().Select(l => l.GetProperty("label").GetString()));
        Assert.Equal(["dark"], There(output, 20));
        Assert.Equal(["dark", "light"], There(output, 130));
        Assert.Equal(["light"], There(output, 240));
        Assert.Contains("dark", Zoo.Run("predict", output, Picture(20)).Output, StringComparison.Ordinal);
        Assert.Contains("averages probabilities of classes", Zoo.Run("eval", output, output, "--data", data).Errors, StringComparison.Ordinal);

        JsonElement report = JsonDocument.Parse(File.ReadAllText(folder.File("labels.report.json"))).RootElement.GetProperty("labels");
        Assert.Equal(["dark", "light"], report.GetProperty("labels").EnumerateArray().Select(l => l.GetProperty("label").GetString()));
        Assert.Equal(JsonValueKind.Object, report.GetProperty("labels")[0].GetProperty("f1Interval").ValueKind);

        Assert.Contains("testMeanAveragePrecision", Zoo.Run("info", output).Output, StringComparison.Ordinal);
        foreach (string copy in new[] { folder.File("copy.safetensors"), folder.File("copy.onnx") })
        {
            Assert.Equal(0, Zoo.Run("export", output, "-o", copy).ExitCode);
            Assert.Equal(["dark", "light"], There(copy, 130)); // and not the likeliest of the two
        }

        // By name here too: the table's columns stand the other way round.
        string reversed = Table("path,light,dark", gray => $"{(gray > 80 ? 1 : 0)},{(gray < 180 ? 1 : 0)}", "reversed.csv");
        Zoo whole = Zoo.Run("eval", output, "--data", reversed, "--split", "train", "--val-share", "0", "--json");
        Assert.InRange(whole.Json.GetProperty("meanAveragePrecision").GetDouble(), 0.95, 1);
    }

    [Fact]
    public void One_class_a_line_is_learned_measured_and_predicted()
    {
        string data = Table("", gray => $"{(gray < 120 ? "dim" : "bright")},{Part(gray)}"), output = folder.File("classes.safetensors");
        Zoo trained = Finetune(data, output);
        Assert.True(trained.ExitCode == 0, trained.Errors);
        JsonElement measured = Zoo.Run("eval", output, "--data", data, "--split", "val", "--json").Json;
        Assert.Equal(("pictures/val", 1.0), (measured.GetProperty("data").GetString(), measured.GetProperty("accuracy").GetDouble()));
        Assert.Equal("bright", Zoo.Run("predict", output, Picture(230), "--json").Json[0].GetProperty("predictions")[0].GetProperty("label").GetString());
    }

    [Fact]
    public void A_head_of_one_logit_is_a_sigmoid_of_two_classes_or_refused()
    {
        // The logit is 20·gray − 8, so that a sigmoid of it is 0.5 at a gray of 102.
        ModelInfo info = Catalog.Models.Find("small_cnn");
        using (ZooModel model = info.Create(info.Defaults with { NumClasses = 1 }))
        {
            Checkpoint.LoadInto(model, OneLogit(model));
            Checkpoint.Export(folder.File("one.pth"), model);
        }

        string one = folder.File("one.pth"), two = folder.File("two.safetensors"), number = folder.File("number.safetensors");
        Assert.Contains("--labels no,yes", Zoo.Run("import", one, "--model", "small_cnn", "-o", two).Errors, StringComparison.Ordinal);
        Assert.Contains("--labels no,yes", Zoo.Run("predict", "small_cnn", "--weights", one, Picture(40)).Errors, StringComparison.Ordinal);
        Zoo imported = Zoo.Run("import", one, "--model", "small_cnn", "-o", two, "--labels", "dark,light");
        Assert.True(imported.ExitCode == 0, imported.Errors);
        Assert.Contains("one logit: its sigmoid is taken as the softmax of two", imported.Errors, StringComparison.Ordinal);
        CheckpointInfo written = Checkpoint.ReadInfo(two);
        Assert.Equal(["dark", "light"], written.Labels);
        Preprocessing preprocessing = written.Preprocessing;
        Assert.All(new[] { 40, 90, 110, 230 }, gray =>
        {
            double x = (gray / 255.0 - preprocessing.Mean[0]) / preprocessing.Std[0], light = 1 / (1 + Math.Exp(-(20 * x - 8)));
            JsonElement best = Zoo.Run("predict", two, Picture(gray), "--json").Json[0].GetProperty("predictions")[0];
            Assert.Equal(light > 0.5 ? "light" : "dark", best.GetProperty("label").GetString());
            Assert.Equal(Math.Max(light, 1 - light), best.GetProperty("probability").GetDouble(), 1e-4);
        });
        Zoo twice = Zoo.Run("import", one, "--model", "small_cnn", "-o", number, "--task", "regression", "--labels", "age,height");
        Assert.Contains("2 names for 1 output", twice.Errors, StringComparison.Ordinal);
        Assert.Equal(0, Zoo.Run("import", one, "--model", "small_cnn", "-o", number, "--task", "regression", "--labels", "age").ExitCode);
        Assert.Equal(["age"], Checkpoint.ReadInfo(number).Labels);
        Zoo lost = Zoo.Run("import", one, "--model", "small_cnn", "-o", two, "--force", "--labels", "names.txt");
        Assert.Contains("no such file", lost.Errors, StringComparison.Ordinal);
        double value = (40 / 255.0 - preprocessing.Mean[0]) / preprocessing.Std[0] * 20 - 8;
        Assert.Equal(value, Zoo.Run("predict", number, Picture(40), "--json").Json[0].GetProperty("value").GetDouble(), 1e-2);
    }

    private string OneLogit(ZooModel model)
    {
        string path = folder.File("one.safetensors");
        using (no_grad())
        using (NewDisposeScope())
        {
            Dictionary<string, Tensor> state = model.state_dict();
            foreach (Tensor tensor in state.Values)
            {
                tensor.zero_();
            }

            // A layer before a rectifier would lose what is below the mean: it is added and taken away again.
            state["conv1.weight"][0, 0].fill_(1.0 / 25);
            state["conv1.bias"].fill_(10);
            state["conv2.weight"][0, 0].fill_(1.0 / 25);
            state["fc.weight"][0].narrow(0, 0, 16).fill_(20.0 / 16);
            state["fc.bias"].fill_(-8 - 200);
        }

        Checkpoint.Export(path, model);
        return path;
    }

    private string[] There(string model, int gray) =>
        [.. Zoo.Run("predict", model, Picture(gray), "--json").Json[0].GetProperty("labels").EnumerateArray().Select(l => l.GetString()!).Order()];

    private Zoo Finetune(string data, string output, params string[] more) => Zoo.Run(["finetune", backbone, "--data", data, "--output", output,
        "--epochs", "150", "--lr", "0.05", "--json", .. more]);

    private string Picture(int gray) => Path.Combine(folder.Path, "pictures", $"{gray}-0.png");

    private string Table(string header, Func<int, string> labels, string name = "pictures.csv")
    {
        IEnumerable<string> lines = Grays.Select(gray => string.Create(CultureInfo.InvariantCulture, $"pictures/{gray}-0.png,{labels(gray)}"));
        File.WriteAllLines(folder.File(name), header.Length > 0 ? lines.Prepend(header) : lines);
        return $"csv:{folder.File(name)}";
    }

    private static string Part(int gray) => (gray / 10 % 4) switch
    {
        0 => "val",
        1 => "test",
        _ => "train",
    };
}
