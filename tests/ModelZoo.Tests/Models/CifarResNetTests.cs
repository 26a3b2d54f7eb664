using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tracing;
using Xunit;

namespace ModelZoo.Tests.Models;

[Collection(TorchCollection.Name)]
public class CifarResNetTests
{
    [Theory]
    [InlineData(20, 269_722, 40_551_040)]
    [InlineData(32, 464_154, 68_862_592)]
    [InlineData(44, 658_586, 97_174_144)]
    [InlineData(56, 853_018, 125_485_696)]
    [InlineData(110, 1_727_962, 252_887_680)]
    public void Figures(int depth, long parameters, long macs)
    {
        (long, long, double)[] stages = [(16, 32, 1), (32, 16, 2), (64, 8, 4)];
        ResidualFacts.Hold($"plain{depth}", parameters, macs, stages);
        ResidualFacts.Hold($"resnet{depth}", parameters, macs, stages);
        // Two projections and their normalizations: 16·32 + 2·32 and 32·64 + 2·64 parameters, 16·32·16² and 32·64·8² multiply-accumulates.
        ResidualFacts.Hold($"resnet{depth}_b", parameters + 2752, macs + 262_144, stages);
    }

    [Theory]
    [InlineData("plain20", 0, 0)]
    [InlineData("resnet20", 9, 2)]
    [InlineData("resnet20_b", 9, 0)]
    public void Shortcuts(string name, int additions, int padded)
    {
        using ZooModel model = Catalog.Models.Find(name).Create();
        using Trace trace = Trace.Run(model, 1L, 3, 32, 32);
        Assert.Equal(additions, trace.Nodes.Count(n => n.Module is Add));
        Assert.Equal(padded, trace.Nodes.Count(n => n.Module is PaddedShortcut));
    }

    [Theory]
    [InlineData("plain20", null)]
    [InlineData("resnet20", null)]
    [InlineData("resnet20_b", null)]
    [InlineData("resnet20", "group:8")]
    [InlineData("resnet20", "layer")]
    [InlineData("plain20", "instance")]
    public void Every_layer_computes_what_it_says(string name, string? norm) => ResidualFacts.Verify(name, 32, norm);

    [Theory]
    [InlineData("resnet20")]
    [InlineData("plain20")]
    public void Training_reaches_every_parameter(string name) => ResidualFacts.TrainsThroughout(name, 32);
}
