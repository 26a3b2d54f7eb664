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

    [Fact]
    public void The_random_convolutions_and_poolings_take_every_turn()
    {
        HashSet<string> seen = [];
        Properties.Hold(60, choices =>
        {
            (NdArray x, NdArray w, _, ConvolutionShape shape) = ConvolutionOperations.RandomConvolution(choices);
            See("stride", shape.Stride is { H: > 1, W: > 1 }, "different strides", shape.Stride.H != shape.Stride.W, "padding",
                shape.Padding is { H: > 0, W: > 0 });
            See("dilation", shape.Dilation.H > 1, "groups", shape.Groups > 1, "depthwise", shape.Groups > 1 && w.Shape[1] == 1);
            See("batch 1", x.Shape[0] == 1, "channels 1", x.Shape[1] == 1, "odd size", x.Shape[2] % 2 == 1);
            See("even kernel", w.Shape[2] % 2 == 0, "1x1 kernel", w.Shape[2] == 1 && w.Shape[3] == 1, "1 pixel", x.Shape[2] == 1);
        });
        Properties.Hold(60, choices =>
        {
            (int[] shape, PoolingWindow window) = PoolingOperations.RandomPooling(choices);
            int reach = OutputSize.Pooling(shape[2], window.Kernel.H, window.Stride.H, window.Padding.H, window.Dilation.H, window.CeilMode) * window.Stride.H;
            See("ceil mode", window.CeilMode, "overhang", reach - window.Stride.H + window.Kernel.H > shape[2] + (2 * window.Padding.H), "gaps",
                window.Stride.H > window.Kernel.H);
            See("overlap", window.Stride.H < window.Kernel.H, "dilated pooling", window.Dilation.H > 1, "padded pooling", window.Padding.H > 0);
        });
        Assert.Equal(18, seen.Count);

        void See(string a, bool isA, string b, bool isB, string c, bool isC) => seen.UnionWith(
            new[] { (a, isA), (b, isB), (c, isC) }.Where(feature => feature.Item2).Select(feature => feature.Item1));
    }

    /// <summary>y = x³, whose slope is 3x².</summary>
    private static OperationCase Cube() => new("x³", [("x", X)], () => OperationCase.Rounded(X.Map(x => x * x * x), X), Slopes(3), Slopes(2));

    private static Func<NdArray, NdArray[]> Slopes(double factor) => gradY => [X.Zip(gradY, (x, g) => factor * x * x * g)];

    private static string Caught(OperationCase operation, Func<NdArray, NdArray[]> backward) =>
        Assert.Throws<GradientException>(() => GradientCheck.Passes(operation, GradY, backward)).Message;
}
