namespace ModelZoo.Onnx.Operators;

/// <summary>Which operators become layers, and how. What is computed of constants alone is in <see cref="ConstantOperators"/>.</summary>
internal static class OperatorTable
{
    private static readonly Dictionary<string, Action<GraphNode>> Rows = new(StringComparer.Ordinal)
    {
        ["Conv"] = ConvolutionOperators.Conv,
        ["ConvTranspose"] = ConvolutionOperators.ConvTranspose,
        ["Gemm"] = LinearOperators.Gemm,
        ["MatMul"] = LinearOperators.MatMul,

        ["BatchNormalization"] = NormalizationOperators.Batch,
        ["InstanceNormalization"] = NormalizationOperators.Instance,
        ["GroupNormalization"] = NormalizationOperators.Group,
        ["LRN"] = NormalizationOperators.LocalResponse,
        ["Dropout"] = NormalizationOperators.Dropout,

        ["MaxPool"] = PoolingOperators.Max,
        ["MaxUnpool"] = PoolingOperators.Unpool,
        ["AveragePool"] = PoolingOperators.Average,
        ["GlobalAveragePool"] = PoolingOperators.GlobalAverage,
        ["GlobalMaxPool"] = PoolingOperators.GlobalMax,
        ["ReduceMean"] = PoolingOperators.Mean,
        ["ReduceSum"] = PoolingOperators.Sum,

        ["Relu"] = ActivationOperators.Relu,
        ["LeakyRelu"] = ActivationOperators.LeakyRelu,
        ["PRelu"] = ActivationOperators.PRelu,
        ["Clip"] = ActivationOperators.Clip,
        ["Sigmoid"] = ActivationOperators.Sigmoid,
        ["HardSigmoid"] = ActivationOperators.HardSigmoid,
        ["HardSwish"] = ActivationOperators.HardSwish,
        ["Tanh"] = ActivationOperators.Tanh,
        ["Softmax"] = ActivationOperators.Softmax,
        ["LogSoftmax"] = ActivationOperators.LogSoftmax,
        ["Elu"] = ActivationOperators.Elu,
        ["Selu"] = ActivationOperators.Selu,
        ["Softplus"] = ActivationOperators.Softplus,
        ["Softsign"] = ActivationOperators.Softsign,
        ["Mish"] = ActivationOperators.Mish,
        ["Gelu"] = ActivationOperators.Gelu,
        ["Neg"] = ActivationOperators.Neg,
        ["Exp"] = ActivationOperators.Function,
        ["Log"] = ActivationOperators.Function,
        ["Sqrt"] = ActivationOperators.Function,
        ["Abs"] = ActivationOperators.Function,
        ["Reciprocal"] = ActivationOperators.Function,
        ["Erf"] = ActivationOperators.Function,
        ["Floor"] = ActivationOperators.Function,
        ["Ceil"] = ActivationOperators.Function,

        ["Add"] = ArithmeticOperators.Binary,
        ["Sub"] = ArithmeticOperators.Binary,
        ["Mul"] = ArithmeticOperators.Binary,
        ["Div"] = ArithmeticOperators.Binary,
        ["Pow"] = ArithmeticOperators.Binary,
        ["Sum"] = ArithmeticOperators.Several,
        ["Max"] = ArithmeticOperators.Several,
        ["Min"] = ArithmeticOperators.Several,
        ["Concat"] = ArithmeticOperators.Concat,

        ["Identity"] = ShapeOperators.Identity,
        ["Cast"] = ShapeOperators.Cast,
        ["Flatten"] = ShapeOperators.Flatten,
        ["Reshape"] = ShapeOperators.Reshape,
        ["Squeeze"] = ShapeOperators.Squeeze,
        ["Unsqueeze"] = ShapeOperators.Unsqueeze,
        ["Transpose"] = ShapeOperators.Transpose,
        ["Slice"] = PartOperators.Slice,
        ["Split"] = PartOperators.Split,
        ["Gather"] = PartOperators.Gather,
        ["Pad"] = PartOperators.Pad,

        ["Upsample"] = ResizeOperators.Upsample,
        ["Resize"] = ResizeOperators.Resize,
    };

    /// <summary>The names of all, for documents.</summary>
    public static IReadOnlyCollection<string> Names => Rows.Keys;

    /// <summary>What makes layers of a node; null where that is not supported.</summary>
    public static Action<GraphNode>? Find(string opType) => Rows.GetValueOrDefault(opType);
}
