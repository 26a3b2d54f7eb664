namespace ModelZoo.Reference.Tests;

/// <summary>Softmax, its logarithm and the losses.</summary>
internal static class LossOperations
{
    public static IEnumerable<Operation> All => [
        new("softmax", "Softmax.Backward", "the other classes forgotten", c => SoftmaxOf(RandomArray(c), c.From(0, 2)), c => SoftmaxOf(c.X, c.Int("axis"))),
        new("log-softmax", "Softmax.LogBackward", "taken as for one gradient of 1", c => LogSoftmaxOf(RandomArray(c), c.From(0, 2)), c =>
            LogSoftmaxOf(c.X, c.Int("axis"))),
        new("cross entropy", "CrossEntropy.Backward", "label smoothing forgotten", CrossEntropyOf, c =>
            CrossEntropyOf(c.X, c.Ints("targets"), c.Number("smoothing"))),
        new("mean squared error", "MeanSquaredError.Backward", "2 forgotten", MeanSquaredErrorOf, c => MeanSquaredErrorOf(c.X, c.Input("target"))),
    ];

    private static NdArray RandomArray(Choices c) => c.Array(c.From(1, 3), c.From(1, 4), c.From(1, 3)).Map(value => 3 * value);

    private static OperationCase SoftmaxOf(NdArray x, int axis) => new(
        $"{x}, axis {axis}",
        [("x", x)],
        () => OperationCase.Rounded(Softmax.Forward(x, axis), x, x.Shape[axis] + 8),
        gradY => [Softmax.Backward(x, gradY, axis)],
        gradY => [gradY.Zip(Softmax.Forward(x, axis), (g, y) => g * y * (1 - y))]);

    private static OperationCase LogSoftmaxOf(NdArray x, int axis) => new(
        $"{x}, axis {axis}",
        [("x", x)],
        () => OperationCase.Rounded(Softmax.LogForward(x, axis), x, x.Shape[axis] + 8),
        gradY => [Softmax.LogBackward(x, gradY, axis)],
        gradY => [gradY.Zip(Softmax.Forward(x, axis), (g, y) => g - y)]);

    private static OperationCase CrossEntropyOf(Choices c)
    {
        int batch = c.From(1, 4), classes = c.From(1, 6);
        int[] targets = [.. Enumerable.Range(0, batch).Select(_ => c.From(0, classes - 1))];
        return CrossEntropyOf(c.Array(batch, classes).Map(value => 3 * value), targets, c.Coin() ? c.Number(0, 1) : 0);
    }

    private static OperationCase CrossEntropyOf(NdArray x, int[] targets, double smoothing) => new(
        $"{x}, targets {string.Join(" ", targets)}, smoothing {smoothing}",
        [("x", x)],
        () => OperationCase.Rounded(new NdArray([CrossEntropy.Forward(x, targets, smoothing)]), x, x.Count + 8),
        gradY => [CrossEntropy.Backward(x, targets, smoothing).Map(g => g * gradY.Data[0])],
        gradY => [CrossEntropy.Backward(x, targets, 0).Map(g => g * gradY.Data[0])]);

    private static OperationCase MeanSquaredErrorOf(Choices c)
    {
        NdArray x = c.Array(c.From(1, 3), c.From(1, 5));
        return MeanSquaredErrorOf(x, c.ArrayLike(x));
    }

    private static OperationCase MeanSquaredErrorOf(NdArray x, NdArray target) => new(
        $"{x}",
        [("x", x)],
        () => OperationCase.Rounded(new NdArray([MeanSquaredError.Forward(x, target)]), x, x.Count + 8),
        gradY => [MeanSquaredError.Backward(x, target).Map(g => g * gradY.Data[0])],
        gradY => [MeanSquaredError.Backward(x, target).Map(g => g * gradY.Data[0] / 2)]);
}
