using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training.Optimizers;

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

/// <summary>
/// libtorch's operators over lists of tensors, which TorchSharp does not bind: on the CPU one call from C# instead of one for each tensor, on CUDA a few
/// kernels for all of them. They are reached through a constant TorchScript. It calls list operators alone: pointwise ones libtorch would try to
/// fuse, and compile, while it trains.
/// <para>The fused optimizers walk raw memory: weights, gradients and state must be dense and have the same strides.</para>
/// </summary>
internal static class TensorLists
{
    private const string Script = """
        def sgd(w: List[Tensor], g: List[Tensor], m: List[Tensor], rate: float, decay: float, momentum: float, ahead: bool, skip: Optional[Tensor]):
            torch._fused_sgd_(w, g, m, weight_decay=decay, momentum=momentum, lr=rate, dampening=0.0, nesterov=ahead,
                              maximize=False, is_first_step=False, grad_scale=None, found_inf=skip)

        def adam(w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor],
                 rate: float, decay: float, beta1: float, beta2: float, epsilon: float, skip: Optional[Tensor]):
            torch._fused_adam_(w, g, m, v, [], steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, eps=epsilon,
                               amsgrad=False, maximize=False, grad_scale=None, found_inf=skip)

        def adamw(w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor],
                  rate: float, decay: float, beta1: float, beta2: float, epsilon: float, skip: Optional[Tensor]):
            torch._fused_adamw_(w, g, m, v, [], steps, lr=rate, beta1=beta1, beta2=beta2, weight_decay=decay, eps=epsilon,
                                amsgrad=False, maximize=False, grad_scale=None, found_inf=skip)

        def rmsprop(w: List[Tensor], g: List[Tensor], v: List[Tensor], b: List[Tensor],
                    rate: float, decay: float, alpha: float, epsilon: float, momentum: float):
            if decay != 0.0:
                torch._foreach_add_(g, w, alpha=decay)
            torch._foreach_mul_(v, alpha)
            torch._foreach_addcmul_(v, g, g, 1.0 - alpha)
            d = torch._foreach_sqrt(v)
            torch._foreach_add_(d, epsilon)
            if momentum > 0.0:
                torch._foreach_mul_(b, momentum)
                torch._foreach_addcdiv_(b, g, d, 1.0)
                torch._foreach_add_(w, b, alpha=-rate)
            else:
                torch._foreach_addcdiv_(w, g, d, -rate)

        def norm(g: List[Tensor]) -> Tensor:
            return torch.norm(torch.stack(torch._foreach_norm(g, 2)))

        def scale(g: List[Tensor], factor: Tensor):
            torch._foreach_mul_(g, factor)

        def clamp(g: List[Tensor], most: float):
            torch._foreach_clamp_max_(g, most)
            torch._foreach_clamp_min_(g, -most)

        def copy(targets: List[Tensor], sources: List[Tensor]):
            torch._foreach_copy_(targets, sources)

        def add(targets: List[Tensor], sources: List[Tensor]):
            torch._foreach_add_(targets, sources)

        def lerp(targets: List[Tensor], sources: List[Tensor], share: float):
            torch._foreach_lerp_(targets, sources, share)

        """;

    private static readonly Lazy<jit.CompilationUnit> Unit = new(() => jit.compile(Script));

    /// <summary>
    /// One of the script's functions, by name. Numbers are given as <see cref="Scalar"/> that outlive the call: of a bare double TorchSharp lets go too early.
    /// </summary>
    public static object? Invoke(string function, params object?[] arguments)
    {
        object? result = Unit.Value.invoke(function, arguments!);
        GC.KeepAlive(arguments);
        return result;
    }

    /// <summary>The Euclidean norm of all elements of all tensors, [].</summary>
    public static Tensor Norm(Tensor[] tensors) => (Tensor)Invoke("norm", [tensors])!;

    /// <summary>Multiplies all by a factor [] that is on their device.</summary>
    public static void Scale(Tensor[] tensors, Tensor factor) => Invoke("scale", tensors, factor);

    /// <summary>Cuts all elements to ± <paramref name="most"/>.</summary>
    public static void Clamp(Tensor[] tensors, double most)
    {
        using Scalar limit = most;
        Invoke("clamp", tensors, limit);
    }

    /// <summary>Copies each tensor to its target, which may have another type.</summary>
    public static void Copy(Tensor[] targets, Tensor[] sources) => Invoke("copy", targets, sources);

    /// <summary>Adds each tensor to its target, which may have another type.</summary>
    public static void Add(Tensor[] targets, Tensor[] sources) => Invoke("add", targets, sources);

    /// <summary>target ← target + share · (source − target).</summary>
    public static void Lerp(Tensor[] targets, Tensor[] sources, double share)
    {
        using Scalar weight = share;
        Invoke("lerp", targets, sources, weight);
    }
}
