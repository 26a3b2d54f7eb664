namespace ModelZoo.Reference.Tests;

/// <summary>
/// Normalizations. Their inputs hold no two values closer than 0.1, so that the deviation of a small group is not tiny: the functions would curve
/// on its scale.
/// </summary>
internal static class NormalizationOperations
{
    private const string Constants = "mean and variance taken as constants";

    public static IEnumerable<Operation> All => [
        new("batch normalization, training", "BatchNormalization.TrainBackward", Constants,
            c => BatchTrain(c.Distinct(Shape(c, smallestBatch: 2)), c.Number(0, 1), c),
            c => BatchTrain(c.X, c.Input("gamma"), c.Input("beta"), c.Vector("mean"), c.Vector("variance"), c.Number("momentum"), c.Number("eps"))),
        new("batch normalization, evaluation", "BatchNormalization.EvalBackward", "ε forgotten",
            c => BatchEval(c.Distinct(Shape(c)), c), c =>
                BatchEval(c.X, c.Input("gamma"), c.Input("beta"), c.Vector("mean"), c.Vector("variance"), c.Number("eps"))),
        new("layer normalization", "LayerNormalization.Backward", Constants,
            c => Layer(c.Distinct(Shape(c)), c.From(1, 3), c), c => Layer(c.X, c.Int("axes"), c.Input("gamma"), c.Input("beta"), c.Number("eps"))),
        new("instance normalization", "InstanceNormalization.Backward", Constants,
            c => Instance(c.Distinct(Shape(c, smallestPlane: 2)), c.Number(0, 1), c),
            c => Instance(c.X, c.Input("gamma"), c.Input("beta"), c.Vector("mean"), c.Vector("variance"), c.Number("momentum"), c.Number("eps"))),
        new("group normalization", "GroupNormalization.Backward", Constants,
            c => Group(c.From(1, 3), c), c => Group(c.X, c.Int("groups"), c.Input("gamma"), c.Input("beta"), c.Number("eps"))),
        new("local response normalization", "LocalResponseNormalization.Backward", "divisor taken as a constant",
            c => LocalResponse(c.Array(Shape(c)), c.From(1, 6), c.Number(0, 3), c.Number(0.5, 1.5), c.Number(1, 2)),
            c => LocalResponse(c.X, c.Int("n"), c.Number("alpha"), c.Number("beta"), c.Number("k"))),
    ];

    private static int[] Shape(Choices c, int smallestBatch = 1, int smallestPlane = 1) =>
        [c.From(smallestBatch, 3), c.From(1, 4), c.From(1, 4), c.From(smallestPlane, 4)];

    private static OperationCase BatchTrain(NdArray x, double momentum, Choices c)
    {
        int channels = x.Shape[1];
        return BatchTrain(x, c.Array(channels), c.Array(channels), c.Array(channels), c.Array(channels), momentum, 1e-3);
    }

    private static OperationCase BatchTrain(NdArray x, NdArray gamma, NdArray beta, NdArray mean, NdArray variance, double momentum, double eps) => Normalized(
        x,
        gamma,
        beta,
        () => BatchNormalization.Train(x, gamma, beta, eps).Y,
        gradY => BatchNormalization.TrainBackward(x, gamma, gradY, eps),
        gradY => BatchNormalization.Train(x, gamma, beta, eps) is var y
            ? BatchNormalization.EvalBackward(x, gamma, gradY, y.Mean.Value, y.Variance.Value, eps).X.Value
            : x) with
    {
        Extras = () => Running(BatchNormalization.UpdateRunning(x, mean, variance, momentum)),
    };

    private static OperationCase BatchEval(NdArray x, Choices c)
    {
        int channels = x.Shape[1];
        return BatchEval(x, c.Array(channels), c.Array(channels), c.Array(channels), c.Array(channels).Map(value => value + 1.1), 1e-3);
    }

    private static OperationCase BatchEval(NdArray x, NdArray gamma, NdArray beta, NdArray mean, NdArray variance, double eps) => Normalized(
        x,
        gamma,
        beta,
        () => BatchNormalization.Eval(x, gamma, beta, mean, variance, eps),
        gradY => BatchNormalization.EvalBackward(x, gamma, gradY, mean, variance, eps),
        gradY => BatchNormalization.EvalBackward(x, gamma, gradY, mean, variance, 0).X.Value);

    private static OperationCase Layer(NdArray x, int axes, Choices c)
    {
        int[] shape = [.. x.Shape.TakeLast(axes)];
        return Layer(x, axes, c.Array(shape), c.Array(shape), 1e-3);
    }

    private static OperationCase Layer(NdArray x, int axes, NdArray gamma, NdArray beta, double eps) => Normalized(
        x,
        gamma,
        beta,
        () => LayerNormalization.Forward(x, axes, gamma, beta, eps).Y,
        gradY => LayerNormalization.Backward(x, axes, gamma, gradY, eps),
        gradY =>
            WithConstants(x, LayerNormalization.Forward(x, axes, gamma, beta, eps), [.. Enumerable.Repeat(1, 4 - axes), .. gamma.Shape], gamma, gradY, eps));

    private static OperationCase Instance(NdArray x, double momentum, Choices c)
    {
        int channels = x.Shape[1];
        return Instance(x, c.Array(channels), c.Array(channels), c.Array(channels), c.Array(channels), momentum, 1e-3);
    }

    private static OperationCase Instance(NdArray x, NdArray gamma, NdArray beta, NdArray mean, NdArray variance, double momentum, double eps) => Normalized(
        x,
        gamma,
        beta,
        () => InstanceNormalization.Forward(x, gamma, beta, eps).Y,
        gradY => InstanceNormalization.Backward(x, gamma, gradY, eps),
        gradY => WithConstants(x, InstanceNormalization.Forward(x, gamma, beta, eps), [1, gamma.Count, 1, 1], gamma, gradY, eps)) with
    {
        Extras = () => Running(InstanceNormalization.UpdateRunning(x, mean, variance, momentum)),
    };

    private static OperationCase Group(int groups, Choices c)
    {
        int channels = groups * c.From(1, 3);
        NdArray x = c.Distinct(c.From(1, 2), channels, c.From(1, 4), c.From(1, 4));
        return Group(x, groups, c.Array(channels), c.Array(channels), 1e-3);
    }

    private static OperationCase Group(NdArray x, int groups, NdArray gamma, NdArray beta, double eps) => Normalized(
        x,
        gamma,
        beta,
        () => GroupNormalization.Forward(x, groups, gamma, beta, eps).Y,
        gradY => GroupNormalization.Backward(x, groups, gamma, gradY, eps),
        gradY => WithConstants(x, GroupNormalization.Forward(x, groups, gamma, beta, eps), [1, gamma.Count, 1, 1], gamma, gradY, eps));

    private static OperationCase Normalized(
        NdArray x, NdArray gamma, NdArray beta, Func<Sums> forward, Func<NdArray, GradientSums> backward, Func<NdArray, NdArray> mistaken) => new(
        $"{x}, {gamma}",
        [("x", x), ("gamma", gamma), ("beta", beta)],
        forward,
        gradY => backward(gradY) is var g ? [g.X.Value, g.Weight.Value, g.Bias.Value] : [],
        gradY => backward(gradY) is var g ? [mistaken(gradY), g.Weight.Value, g.Bias.Value] : []);

    /// <summary>∂/∂x if the groups, each a stretch of x's data, had constant statistics.</summary>
    private static NdArray WithConstants(NdArray x, Normalized y, int[] gammaShape, NdArray gamma, NdArray gradY, double eps)
    {
        int groups = y.Mean.Value.Count;
        NdArray scaled = Multiply.Forward(gradY, gamma.Reshape(gammaShape)).Reshape(1, groups, 1, x.Count / groups);
        return BatchNormalization.EvalBackward(x.Reshape(1, groups, 1, x.Count / groups), null, scaled, y.Mean.Value, y.Variance.Value,
            eps).X.Value.Reshape([.. x.Shape]);
    }

    private static (string, NdArray)[] Running((NdArray Mean, NdArray Variance) running) => [("mean", running.Mean), ("variance", running.Variance)];

    private static OperationCase LocalResponse(NdArray x, int n, double alpha, double beta, double k) => new(
        $"{x}, n {n}, alpha {alpha}, beta {beta}, k {k}",
        [("x", x)],
        () => OperationCase.Rounded(LocalResponseNormalization.Forward(x, n, alpha, beta, k), x, n + 8),
        gradY => [LocalResponseNormalization.Backward(x, gradY, n, alpha, beta, k)],
        gradY => [gradY.Zip(LocalResponseNormalization.InnerSums(x, n, alpha, k).Value, (g, d) => g * Math.Pow(d, -beta))]);
}
