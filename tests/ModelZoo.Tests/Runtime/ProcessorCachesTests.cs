using ModelZoo.Runtime;
using ModelZoo.Tests.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Runtime;

[Collection(TorchCollection.Name)]
public class ProcessorCachesTests
{
    private const int Amd = 0x68747541, Intel = 0x756E6547;

    [Theory]
    [InlineData(Amd, 13, 0x80000021, 0x00000121, false)] // EPYC: level 1, data
    [InlineData(Amd, 13, 0x80000021, 0, true)] // the same in a virtual machine without that leaf's answers
    [InlineData(Amd, 13, 0x80000008, 0, false)] // too old to have the leaf: oneDNN knows that it has to guess
    [InlineData(Intel, 0x20, 0x80000008, 0x7C004121, false)]
    [InlineData(Intel, 0x20, 0x80000008, 0, true)]
    public void Hidden_caches_are_told_from_answered_ones(int vendor, int largest, uint extended, int caches, bool hidden) =>
        Assert.Equal(hidden, ProcessorCaches.AreHidden((function, _) => (uint)function switch
        {
            0 => (largest, vendor, 0, 0),
            0x80000000 => ((int)extended, 0, 0, 0),
            0x8000001D => vendor == Amd ? (caches, 0, 0, 0) : (0, 0, 0, 0),
            4 => vendor == Intel ? (caches, 0, 0, 0) : (0, 0, 0, 0),
            _ => (0, 0, 0, 0),
        }));

    /// <summary>Channels that are no multiple of a vector: what went wrong where oneDNN misjudged the caches.</summary>
    [Theory]
    [InlineData(1, 8, 3, 28, 1)]
    [InlineData(1, 6, 5, 32, 1)]
    [InlineData(16, 24, 3, 28, 1)]
    [InlineData(20, 50, 5, 12, 1)]
    [InlineData(64, 40, 3, 14, 1)]
    [InlineData(3, 6, 3, 33, 3)]
    public void A_float32_convolution_agrees_with_float64_in_output_and_gradients(int inputs, int outputs, int kernel, int size, int groups)
    {
        foreach (bool channelsLast in (bool[])[false, true])
        {
            manual_seed(1);
            using DisposeScope scope = NewDisposeScope();
            Tensor weight = randn(outputs, inputs / groups, kernel, kernel), x = randn(2, inputs, size, size), gradient = randn(2, outputs, size, size);
            Tensor[] single = Run(ScalarType.Float32), exact = Run(ScalarType.Float64);
            foreach ((Tensor actual, Tensor expected) in single.Zip(exact))
            {
                double scale = expected.abs().max().item<double>();
                Assert.InRange(actual.to(ScalarType.Float64).sub(expected).abs().max().item<double>() / scale, 0, 1e-5);
            }

            Tensor[] Run(ScalarType type)
            {
                Tensor w = Laid(weight.to(type)).requires_grad_(), input = Laid(x.to(type)).requires_grad_();
                Tensor y = nn.functional.conv2d(input, w, padding: [kernel / 2, kernel / 2], groups: groups);
                y.backward([Laid(gradient.to(type))]);
                return [y.detach(), input.grad!, w.grad!];
            }

            Tensor Laid(Tensor t) => (channelsLast ? t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : t).detach();
        }
    }
}
