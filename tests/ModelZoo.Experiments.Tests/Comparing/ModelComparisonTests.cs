using System.Text;
using System.Text.Json;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Statistics;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Experiments.Tests.Comparing;

[Collection(TorchCollection.Name)]
public class ModelComparisonTests
{
    // Parameters and MACs (convolutions and linear layers) by independent arithmetic and torchvision; depth as the papers count it; receptive fields by hand.
    [Theory]
    [InlineData("convnet", 3_199_106, 13_808_400, 4, 14)]
    [InlineData("lenet5", 61_706, 416_520, 5, 14)]
    [InlineData("alexnet", 61_100_840, 714_188_480, 8, 163)]
    [InlineData("vgg16", 138_357_544, 15_470_264_320, 16, 196)]
    [InlineData("googlenet", 6_624_904, 1_498_376_192, 22, null)]
    [InlineData("resnet50", 25_557_032, 4_089_184_256, 50, 427)]
    public void The_documented_architectures_have_their_reference_figures(string name, long parameters, long macs, int depth, int? field)
    {
        ModelProfile profile = ModelProfile.Of(Catalog.Models.Find(name));
        Assert.Equal(parameters, profile.Parameters);
        Assert.Equal(macs, profile.Macs);
        Assert.Equal(depth, profile.Depth);
        if (field is { } side)
        {
            Assert.Equal(side, profile.ReceptiveField);
        }

        ModelCard card = Catalog.CardOf(Catalog.Models.Find(name));
        Assert.Equal((card.Parameters, card.Macs), (profile.Parameters, profile.Macs));
        Assert.Equal(profile.Parameters, profile.Layers.Sum(l => l.Parameters));
        Assert.Equal(profile.Macs, profile.Layers.Sum(l => l.Macs));
        Assert.InRange(profile.PeakActivationBytes, 1, profile.ActivationBytes);
    }

    [Fact]
    public void Activations_of_lenet_are_counted_layer_by_layer()
    {
        ModelProfile profile = ModelProfile.Of(Catalog.Models.Find("lenet5"));
        // conv1 and its activation 6×28×28, pool 6×14×14, conv2 and its activation 16×10×10, pool 16×5×5, flatten 400, two hidden layers with activations, ten
        // logits
        long all = (2 * 6 * 28 * 28) + (6 * 14 * 14) + (2 * 16 * 10 * 10) + (16 * 5 * 5) + 400 + (2 * 120) + (2 * 84) + 10;
        Assert.Equal(4 * all, profile.ActivationBytes);
        Assert.Equal(4 * 2 * 6 * 28 * 28, profile.PeakActivationBytes); // the first activation beside its input
    }

    [Fact]
    public void A_shortcut_keeps_its_input_in_memory()
    {
        // In resnet's first stage the block's input [256,56,56] is alive while the branch computes: 256 + 256 + 256 maps at the addition.
        Assert.Equal(4L * 3 * 256 * 56 * 56, ModelProfile.Of(Catalog.Models.Find("resnet50")).PeakActivationBytes);
    }

    [Fact]
    public void Weights_are_as_large_as_the_tensors_of_an_exported_file()
    {
        using var folder = new TemporaryFolder();
        using ZooModel model = Catalog.Models.Find("resnet20").Create();
        Checkpoint.Export(folder.File("w.safetensors"), model);
        byte[] file = File.ReadAllBytes(folder.File("w.safetensors"));
        long header = 8 + BitConverter.ToInt64(file);
        Assert.Equal(file.Length - header, ModelProfile.Of(model, Catalog.Models.Find("resnet20").Defaults).WeightsBytes);
    }

    [Fact]
    public void Models_take_turns_and_the_warm_up_does_not_count()
    {
        var meter = new FakeMeter();
        ModelComparison comparison = ComparisonSamples.Timed(["lenet5", "small_cnn", "resnet20"], meter);
        Assert.Equal(["lenet5", "small_cnn", "resnet20", "resnet20", "small_cnn", "lenet5", "lenet5", "small_cnn", "resnet20", "resnet20", "small_cnn",
            "lenet5"], meter.Turns.Select(t => t.Model));
        Assert.Equal([true, true, true, .. Enumerable.Repeat(false, 9)], meter.Turns.Select(t => t.Memory));
        Assert.All(comparison.Models, m =>
        {
            Assert.Equal([0.03 * 250, 0.04 * 250, 0.05 * 250], m.Timing!.ForwardMilliseconds.Values.Select(v => Math.Round(v, 9))); // a batch of four
            Assert.Equal((7.5, 10, 12.5), (Math.Round(m.Timing.ForwardMilliseconds.Min, 9), Math.Round(m.Timing.ForwardMilliseconds.Median, 9),
                Math.Round(m.Timing.ForwardMilliseconds.Max, 9)));
            Assert.Equal(30, m.Timing.TrainingMilliseconds!.Median, 6);
            Assert.Equal(2_500_000, m.Timing.TrainingPeakBytes);
        });
    }

    [Fact]
    public void Real_times_are_positive_and_training_costs_more_memory()
    {
        ModelComparison comparison = ModelComparison.Run(new() { Models = ModelChoice.Read(["lenet5", "resnet20", "encdec_nearest"]), Rounds = 3, Batch = 4 });
        Assert.All(comparison.Models, m =>
        {
            Assert.True(m.Timing!.ForwardMilliseconds.Min > 0);
            Assert.True(m.Timing.TrainingMilliseconds!.Min > m.Timing.ForwardMilliseconds.Min);
        });
        ModelTiming deep = comparison.Models[1].Timing!;
        if (OperatingSystem.IsLinux())
        {
            // most of four images' outputs are kept for the backward pass
            Assert.True(deep.TrainingPeakBytes > 4 * comparison.Models[1].Profile.ActivationBytes / 2, $"{deep.TrainingPeakBytes}");
        }
    }

    [Fact]
    public void A_comparison_survives_its_JSON()
    {
        ModelComparison comparison = ModelComparison.Run(new()
        {
            Models = ModelChoice.Read(["lenet5", "small_cnn"]),
            Rounds = 2,
            Batch = 4,
            Meter = new FakeMeter(),
            Training = ComparisonSamples.Digits("1e", 0),
            Command = "zoo"
        });
        byte[] json = comparison.ToJson();
        ModelComparison back = ModelComparison.Parse(json);
        Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(back.ToJson()));
        Assert.Equal(ComparisonPage.Write(comparison), ComparisonPage.Write(back));
        Assert.Throws<JsonException>(() => ModelComparison.Parse("{}"u8));
    }

    [Fact]
    public void Published_and_measured_accuracies_name_their_source()
    {
        IReadOnlyList<ModelChoice> choices = ModelChoice.Read(["resnet50:imagenet1k_v2", "lenet5:mnist", "resnet20"]);
        Accuracy published = Assert.Single(choices[0].Published);
        Assert.Equal((80.858, 95.434, "ImageNet val"), (published.Top1, published.Top5, published.Data));
        Assert.Contains("published", published.Source, StringComparison.Ordinal);
        Accuracy measured = Assert.Single(choices[1].Measured);
        Assert.Equal("mnist/test", measured.Data);
        Assert.True(measured.Top1 > 99);
        Assert.Contains("measured by the zoo", measured.Source, StringComparison.Ordinal);
        Assert.Contains(choices[2].Published, a => a.Top1 == 91.25 && a.Data == "CIFAR-10 test");
    }

    [Fact]
    public void Checkpoints_are_models_too()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("mine.safetensors");
        ModelInfo info = Catalog.Models.Find("resnet20");
        using (ZooModel model = info.Create(info.Defaults with { NumClasses = 3 }))
        {
            Checkpoint.Save(path, model, new()
            {
                Architecture = "resnet20",
                Options = info.Defaults with { NumClasses = 3 },
                Labels = ["a", "b", "c"],
                Preprocessing = info.Preprocessing,
                Extra = new Dictionary<string, string> { ["testAccuracy"] = "0.875", ["testData"] = "pets/test, 80 images", ["testImages"] = "80" },
            });
        }

        ModelChoice choice = Assert.Single(ModelChoice.Read([path]));
        Assert.Equal(("mine", 3), (choice.Name, choice.Options.NumClasses));
        Assert.Equal((87.5, "pets/test, 80 images"), (choice.Measured[0].Top1, choice.Measured[0].Data));
        Assert.Equal(Interval.Wilson(70, 80), choice.Measured[0].Top1Interval);
        Assert.True(ModelProfile.Of(choice.Info, choice.Options).Parameters < ModelProfile.Of(info).Parameters);
    }

    [Fact]
    public void An_unknown_model_is_told_with_the_nearest_name() =>
        Assert.Contains("Did you mean 'resnet50'?", Assert.Throws<UsageException>(() => ModelChoice.Read(["lenet5", "resnt50"])).Message,
            StringComparison.Ordinal);
}
