using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tracing;
using TorchSharp.Modules;
using Xunit;

namespace ModelZoo.Tests.Models;

[Collection(TorchCollection.Name)]
public class PreActResNetTests
{
    [Theory]
    [InlineData("preact_resnet110", 1_727_962, 252_887_680, 1)]
    [InlineData("preact_resnet164", 1_703_258, 247_646_720, 4)]
    public void Figures_for_CIFAR(string name, long parameters, long macs, int expansion) =>
        ResidualFacts.Hold(name, parameters, macs, (16 * expansion, 32, 1), (32 * expansion, 16, 2), (64 * expansion, 8, 4));

    [Theory]
    [InlineData("preact_resnet18", 11_687_720, 1_814_073_344, 1)]
    [InlineData("preact_resnet50", 25_549_352, 4_089_184_256, 4)]
    [InlineData("preact_resnet101", 44_541_480, 7_801_405_440, 4)]
    public void Figures_for_ImageNet(string name, long parameters, long macs, int expansion) =>
        ResidualFacts.Hold(name, parameters, macs, (64 * expansion, 56, 4), (128 * expansion, 28, 8), (256 * expansion, 14, 16), (512 * expansion, 7, 32));

    [Theory]
    [InlineData("preact_resnet164")]
    [InlineData("preact_resnet50")]
    public void A_shortcut_takes_the_block_s_input_or_where_channels_change_the_activated_one(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        using Trace trace = Trace.Run(model, 1L, 3, 32, 32);
        Assert.All(trace.Nodes.Where(n => n.Name.EndsWith("downsample", StringComparison.Ordinal)), n =>
            Assert.True(n.Inputs.Single() is var source && trace.Nodes[source].Module is ReLU or MaxPool2d));
        TraceNode[] sums = [.. trace.Nodes.Where(n => n.Name.EndsWith(".add", StringComparison.Ordinal))];
        Assert.All(sums.Where(n => !n.Name.EndsWith(".0.add", StringComparison.Ordinal)), n =>
            Assert.EndsWith(".add", trace.Nodes[n.Inputs[1]].Name, StringComparison.Ordinal));
        Assert.Equal(["bn2", "relu2"], trace.Nodes.Skip(sums[^1].Index + 1).Take(2).Select(n => n.Name));
    }

    [Theory]
    [InlineData("preact_resnet18", 64, null)]
    [InlineData("preact_resnet18", 64, "group:32")]
    [InlineData("preact_resnet164", 8, null)]
    [InlineData("preact_resnet110", 8, null)]
    public void Every_layer_computes_what_it_says(string name, int size, string? norm) => ResidualFacts.Verify(name, size, norm);

    [Fact]
    public void Training_reaches_every_parameter() => ResidualFacts.TrainsThroughout("preact_resnet18", 64);
}
