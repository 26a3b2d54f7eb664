using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

/// <summary>Tests that read process-wide state (live tensors, seeds, defaults) run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Tensor tests that must run alone";
}

internal static class Expect
{
    internal static void Floats(float[] expected, Tensor actual, float tolerance = 1e-6f)
    {
        float[] values = actual.data<float>().ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - values[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])) || expected[i].Equals(values[i]),
                $"element {i} is {values[i]}, not {expected[i]}");
        }
    }

    internal static void Longs(long[] expected, Tensor actual) => Assert.Equal(expected, actual.data<long>().ToArray());

    internal static void Bools(bool[] expected, Tensor actual) => Assert.Equal(expected, actual.data<bool>().ToArray());

    internal static void Shape(Tensor actual, params long[] expected) => Assert.Equal(expected, actual.shape);
}
