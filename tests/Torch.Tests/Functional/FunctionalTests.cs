using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Functional;

/// <summary>Each function against PyTorch's values and gradients; the cases are those of pytorch_values.py, by name.</summary>
public partial class FunctionalTests
{
    private static readonly Dictionary<string, (long[][] Shapes, Func<Tensor[], Tensor> Call)> Cases = [];

    static FunctionalTests()
    {
        AddLayers();
        AddActivations();
        AddResampling();
        AddLosses();
    }

    public static TheoryData<string> Names => [.. PyTorchValues.Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Value_and_gradient_equal_those_of_PyTorch(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        (long[][] shapes, Func<Tensor[], Tensor> call) = Cases[name];
        Tensor[] inputs = [.. shapes.Select((shape, k) => Wave(k, shape).requires_grad_())];
        Tensor value = Checksum(call(inputs));
        value.backward();
        double gradient = inputs.Select((x, k) => x.grad is { } g ? (k + 1) * Checksum(g).item<double>() : 0).Sum();
        (double wantedValue, double wantedGradient) = PyTorchValues.Rows[name];
        AssertClose(wantedValue, value.item<double>());
        AssertClose(wantedGradient, gradient);
    }

    [Fact]
    public void Every_case_has_a_row_of_PyTorch_values() => Assert.Equal(Cases.Keys.Order(), PyTorchValues.Rows.Keys.Order());

    private static void Case(string name, long[][] shapes, Func<Tensor[], Tensor> call) => Cases.Add(name, (shapes, call));

    private static Tensor Wave(int k, long[] shape)
    {
        long n = shape.Aggregate(1L, static (a, b) => a * b);
        double[] values = [.. Enumerable.Range(0, (int)n).Select(i => Math.Sin(0.37 * (i + 1) + k))];
        return tensor(values).reshape(shape);
    }

    private static Tensor Checksum(Tensor t)
    {
        double[] weights = [.. Enumerable.Range(0, (int)t.numel()).Select(static i => Math.Cos(0.71 * i))];
        return (t.reshape(-1) * tensor(weights)).sum();
    }

    private static void AssertClose(double wanted, double got) =>
        Assert.True(Math.Abs(wanted - got) <= 1e-9 * (1 + Math.Abs(wanted)), $"{got:r} instead of {wanted:r}");
}
