using Xunit;

namespace ModelZoo.Reference.Tests;

/// <summary>The checkers themselves: what they must let through and what they must catch, and that a failure says how to repeat it.</summary>
public class GradientCheckTests
{
    private static readonly NdArray X = new Random(1).Distinct(2, 5), GradY = new Random(2).Array(2, 5);

    [Fact]
    public void The_right_gradient_passes_within_its_bound() => Assert.InRange(GradientCheck.Passes(Cube(), GradY, Slopes(3)), 0, 1);

    [Fact]
    public void A_gradient_off_by_a_millionth_is_caught() =>
        Assert.Contains("The gradient of x at place 0", Caught(Cube(), Slopes(3 * 1.000001)), StringComparison.Ordinal);

    [Fact]
    public void A_gradient_that_is_not_a_number_is_caught() => Assert.Contains("is NaN", Caught(Cube(), Slopes(double.NaN)), StringComparison.Ordinal);

    [Fact]
    public void A_transposed_gradient_is_caught_by_its_shape() =>
        Assert.Contains("but x is NdArray[2, 5]", Caught(Cube(), _ => [NdArray.Zeros(5, 2)]), StringComparison.Ordinal);

    [Fact]
    public void A_kink_at_the_input_leaves_a_bound_that_sees_nothing_and_so_fails()
    {
        NdArray x = NdArray.Full(1.5e-3, 1);
        OperationCase relu = new("relu", [("x", x)], () => OperationCase.Rounded(Activation.Relu.Forward(x), x), _ => [NdArray.Full(1, 1)], _ => []);
        GradientException found = Assert.Throws<GradientException>(() => GradientCheck.Passes(relu, NdArray.Full(1, 1), relu.Backward));
        Assert.Contains("see nothing", found.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_property_says_how_to_replay_it_and_shrinks_its_case()
    {
        Exception found = Assert.ThrowsAny<Exception>(() => Properties.Hold(50, choices =>
        {
            int size = choices.From(1, 7);
            Assert.True(size < 3, $"size {size}");
        }));
        Assert.Contains("(1998,861122782323)", found.Message.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("shrink", found.Message, StringComparison.Ordinal);
    }

    /// <summary>y = x³, whose slope is 3x².</summary>
    private static OperationCase Cube() => new("x³", [("x", X)], () => OperationCase.Rounded(X.Map(x => x * x * x), X), Slopes(3), Slopes(2));

    private static Func<NdArray, NdArray[]> Slopes(double factor) => gradY => [X.Zip(gradY, (x, g) => factor * x * x * g)];

    private static string Caught(OperationCase operation, Func<NdArray, NdArray[]> backward) =>
        Assert.Throws<GradientException>(() => GradientCheck.Passes(operation, GradY, backward)).Message;
}
