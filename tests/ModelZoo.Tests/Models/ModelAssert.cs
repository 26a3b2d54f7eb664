using ModelZoo.Registry;
using ModelZoo.Tracing;
using ModelZoo.Verification;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>What is asked of every architecture.</summary>
internal static class ModelAssert
{
    /// <summary>The named leaves give these channels and these rows (and as many columns), at the given input.</summary>
    public static void Sizes(ZooModel model, (int Channels, int Height, int Width) input, params (string Layer, long Channels, long Rows)[] expected)
    {
        using Trace trace = Trace.Run(model, 1, input.Channels, input.Height, input.Width);
        Dictionary<string, long[]> shapes = trace.Nodes.ToDictionary(n => n.Name, n => n.OutputShape);
        Assert.Equal(expected.Select(e => $"{e.Layer} {e.Channels}×{e.Rows}×{e.Rows}"),
            expected.Select(e => $"{e.Layer} {string.Join("×", shapes[e.Layer][1..])}"));
    }

    /// <summary>The smallest size runs, the next smaller one does not, when nothing guards it.</summary>
    public static void MinimumHolds(ModelInfo info)
    {
        Assert.Equal([1L, 3L], Run(info.MinimumSize));
        Assert.ThrowsAny<Exception>(() => Run(info.MinimumSize - 1));
        Assert.Contains("it needs at least", Assert.Throws<ZooException>(() => info.Create(Small(info.MinimumSize - 1))).Message, StringComparison.Ordinal);

        ModelOptions Small(int size) => info.Defaults with { NumClasses = 3, InputHeight = size, InputWidth = size };

        long[] Run(int size)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable none = no_grad();
            using ZooModel model = info.Build(Small(size));
            model.eval();
            return model.call(zeros(1, info.Input.Channels, size, size)).shape;
        }
    }

    /// <summary>Every leaf computes what it says, forward and backward, on two images of this size.</summary>
    public static void Verifies(nn.Module<Tensor, Tensor> model, int channels, int size)
    {
        manual_seed(2);
        using Tensor input = randn(2, channels, size, size);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { MaxTerms = 500_000 });
        Assert.True(report.Passed, $"{report.FirstFailure}");
    }
}
