using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using ModelZoo.Tracing;
using Xunit;

namespace ModelZoo.Tests.Analysis;

/// <summary>The arithmetic of shapes at another size, against networks that are built and traced at that size.</summary>
[Collection(TorchCollection.Name)]
public sealed class ScaledNetworkTests
{
    /// <summary>One of each kind of layer, wiring and dependence on the input's size.</summary>
    public static TheoryData<string, int, int, int> Cases => new()
    {
        { "lenet5_classic", 1, 32, 32 },
        { "lenet5", 3, 64, 48 },
        { "small_cnn", 1, 61, 90 },
        { "alexnet_original", 3, 195, 227 },
        { "zfnet", 3, 161, 192 },
        { "squeezenet1_0", 3, 70, 95 },
        { "googlenet", 3, 129, 96 },
        { "se_resnet18", 3, 97, 64 },
        { "resnet20", 3, 57, 81 },
        { "preact_resnet18", 3, 50, 71 },
        { "densenet121", 3, 96, 71 },
        { "mobilenet_v2", 3, 95, 64 },
        { "nasnet_mobile", 3, 95, 96 },
        { "efficientnet_b0", 3, 65, 96 },
        { "conv_spatially_separable", 3, 45, 37 },
        { "encdec_transposed", 3, 48, 80 },
        { "encdec_unpool", 3, 80, 48 },
        { "encdec_nearest", 3, 48, 80 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_shape_and_parameter_is_that_of_the_network_itself(string name, int channels, int height, int width)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel own = info.Create(), wanted = info.Create(info.Defaults with { InChannels = channels, InputHeight = height, InputWidth = width });
        using Trace atHome = Trace.Run(own, 1L, info.Input.Channels, info.Input.Height, info.Input.Width);
        using Trace there = Trace.Run(wanted, 1L, channels, height, width);
        var scaled = new ScaledNetwork(atHome, channels, height, width);
        Assert.Equal(there.Nodes.Count, atHome.Nodes.Count);
        Assert.All(there.Nodes, node => Assert.True(
            scaled.Output(node.Index).SequenceEqual(node.OutputShape.Skip(1).Select(n => (double)n)),
            $"{node} comes out as [{string.Join(',', scaled.Output(node.Index))}]"));
        NetworkSize size = scaled.Size();
        Assert.Equal(there.Nodes.Select(n => n.Module).Distinct().Sum(m => (double)m.parameters(recurse: false).Sum(p => p.numel())), size.Parameters);
        double all = there.Nodes.Sum(n => (double)n.OutputShape.Aggregate(1L, (a, b) => a * b)) + ((double)channels * height * width);
        Assert.Equal(all, size.Activations);
        Assert.InRange(size.Peak, there.Nodes.Max(n => (double)n.OutputShape.Aggregate(1L, (a, b) => a * b)), all);
    }
}
