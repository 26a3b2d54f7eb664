using Xunit;
using static TorchSharp.torch;

namespace Torch.Tests.Tensors;

public class PointwiseTests
{
    [Fact]
    public void Elementary_functions_equal_the_mathematical_ones()
    {
        float[] x = [0.1f, 0.5f, 0.9f];
        using Tensor t = tensor(x);
        void Same(Func<double, double> expected, Tensor actual) =>
            Expect.Floats(Array.ConvertAll(x, v => (float)expected(v)), actual, 1e-5f);

        Same(Math.Exp, t.exp());
        Same(Math.Log, t.log());
        Same(v => Math.Log(1 + v), t.log1p());
        Same(Math.Log2, t.log2());
        Same(Math.Log10, t.log10());
        Same(v => Math.Exp(v) - 1, t.expm1());
        Same(Math.Sin, t.sin());
        Same(Math.Cos, t.cos());
        Same(Math.Tan, t.tan());
        Same(Math.Asin, t.asin());
        Same(Math.Acos, t.acos());
        Same(Math.Atan, t.atan());
        Same(Math.Sinh, t.sinh());
        Same(Math.Cosh, t.cosh());
        Same(Math.Tanh, t.tanh());
        Same(Math.Atanh, t.atanh());
        Same(v => 1 / (1 + Math.Exp(-v)), t.sigmoid());
        Same(v => Math.Log(v / (1 - v)), t.logit());
    }

    [Fact]
    public void Special_functions_equal_PyTorchs_values()
    {
        Expect.Floats([0.52049988f, 0.84270078f], tensor(new[] { 0.5f, 1f }).erf());
        Expect.Floats([0.57236493f, 3.17805386f], tensor(new[] { 0.5f, 5f }).lgamma());
    }

    [Fact]
    public void Rounding_goes_to_even_and_takes_decimals()
    {
        using Tensor t = tensor(new[] { 0.5f, 1.5f, -2.5f, 2.675f });
        Expect.Floats([0, 2, -2, 3], t.round());
        Expect.Floats([0.5f, 1.5f, -2.5f, 2.7f], t.round(1));
        Expect.Floats([0, 1, -3, 2], t.floor());
        Expect.Floats([1, 2, -2, 3], t.ceil());
        Expect.Floats([0, 1, -2, 2], t.trunc());
        Expect.Floats([1, 1, -1, 1], t.sign());
    }

    [Fact]
    public void Activations_equal_PyTorchs_values()
    {
        using Tensor t = tensor(new[] { -1f, 0f, 1f, 2f });
        Expect.Floats([0, 0, 1, 2], t.relu());
        Expect.Floats([0, 0, 1, 2], t.relu6());
        Expect.Floats([-0.1f, 0, 1, 2], t.leaky_relu(0.1));
        Expect.Floats([-0.15865529f, 0, 0.84134471f, 1.95449996f], t.gelu());
        Expect.Floats([-0.26894143f, 0, 0.73105860f, 1.76159406f], t.silu());
        Expect.Floats([-0.63212055f, 0, 1, 2], t.elu());
        Expect.Floats([0.31326169f, 0.69314718f, 1.31326163f, 2.12692809f], t.softplus());
        // TorchSharp 0.105.1 computes hardtanh, drops the result and returns its input; hardtanh_ and clamp are right.
        Expect.Floats([-0.5f, 0, 0.5f, 0.5f], t.clone().hardtanh_(-0.5, 0.5));
        Expect.Floats([-1.31326163f, -0.69314718f, -0.31326169f, -0.12692800f], t.log_sigmoid());
    }

    [Fact]
    public void Softmax_sums_to_one_and_its_logarithm_agrees()
    {
        using Tensor x = tensor(new[] { 1f, 2f, 3f, 4f, 6f, 9f }, 2, 3);
        Expect.Floats([0.09003057f, 0.24472848f, 0.66524094f, 0.00637746f, 0.04712342f, 0.94649917f], x.softmax(1));
        Expect.Floats([-2.40760589f, -1.40760589f, -0.40760595f, -5.05498505f, -3.05498528f, -0.05498521f], x.log_softmax(-1));
        Expect.Floats([1, 1], softmax(x, 1).sum(1));
        Assert.Equal(ScalarType.Float64, x.softmax(1, ScalarType.Float64).dtype);
    }

    [Fact]
    public void Not_a_number_and_infinities_can_be_replaced()
    {
        using Tensor t = tensor(new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity, 1 });
        Expect.Floats([0, 5, -5, 1], t.nan_to_num(0, 5, -5));
        Expect.Bools([true, false, false, false], t.isnan());
        Expect.Bools([false, true, true, false], t.isinf());
        Expect.Bools([false, false, false, true], t.isfinite());
    }
}
