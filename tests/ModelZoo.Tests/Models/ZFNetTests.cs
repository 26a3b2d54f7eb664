using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Tests.Models;

/// <summary>ZFNet; the figures as for AlexNet.</summary>
[Collection(TorchCollection.Name)]
public class ZFNetTests
{
    private static ModelInfo Info => Catalog.Models.Find("zfnet");

    [Fact]
    public void Figures_keys_and_the_sizes_of_figure_3()
    {
        using ZooModel model = Info.Create();
        ModelSummary summary = ModelSummary.Of(model, 3, 224, 224);
        Assert.Equal((62_357_608, 1_168_032_896), (summary.Parameters, summary.Macs));
        ModelAssert.Sizes(model, Info.Input, ("conv1", 96, 110), ("pool1", 96, 55), ("norm1", 96, 55), ("conv2", 256, 26), ("pool2", 256, 13),
            ("conv3", 384, 13), ("conv5", 256, 13), ("pool5", 256, 6));
    }

    [Fact]
    public void The_smallest_input_is_the_smallest() => ModelAssert.MinimumHolds(Info);

    [Fact]
    public void Layers_compute_what_they_say()
    {
        using ZooModel model = Info.Create(Info.Defaults with { NumClasses = 5, InputHeight = Info.MinimumSize, InputWidth = Info.MinimumSize });
        ModelAssert.Verifies(model, Info.Input.Channels, Info.MinimumSize);
    }
}
