using ModelZoo.Models;
using ModelZoo.Models.Wideresnet;
using ModelZoo.Tests.Training;
using ModelZoo.Tracing;
using TorchSharp.Modules;
using Xunit;

namespace ModelZoo.Tests.Models;

[Collection(TorchCollection.Name)]
public class WideResNetTests
{
    [Theory]
    [InlineData("wrn_40_4", 8_949_210, 1_298_582_016, 4)]
    [InlineData("wrn_16_8", 10_961_370, 1_548_145_664, 8)]
    [InlineData("wrn_28_10", 36_479_194, 5_243_328_768, 10)]
    public void Figures(string name, long parameters, long macs, int k) =>
        ResidualFacts.Hold(name, parameters, macs, (16 * k, 32, 1), (32 * k, 16, 2), (64 * k, 8, 4));

    [Theory]
    [InlineData("wrn_16_8", null)]
    [InlineData("wrn_16_8", "group:16")]
    public void Every_layer_computes_what_it_says(string name, string? norm) => ResidualFacts.Verify(name, 16, norm);

    [Fact]
    public void Training_reaches_every_parameter() => ResidualFacts.TrainsThroughout("wrn_16_8", 16);

    [Fact]
    public void Dropout_stands_before_each_block_s_second_convolution()
    {
        using var model = new WideResNet(Catalog.Models.Find("wrn_16_8").Defaults, new WideResNetVariant("dropped", 16, Widening: 1, Dropout: 0.3));
        using Trace trace = Trace.Run(model, 1L, 3, 32, 32);
        TraceNode[] dropouts = [.. trace.Nodes.Where(n => n.Module is Dropout)];
        Assert.Equal(6, dropouts.Length);
        Assert.All(dropouts, n => Assert.EndsWith(".conv2", trace.Nodes[n.Index + 1].Name, StringComparison.Ordinal));
        Assert.All(dropouts, n => Assert.EndsWith(".relu2", trace.Nodes[n.Index - 1].Name, StringComparison.Ordinal));
    }
}
