namespace ModelZoo.Reference.Tests;

/// <summary>Every operation and optimizer of the reference, as the tests iterate over them.</summary>
internal static class Registry
{
    public static IReadOnlyList<Operation> Operations { get; } =
    [
        .. ConvolutionOperations.All, .. PoolingOperations.All, .. NormalizationOperations.All, .. ActivationOperations.All,
        .. LossOperations.All, .. JoinOperations.All, .. LeNetOperations.All, .. GraphOperations.All,
    ];

    /// <summary>Each optimizer by its name in the golden file, made with the options of a case.</summary>
    public static IReadOnlyDictionary<string, Func<GoldenCase, Optimizer>> Optimizers { get; } = new Dictionary<string, Func<GoldenCase, Optimizer>>
    {
        ["sgd"] = c => new GradientDescent(
            c.Number("lr"), c.Number("momentum", 0), c.Number("dampening", 0), c.Bool("nesterov"), c.Number("weight_decay", 0)),
        ["rmsprop"] = c => new RmsProp(
            c.Number("lr"), c.Number("alpha", 0.99), c.Number("eps", 1e-8), c.Number("momentum", 0), c.Bool("centered"), c.Number("weight_decay", 0)),
        ["adam"] = c => new Adam(c.Number("lr"), Betas(c)[0], Betas(c)[1], c.Number("eps", 1e-8), c.Number("weight_decay", 0)),
        ["adamw"] = c => new AdamW(c.Number("lr"), Betas(c)[0], Betas(c)[1], c.Number("eps", 1e-8), c.Number("weight_decay", 0.01)),
    };

    private static double[] Betas(GoldenCase c) => c.Has("betas") ? c.Numbers("betas") : [0.9, 0.999];
}
