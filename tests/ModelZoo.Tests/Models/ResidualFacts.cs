using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>What must be true of each residual network of the catalog.</summary>
internal static class ResidualFacts
{
    /// <summary>The model by arithmetic: parameters, multiply-accumulates, and the feature maps before pooling with their strides.</summary>
    /// <param name="name">In the catalog.</param>
    /// <param name="parameters">Exactly.</param>
    /// <param name="macs">Exactly, at the default input.</param>
    /// <param name="stages">Channels, rows (and columns) and stride of each stage.</param>
    internal static void Hold(string name, long parameters, long macs, params (long Channels, long Rows, double Stride)[] stages)
    {
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        ModelSummary summary = ModelSummary.Of(model, info.Input.Channels, info.Input.Height, info.Input.Width);
        Assert.Equal((parameters, macs), (summary.Parameters, summary.Macs));
        Assert.Equal(info.Classes, (int)summary.Layers[^1].OutputShape.Single());
        Assert.Equal(model.Head, summary.Layers[^1].Name);
        Assert.Equal(model.Stem, summary.Layers[0].Name);
        Assert.Equal(
            stages.Select(s => (s.Channels, s.Rows, s.Rows, s.Stride)),
            FeatureExtractor.Describe(model, info.Defaults).Select(f => (f.Shape[0], f.Shape[1], f.Shape[2], f.Stride ?? 0)));
    }

    /// <summary>
    /// Every leaf computes what it says, forward and backward, on a batch of two small images; batch normalization with statistics of its own per channel.
    /// </summary>
    internal static void Verify(string name, int size, string? norm = null, int seed = 0)
    {
        manual_seed(seed);
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create(info.Defaults with { InputHeight = size, InputWidth = size, Norm = norm });
        Disturb(model);
        using Tensor input = randn(2, info.Input.Channels, size, size);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { Seed = (ulong)seed, MaxTerms = 200_000 });
        Assert.True(report.Passed, $"{report.FirstFailure}");
    }

    /// <summary>A step of training changes every parameter's gradient and every running statistic: nothing is left out of the graph.</summary>
    internal static void TrainsThroughout(string name, int size)
    {
        manual_seed(1);
        ModelInfo info = Catalog.Models.Find(name);
        using ZooModel model = info.Create();
        using DisposeScope scope = NewDisposeScope();
        model.train();
        nn.functional.cross_entropy(model.call(randn(4, 3, size, size)), tensor(new[] { 0L, 1, 2, 3 })).backward();
        Assert.All(model.named_parameters(), p => Assert.True(p.parameter.grad is { } g && g.abs().max().item<float>() > 0, p.name));
        Assert.All(model.named_buffers().Where(b => b.name.EndsWith("num_batches_tracked", StringComparison.Ordinal)), b =>
            Assert.Equal(1, b.buffer.item<long>()));
    }

    /// <summary>Scales, shifts and running statistics that training might have left.</summary>
    private static void Disturb(ZooModel model)
    {
        using IDisposable none = no_grad();
        foreach ((string name, Tensor values) in model.state_dict())
        {
            if (name.EndsWith("running_mean", StringComparison.Ordinal))
            {
                nn.init.normal_(values, 0, 0.3);
            }
            else if (name.EndsWith("running_var", StringComparison.Ordinal) || (values.Dimensions == 1 && name.EndsWith("weight", StringComparison.Ordinal)))
            {
                nn.init.uniform_(values, 0.5, 1.5);
            }
            else if (values.Dimensions == 1)
            {
                nn.init.normal_(values, 0, 0.2);
            }
        }
    }
}
