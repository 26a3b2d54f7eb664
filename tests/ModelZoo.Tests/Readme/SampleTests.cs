using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Verification;
using ModelZoo.Weights;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Readme;

/// <summary>The C# on the pages does what they say.</summary>
[Collection(TorchCollection.Name)]
public class SampleTests
{
    [Fact]
    public async Task Transfer_reaches_a_high_accuracy_and_the_classifier_opens_what_it_saved()
    {
        using var folder = new TempFolder();
        using StringWriter transfer = new(), classifier = new();
        string checkpoint = folder.File("digits.safetensors");

        double? accuracy = TransferSample.Run(checkpoint, transfer);
        Assert.InRange(accuracy ?? 0, 0.95, 1);
        Assert.Matches("^test accuracy [0-9.,]+ ?%; features in float32", transfer.ToString());

        Pictures.WriteClasses(folder.Path, ["pictures"], each: 2);
        string picture = folder.File("pictures/00.png");
        await ClassifierSample.Run(checkpoint, picture, classifier);
        using ImageClassifier again = ImageClassifier.Load(checkpoint);
        Assert.StartsWith($"{again.Predict(picture)[0].Label}: ", Assert.Single(Lines(classifier)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apps_await_host_and_train()
    {
        using var folder = new TempFolder();
        using StringWriter apps = new(), hosted = new(), trainer = new();
        Pictures.WriteClasses(folder.File("photos"), ["ants", "bees"], each: 5, least: 30);
        string picture = folder.File("photos/bees/00.png"), checkpoint = folder.File("mine.safetensors");
        await TrainerSample.Run(folder.File("photos"), checkpoint, trainer);
        Assert.Matches("^2 classes, [0-9]+ ?% of 2 pictures right", trainer.ToString());
        await AppsSample.Run(checkpoint, picture, folder.File("photos/ants"), apps);
        await HostedSample.Run(checkpoint, picture, hosted);
        using ImageClassifier classifier = ImageClassifier.Load(checkpoint), digits = ImageClassifier.Load("lenet5:mnist");
        string[] lines = Lines(apps);
        Assert.StartsWith($"{classifier.Predict(picture)[0].Label}: ", lines[0], StringComparison.Ordinal);
        Assert.Equal(6, lines.Length);
        Assert.Equal([$"{classifier.Predict(picture)[0].Label}, as a digit {digits.Predict(picture)[0].Label}"], Lines(hosted));
    }

    [Fact]
    public async Task Apps_serve() => Assert.Contains("\"name\":\"digits\"", await ServingSample.Run(), StringComparison.Ordinal);

    [Fact]
    public void One_process_trains_where_nobody_started_others()
    {
        using var console = new StringWriter();
        ScalingSample.Run(console);
        Assert.Matches("^loss [0-9.]+$", Assert.Single(Lines(console)));
    }

    [Fact]
    public void Training_learns()
    {
        using var console = new StringWriter();
        manual_seed(1);
        TrainingResult result = TrainingSample.Run(console);
        Assert.Equal(3, result.Epochs.Count);
        Assert.True(result.Epochs[2].Loss < result.Epochs[0].Loss);
        Assert.InRange(result.TestAccuracy ?? 0, 0.5, 1);
        string[] lines = Lines(console);
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("epoch 3: loss ", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_are_saved_exported_listed_and_loaded()
    {
        using var folder = new TempFolder();
        using var console = new StringWriter();
        string checkpoint = folder.File("lenet5.safetensors");
        LoadReport report = WeightsSample.Run(checkpoint, folder.File("lenet5.pth"), console);
        Assert.True(report.Complete);
        Assert.Equal("lenet5", Checkpoint.ReadInfo(checkpoint).Architecture);
        string[] lines = Lines(console);
        Assert.Equal(11, lines.Length);
        Assert.Equal("conv1.weight: F32 [6, 1, 5, 5]", lines[0]);
        Assert.Equal("10 tensors loaded, complete: True", lines[^1]);
    }

    [Fact]
    public void A_calibrated_classifier_does_not_know_noise()
    {
        using var console = new StringWriter();
        TrustSample.Run(console);
        Assert.Equal(["unknown: unlike the pictures it was trained on"], Lines(console));
    }

    [Fact]
    public void A_model_is_reported_and_its_worst_mistake_explained()
    {
        using var folder = new TempFolder();
        using var console = new StringWriter();
        ReportSample.Run(folder.File("report.html"), console);
        Assert.Matches("^a [0-9] taken for [0-9]; the map has 10×10 elements", Assert.Single(Lines(console)));
        Assert.True(File.Exists(folder.File("report.html")));
    }

    [Fact]
    public void Wrong_labels_are_named_and_a_listing_leaves_out_what_was_dropped()
    {
        using var folder = new TempFolder();
        using var console = new StringWriter();
        Pictures.WriteClasses(folder.File("photos"), ["a", "b"], each: 10, least: 40);
        File.Copy(Path.Combine(folder.File("photos"), "a", "03.png"), Path.Combine(folder.File("photos"), "a", "twin.png"));
        AuditSample.Run(folder.File("photos"), folder.File("fixes.csv"), folder.File("cleaned.csv"), console);
        Assert.Contains("a/twin.png: the same file as a/03.png", Lines(console));
        Assert.EndsWith("; no file was touched", Lines(console)[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("twin", File.ReadAllText(folder.File("cleaned.csv")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_is_written_as_onnx_with_checks()
    {
        using var folder = new TempFolder();
        using var console = new StringWriter();
        Assert.Equal(2, OnnxSample.Run(folder.File("lenet5.onnx"), console).Output.Shape[0]);
        Assert.Equal(["0 of the largest output"], Lines(console));
    }

    [Fact]
    public void A_network_is_compiled()
    {
        using var console = new StringWriter();
        Assert.InRange(InferenceSample.Run(console).Count, 20, 30);
        string[] lines = Lines(console);
        Assert.Equal(CompiledModel.Unavailable ?? "by libtorch's fused operators", lines[0]);
        Assert.EndsWith("the first convolution + fold + relu: conv1, bn1, relu", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_of_ones_own_is_verified()
    {
        using var console = new StringWriter();
        VerificationReport report = VerificationSample.Run(console);
        Assert.True(report.Passed, $"{report.FirstFailure}");
        Assert.Matches("^[0-9]+ checks passed", console.ToString());
        Assert.Contains(report.Checks, check => check is { Name: "conv", Quantity: "grad weight" });
    }

    private static string[] Lines(StringWriter console) => console.ToString().ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
