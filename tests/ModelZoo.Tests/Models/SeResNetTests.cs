using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tracing;
using Xunit;

namespace ModelZoo.Tests.Models;

[Collection(TorchCollection.Name)]
public class SeResNetTests
{
    [Theory]
    [InlineData("se_resnet18", 11_778_592, 1_814_160_384, 1)]
    [InlineData("se_resnet50", 28_088_024, 3_860_488_192, 4)]
    [InlineData("se_resnet101", 49_326_872, 7_574_937_600, 4)]
    [InlineData("se_resnet152", 66_821_848, 11_288_993_792, 4)]
    public void Figures(string name, long parameters, long macs, int expansion) =>
        ResidualFacts.Hold(name, parameters, macs, (64 * expansion, 56, 4), (128 * expansion, 28, 8), (256 * expansion, 14, 16), (512 * expansion, 7, 32));

    [Fact]
    public void Gates_scale_the_branch_before_the_addition()
    {
        using ZooModel model = Catalog.Models.Find("se_resnet18").Create();
        using Trace trace = Trace.Run(model, 1L, 3, 64, 64);
        foreach (TraceNode sum in trace.Nodes.Where(n => n.Name.EndsWith(".add", StringComparison.Ordinal)))
        {
            TraceNode scaled = trace.Nodes[sum.Inputs[0]];
            Assert.EndsWith(".se.multiply", scaled.Name, StringComparison.Ordinal);
            Assert.Equal([1, scaled.OutputShape[1], 1, 1], scaled.InputShapes[1]);
        }
    }

    [Theory]
    [InlineData("se_resnet18", null)]
    [InlineData("se_resnet50", null)]
    [InlineData("se_resnet18", "group:32")]
    public void Every_layer_computes_what_it_says(string name, string? norm) => ResidualFacts.Verify(name, 32, norm);

    [Fact]
    public void Training_reaches_every_parameter() => ResidualFacts.TrainsThroughout("se_resnet18", 64);
}
