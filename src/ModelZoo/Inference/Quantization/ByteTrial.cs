using ModelZoo.Inference.Compilation;
using ModelZoo.Training.Precision;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>
/// Whether oneDNN's products of bytes are right on this processor. Without VNNI they add pairs of products in sixteen bits, which overflow
/// (255·127·2 > 32,767): small convolutions of the largest bytes and weights show it.
/// </summary>
internal static class ByteTrial
{
    // Channels in and out, kernel, groups: the kernels of oneDNN that networks meet.
    private static readonly (int In, int Out, int Kernel, int Groups)[] Convolutions =
        [(64, 64, 3, 1), (64, 32, 1, 1), (3, 64, 7, 1), (32, 32, 3, 32), (64, 64, 3, 4)];

    /// <summary>What is wrong; null for nothing.</summary>
    public static string? Fault()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        foreach ((int @in, int @out, int kernel, int groups) in Convolutions)
        {
            foreach (long zero in (ReadOnlySpan<long>)[0, 128])
            {
                long pad = kernel / 2;
                using ByteProduct product = Extreme([@out, @in / groups, kernel, kernel], zero, new Window([pad, pad], [1, 1], [1, 1], groups));
                Tensor x = ChannelsLast.Of(Bytes([1, @in, 9, 9]));
                if (Differs(product, x))
                {
                    return $"oneDNN's {kernel}×{kernel} convolution of bytes overflows on this processor, which has no VNNI";
                }
            }
        }

        using ByteProduct linear = Extreme([32, 256], 0, null);
        return Differs(linear, Bytes([2, 256])) ? "oneDNN's linear layer of bytes overflows on this processor, which has no VNNI" : null;
    }

    private static bool Differs(ByteProduct product, Tensor x)
    {
        Tensor fast = product.Run(x, null, false, product.Pack(x.shape)), right = product.Plain(x, null);
        return !fast.equal(right).all().item<bool>();
    }

    // Runs of the largest and the smallest weights, so that neighbors add up.
    private static ByteProduct Extreme(long[] shape, long zero, Window? window)
    {
        Tensor places = arange(shape.Aggregate(1L, (a, b) => a * b)).reshape(shape);
        Tensor weight = (places.div(8, RoundingMode.floor).remainder(3) - 1).mul(ByteProduct.MostWeight).to(ScalarType.Int8);
        return new ByteProduct(weight.DetachFromDisposeScope(), ones(shape[0]).DetachFromDisposeScope(), zeros(shape[0]).DetachFromDisposeScope(),
            new ByteScale(1, zero))
        {
            Window = window,
        };
    }

    private static Tensor Bytes(long[] shape)
    {
        Tensor places = arange(shape.Aggregate(1L, (a, b) => a * b)).reshape(shape);
        return (255 - places.remainder(97).eq(0).to(ScalarType.Int64).mul(254)).to(ScalarType.Byte);
    }
}
