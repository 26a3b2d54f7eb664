using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.NN;

/// <summary>Inputs and comparisons that these tests and layer_values.py share.</summary>
internal static class Values
{
    /// <summary>sin(1.7·i), in the given shape.</summary>
    internal static Tensor Wave(params long[] shape)
    {
        long n = 1;
        foreach (long s in shape)
        {
            n *= s;
        }

        return arange(n, float64).mul(1.7).sin().reshape(shape);
    }

    /// <summary>The sum of element i times cos(i + 1).</summary>
    internal static double Checksum(Tensor t)
    {
        using Tensor flat = t.detach().reshape(-1);
        return flat.mul(arange(1, flat.numel() + 1, float64).cos()).sum().item<double>();
    }

    /// <summary>Sets parameter k to linspace(-0.5, 0.5).</summary>
    internal static void SetParameters(nn.Module module)
    {
        using IDisposable _ = no_grad();
        foreach (TorchSharp.Modules.Parameter p in module.parameters())
        {
            p.copy_(linspace(-0.5, 0.5, p.numel(), float64).reshape(p.shape));
        }
    }

    internal static double[] Doubles(Tensor t)
    {
        using Tensor d = t.detach().to(float64).contiguous();
        return d.data<double>().ToArray();
    }

    internal static void Near(double[] expected, Tensor actual, double tolerance = 1e-6)
    {
        double[] values = Doubles(actual);
        Assert.True(values.Length >= expected.Length, $"{values.Length} values, {expected.Length} expected");
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - values[i]);
            Assert.True(error <= tolerance * Math.Max(1, Math.Abs(expected[i])), $"value {i}: {values[i]:R} instead of {expected[i]:R}");
        }
    }

    internal static void Near(double expected, double actual, double tolerance = 1e-6) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{actual:R} instead of {expected:R}");
}
