using ModelZoo.Reference;
using ModelZoo.Verification;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification;

/// <summary>The bounds themselves, against arithmetic in float done step by step here.</summary>
public class RoundingTests
{
    private static readonly Rounding Single = Rounding.Of(ScalarType.Float32);

    [Theory]
    [InlineData(ScalarType.Float32, 5.9604644775390625e-08)]
    [InlineData(ScalarType.BFloat16, 0.00390625)]
    [InlineData(ScalarType.Float16, 0.00048828125)]
    [InlineData(ScalarType.Float64, 1.1102230246251565e-16)]
    public void Unit_roundoffs(ScalarType type, double unit) => Assert.Equal(unit, Rounding.Of(type).Unit);

    [Fact]
    public void A_type_without_rounding_is_refused() => Assert.Throws<ZooException>(() => Rounding.Of(ScalarType.Int64));

    [Fact]
    public void Gamma_is_n_u_over_1_minus_n_u_and_finite_beyond()
    {
        Assert.Equal(0.25, Rounding.Gamma(2, 0.1), 12);
        Assert.Equal(Math.Pow(0.9, -100) - 1, Rounding.Gamma(100, 0.1), 6);
        for (int n = 1; n < 100; n++)
        {
            Assert.True(Rounding.Gamma(n, 0.01) >= Math.Pow(1.01, n) - 1);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    [InlineData(1000)]
    public void A_float_dot_product_lies_within_its_bound_and_the_bound_is_not_idle(int terms)
    {
        var random = new Random(terms);
        double widest = 0;
        for (int trial = 0; trial < 200; trial++)
        {
            Sum exact = default;
            float computed = 0;
            for (int i = 0; i < terms; i++)
            {
                float a = (float)(random.NextDouble() - 0.5), b = (float)(random.NextDouble() - 0.5);
                exact = exact.Plus((double)a * b);
                computed += a * b;
            }

            Bounded bounded = Single.Of(exact);
            widest = Math.Max(widest, Math.Abs(computed - bounded.Value) / bounded.Error);
        }

        Assert.InRange(widest, 0.1 / terms, 1);
    }

    [Fact]
    public void A_sum_of_nothing_is_exact() => Assert.Equal(Bounded.Exact(0), Single.Of(default));

    [Fact]
    public void Steps_in_float_lie_within_the_running_error()
    {
        var random = new Random(5);
        for (int trial = 0; trial < 10000; trial++)
        {
            float x = (float)((random.NextDouble() - 0.5) * 20), y = (float)((random.NextDouble() - 0.5) * 20);
            (Bounded a, Bounded b) = (Bounded.Exact(x), Bounded.Exact(y));
            float quotient = (x + y) * (x - y) / (1 + (x * x));
            Bounded bounded = Single.Over(Single.Times(Single.Plus(a, b), Single.Minus(a, b)), Single.Plus(Bounded.Exact(1), Single.Times(a, a)));
            Assert.InRange(Math.Abs(quotient - bounded.Value), 0, bounded.Error);
            Assert.InRange(bounded.Error, 0, 1e-5 * ((x * x) + (y * y) + 1));
            Assert.InRange(Math.Abs(MathF.Tanh(x * 0.1f) - Math.Tanh(x * 0.1)), 0, Single.Function(Math.Tanh, Single.Times(a, Single.Constant(0.1))).Error);
        }
    }

    [Fact]
    public void Coarse_storage_adds_its_own_rounding()
    {
        Sum sum = new(1, 3, 10);
        double accumulated = Single.Of(sum).Error;
        Assert.Equal(3 * Rounding.Gamma(11, 1 / 256.0), Rounding.Of(ScalarType.BFloat16).Of(sum).Error, 12);
        var half = Rounding.Of(ScalarType.BFloat16, wideAccumulation: true);
        Assert.InRange(half.Of(sum).Error, accumulated + half.Unit, accumulated + (half.Unit * 1.01));
        Assert.InRange(half.Of(sum, stores: 3).Error, 3 * 3 * half.Unit, 3 * 3 * half.Unit * 1.02);
    }
}
