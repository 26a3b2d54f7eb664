namespace ModelZoo.Reference.Tests;

/// <summary>Runs the reference on a case of Golden/torch-golden.json and names its results as the file does: y, grad_ and the input's name, …</summary>
internal static class GoldenOperations
{
    private static readonly Dictionary<string, Activation> Activations = new Activation[]
    {
        Activation.Relu, Activation.Relu6, Activation.Sigmoid, Activation.Tanh, Activation.Silu, Activation.HardSigmoid, Activation.HardSwish,
        Activation.LeakyRelu(0.2), Activation.ScaledTanh(),
    }.ToDictionary(activation => activation.Name);

    public static IEnumerable<(string Name, NdArray Actual)> Run(string operation, GoldenCase c) => operation switch
    {
        "convolution" => Weighted(Convolution.Forward(c.X, W(c), B(c), c.Shape), Convolution.Backward(c.X, W(c), c.GradY, c.Shape)),
        "transposed_convolution" => Weighted(
            TransposedConvolution.Forward(c.X, W(c), B(c), c.Shape, c.Pair("output_padding")), TransposedConvolution.Backward(c.X, W(c), c.GradY, c.Shape)),
        "table_convolution" => Weighted(
            TableConvolution.Forward(c.X, W(c), B(c), ConnectionTable.LeNet5), TableConvolution.Backward(c.X, W(c), c.GradY, ConnectionTable.LeNet5)),
        "subsampling" => Weighted(Subsampling.Forward(c.X, W(c), B(c)), Subsampling.Backward(c.X, W(c), c.GradY)),
        "linear" => Weighted(Linear.Forward(c.X, W(c), B(c)), Linear.Backward(c.X, W(c), c.GradY)),
        "radial_basis" => RadialBasisOf(c.X, c.Input("codes"), c.GradY),
        "max_pooling" => PooledOf(MaxPooling.Forward(c.X, c.Window), MaxPooling.Backward(c.X, c.GradY, c.Window)),
        "adaptive_max" => PooledOf(AdaptivePooling.Max(c.X, c.Pair("size")), AdaptivePooling.MaxBackward(c.X, c.GradY)),
        "average_pooling" => Plain(
            AveragePooling.Forward(c.X, c.Window, c.Bool("include_pad"), c.Has("divisor") ? c.Int("divisor") : null),
            AveragePooling.Backward(c.X, c.GradY, c.Window, c.Bool("include_pad"), c.Has("divisor") ? c.Int("divisor") : null)),
        "adaptive_average" => Plain(AdaptivePooling.Average(c.X, c.Pair("size")), AdaptivePooling.AverageBackward(c.X, c.GradY)),
        "nearest" => Plain(Unpooling.Nearest(c.X, c.Pair("scale")), Unpooling.NearestBackward(c.GradY, c.Pair("scale")).Value),
        "max_unpooling" => Plain(Unpooling.Max(c.X, c.Ints("indices"), c.Pair("size")), Unpooling.MaxBackward(c.X, c.Ints("indices"), c.GradY)),
        "activation" => Plain(Activations[c.Text("name")].Forward(c.X), Activations[c.Text("name")].Backward(c.X, c.GradY)),
        "softmax" => Plain(Softmax.Forward(c.X, c.Int("axis")), Softmax.Backward(c.X, c.GradY, c.Int("axis"))),
        "log_softmax" => Plain(Softmax.LogForward(c.X, c.Int("axis")), Softmax.LogBackward(c.X, c.GradY, c.Int("axis"))),
        "cross_entropy" => Plain(
            new NdArray([CrossEntropy.Forward(c.X, c.Ints("targets"), c.Number("smoothing"))], 1),
            CrossEntropy.Backward(c.X, c.Ints("targets"), c.Number("smoothing"))),
        "mean_squared_error" => Plain(
            new NdArray([MeanSquaredError.Forward(c.X, c.Input("target"))], 1), MeanSquaredError.Backward(c.X, c.Input("target"))),
        "add" => Joined(Add.Forward(c.Input("a"), c.Input("b")), Add.Backward(c.Input("a"), c.Input("b"), c.GradY)),
        "multiply" => Joined(Multiply.Forward(c.Input("a"), c.Input("b")), Multiply.Backward(c.Input("a"), c.Input("b"), c.GradY)),
        "concatenate" => ConcatenateOf([c.Input("a"), c.Input("b")], c.GradY, c.Int("axis")),
        "flatten" => Plain(Flatten.Forward(c.X), Flatten.Backward(c.X, c.GradY)),
        "batch_train" => BatchTrain(c),
        "batch_eval" => Normal(
            BatchNormalisation.Eval(c.X, Gamma(c), Beta(c), c.Vector("mean"), c.Vector("variance"), c.Number("eps")),
            BatchNormalisation.EvalBackward(c.X, Gamma(c), c.GradY, c.Vector("mean"), c.Vector("variance"), c.Number("eps"))),
        "layer" => Normal(
            LayerNormalisation.Forward(c.X, c.Int("axes"), Gamma(c), Beta(c), c.Number("eps")).Y,
            LayerNormalisation.Backward(c.X, c.Int("axes"), Gamma(c), c.GradY, c.Number("eps"))),
        "group" => Normal(
            GroupNormalisation.Forward(c.X, c.Int("groups"), Gamma(c), Beta(c), c.Number("eps")).Y,
            GroupNormalisation.Backward(c.X, c.Int("groups"), Gamma(c), c.GradY, c.Number("eps"))),
        "instance" => Instance(c),
        "local_response" => Plain(
            LocalResponseNormalisation.Forward(c.X, c.Int("n"), c.Number("alpha"), c.Number("beta"), c.Number("k")),
            LocalResponseNormalisation.Backward(c.X, c.GradY, c.Int("n"), c.Number("alpha"), c.Number("beta"), c.Number("k"))),
        "sgd" => Path(c, new GradientDescent(
            c.Number("lr"), c.Number("momentum", 0), c.Number("dampening", 0), c.Bool("nesterov"), c.Number("weight_decay", 0))),
        "rmsprop" => Path(c, new RmsProp(
            c.Number("lr"), c.Number("alpha", 0.99), c.Number("eps", 1e-8), c.Number("momentum", 0), c.Bool("centered"), c.Number("weight_decay", 0))),
        "adam" => Path(c, new Adam(c.Number("lr"), Betas(c)[0], Betas(c)[1], c.Number("eps", 1e-8), c.Number("weight_decay", 0))),
        "adamw" => Path(c, new AdamW(c.Number("lr"), Betas(c)[0], Betas(c)[1], c.Number("eps", 1e-8), c.Number("weight_decay", 0.01))),
        _ => throw new ArgumentException($"The golden file holds an operation that the tests do not know: {operation}."),
    };

    private static NdArray W(GoldenCase c) => c.Input("w");

    private static NdArray B(GoldenCase c) => c.Input("bias");

    private static NdArray Gamma(GoldenCase c) => c.Input("gamma");

    private static NdArray Beta(GoldenCase c) => c.Input("beta");

    private static double[] Betas(GoldenCase c) => c.Has("betas") ? c.Numbers("betas") : [0.9, 0.999];

    private static IEnumerable<(string, NdArray)> Plain(NdArray y, NdArray gradX) => [("y", y), ("grad_x", gradX)];

    private static IEnumerable<(string, NdArray)> Weighted(NdArray y, Gradients g) => [("y", y), ("grad_x", g.X), ("grad_w", g.Weight), ("grad_bias", g.Bias)];

    private static IEnumerable<(string, NdArray)> Normal(Sums y, GradientSums g) =>
        [("y", y.Value), ("grad_x", g.X.Value), ("grad_gamma", g.Weight.Value), ("grad_beta", g.Bias.Value)];

    private static IEnumerable<(string, NdArray)> Joined(NdArray y, (Sums A, Sums B) g) => [("y", y), ("grad_a", g.A.Value), ("grad_b", g.B.Value)];

    private static IEnumerable<(string, NdArray)> PooledOf(Pooled pooled, NdArray gradX)
    {
        NdArray indices = new([.. pooled.Indices.Select(index => (double)index)], [.. pooled.Y.Shape]);
        return [("y", pooled.Y), ("indices", indices), ("grad_x", gradX)];
    }

    private static IEnumerable<(string, NdArray)> RadialBasisOf(NdArray x, NdArray codes, NdArray gradY)
    {
        (NdArray gradX, NdArray gradCodes) = RadialBasis.Backward(x, codes, gradY);
        return [("y", RadialBasis.Forward(x, codes)), ("grad_x", gradX), ("grad_codes", gradCodes)];
    }

    private static IEnumerable<(string, NdArray)> ConcatenateOf(NdArray[] parts, NdArray gradY, int axis)
    {
        NdArray[] gradients = Concatenate.Backward(parts, gradY, axis);
        return [("y", Concatenate.Forward(parts, axis)), ("grad_a", gradients[0]), ("grad_b", gradients[1])];
    }

    private static IEnumerable<(string, NdArray)> BatchTrain(GoldenCase c)
    {
        (NdArray mean, NdArray variance) = BatchNormalisation.UpdateRunning(c.X, c.Vector("mean"), c.Vector("variance"), c.Number("momentum"));
        Sums y = BatchNormalisation.Train(c.X, Gamma(c), Beta(c), c.Number("eps")).Y;
        return [.. Normal(y, BatchNormalisation.TrainBackward(c.X, Gamma(c), c.GradY, c.Number("eps"))), ("mean", mean), ("variance", variance)];
    }

    private static IEnumerable<(string, NdArray)> Instance(GoldenCase c)
    {
        (NdArray mean, NdArray variance) = InstanceNormalisation.UpdateRunning(c.X, c.Vector("mean"), c.Vector("variance"), c.Number("momentum"));
        Sums y = InstanceNormalisation.Forward(c.X, Gamma(c), Beta(c), c.Number("eps")).Y;
        return [.. Normal(y, InstanceNormalisation.Backward(c.X, Gamma(c), c.GradY, c.Number("eps"))), ("mean", mean), ("variance", variance)];
    }

    private static IEnumerable<(string, NdArray)> Path(GoldenCase c, Optimiser optimiser)
    {
        NdArray theta = c.Input("start"), gradients = c.Input("gradients"), path = NdArray.ZerosLike(gradients);
        for (int step = 0; step < gradients.Shape[0]; step++)
        {
            optimiser.Step(theta, new NdArray([.. Enumerable.Range(0, theta.Count).Select(i => gradients[step, i])], theta.Count));
            for (int i = 0; i < theta.Count; i++)
            {
                path[step, i] = theta[i];
            }
        }

        return [("path", path)];
    }
}
