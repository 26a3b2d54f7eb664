using System.Runtime.CompilerServices;
using ModelZoo.Analysis;
using ModelZoo.Models;
using ModelZoo.Verification;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>What must be true of each residual network of the catalogue.</summary>
internal static class ResidualFacts
{
    /// <summary>The model by arithmetic: parameters, multiply-accumulates, the feature maps before pooling with their strides, and torchvision's (or the manifest script's) keys.</summary>
    /// <param name="name">In the catalogue.</param>
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
        Keys(model, name);
    }

    /// <summary>The smallest size is 1: every window of these networks is padded. Nothing is left to look at below.</summary>
    internal static void HoldAtTheSmallestSize(string name)
    {
        ModelInfo info = Catalog.Models.Find(name);
        ModelOptions smallest = info.Defaults with { NumClasses = 7, InChannels = 2, InputHeight = info.MinimumSize, InputWidth = info.MinimumSize };
        using ZooModel model = info.Create(smallest);
        model.eval();
        using IDisposable none = no_grad();
        using Tensor input = randn(2, 2, info.MinimumSize, info.MinimumSize), nothing = randn(2, 2, info.MinimumSize - 1, info.MinimumSize - 1);
        using Tensor logits = model.call(input);
        Assert.Equal([2, 7], logits.shape);
        Assert.ThrowsAny<Exception>(() => model.call(nothing));
        Assert.Throws<ZooException>(() => info.Create(smallest with { InputWidth = info.MinimumSize - 1 }));
    }

    /// <summary>Every leaf computes what it says, forward and backward, on a batch of two small images; batch normalisation with statistics of its own per channel.</summary>
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
        Assert.All(model.named_buffers().Where(b => b.name.EndsWith("num_batches_tracked", StringComparison.Ordinal)), b => Assert.Equal(1, b.buffer.item<long>()));
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

    // Parameters and buffers apart: TorchSharp's state_dict has all parameters first.
    private static void Keys(ZooModel model, string name)
    {
        ILookup<bool, string> expected = File.ReadLines(Path.Combine(Folder(), $"{name}.txt")).ToLookup(IsBuffer);
        Assert.Equal(expected[false], model.named_parameters().Select(p => Line(p.name, p.parameter)));
        Assert.Equal(expected[true], model.named_buffers().Select(b => Line(b.name, b.buffer)));

        static bool IsBuffer(string line) => line.Contains(".running_", StringComparison.Ordinal) || line.Contains(".num_batches_tracked", StringComparison.Ordinal);

        static string Line(string key, Tensor tensor) => $"{key} [{string.Join(",", tensor.shape)}]";
    }

    private static string Folder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Manifests");
}
