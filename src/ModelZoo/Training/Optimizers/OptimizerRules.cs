using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Gradient descent: g ← g + λ·w, v ← μ·v + g, w ← w − η·v, or with Nesterov's look ahead w ← w − η·(g + μ·v), as PyTorch's SGD without dampening, of which
/// v's first value, 0, makes the first step no special case. Without momentum v is g.
/// </summary>
internal sealed class SgdRule(Recipe recipe) : ParameterOptimizer(recipe)
{
    private readonly Scalar momentum = recipe.EffectiveMomentum;
    private readonly bool ahead = recipe.LooksAhead;

    public override bool CanSkip => true;

    protected override IReadOnlyList<string> StateNames { get; } = recipe.EffectiveMomentum > 0 ? ["momentum"] : [];

    protected override void Update(OptimizerGroup group, Scalar rate, Scalar decay, Tensor? skip) =>
        TensorLists.Invoke("sgd", group.Weights, group.Gradients, group.States.Length > 0 ? group.States[0] : [], rate, decay, momentum, ahead, skip);
}

/// <summary>
/// Kingma and Ba 2015: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − η·m̂ / (√v̂ + ε). "adam" adds λ·w to the gradient; "adamw" shrinks w by η·λ
/// by itself (Loshchilov and Hutter 2019).
/// </summary>
internal sealed class AdamRule(Recipe recipe) : ParameterOptimizer(recipe)
{
    private readonly (Scalar First, Scalar Second) beta = (recipe.Beta1, recipe.Beta2);
    private readonly Scalar epsilon = recipe.Epsilon;

    public override bool CanSkip => true;

    protected override IReadOnlyList<string> StateNames { get; } = ["mean", "square"];

    protected override void Update(OptimizerGroup group, Scalar rate, Scalar decay, Tensor? skip) => TensorLists.Invoke(
        Recipe.Optimizer, group.Weights, group.Gradients, group.States[0], group.States[1], group.Steps, rate, decay, beta.First, beta.Second, epsilon, skip);
}

/// <summary>
/// RMSprop as in PyTorch: v ← α·v + (1 − α)·g², d ← g / (√v + ε), and with momentum b ← μ·b + d, w ← w − η·b; else w ← w − η·d. libtorch has no fused one.
/// </summary>
internal sealed class RmsPropRule(Recipe recipe) : ParameterOptimizer(recipe)
{
    private readonly Scalar alpha = recipe.Alpha;
    private readonly Scalar epsilon = recipe.Epsilon;
    private readonly Scalar momentum = recipe.Momentum;

    public override bool CanSkip => false;

    protected override IReadOnlyList<string> StateNames { get; } = recipe.Momentum > 0 ? ["square", "momentum"] : ["square"];

    protected override void Update(OptimizerGroup group, Scalar rate, Scalar decay, Tensor? skip) => TensorLists.Invoke(
        "rmsprop", group.Weights, group.Gradients, group.States[0], group.States.Length > 1 ? group.States[1] : [], rate, decay, alpha, epsilon, momentum);
}
