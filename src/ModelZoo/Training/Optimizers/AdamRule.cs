using System.Numerics;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Kingma and Ba 2015: m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − η·m̂ / (√v̂ + ε). "adam" adds λ·w to the gradient; "adamw" shrinks w by η·λ by itself
/// (Loshchilov and Hutter 2019).
/// </summary>
internal sealed unsafe class AdamRule(Recipe recipe) : ParameterOptimizer(recipe)
{
    private readonly bool decoupled = recipe.Optimizer == "adamw";
    private readonly (double First, double Second) beta = (recipe.Beta1, recipe.Beta2);
    private readonly double epsilon = recipe.Epsilon;

    protected override IReadOnlyList<string> StateNames { get; } = ["mean", "square"];

    protected override void Update(OptimizerSlot slot, int first, int count, double rate, float scale, float decay)
    {
        float* w = slot.W + first, g = slot.G + first, m = slot.S0 + first, v = slot.S1 + first;
        (float b1, float c1, float b2, float c2) = ((float)beta.First, (float)(1 - beta.First), (float)beta.Second, (float)(1 - beta.Second));
        float minus = -(float)(rate / (1 - Math.Pow(beta.First, slot.Steps)));
        float root = (float)Math.Sqrt(1 - Math.Pow(beta.Second, slot.Steps));
        float e = (float)epsilon;
        float shrink = decoupled ? (float)(1 - rate * decay) : 1;
        float coupled = decoupled ? 0 : decay;
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> x = Vector.Load(w + i) * shrink;
            Vector<float> d = scale * Vector.Load(g + i) + coupled * x;
            Vector<float> mean = b1 * Vector.Load(m + i) + c1 * d;
            Vector<float> square = b2 * Vector.Load(v + i) + c2 * d * d;
            mean.Store(m + i);
            square.Store(v + i);
            (x + minus * mean / (Vector.SquareRoot(square) / new Vector<float>(root) + new Vector<float>(e))).Store(w + i);
        }

        for (; i < count; i++)
        {
            float x = w[i] * shrink;
            float d = scale * g[i] + coupled * x;
            m[i] = b1 * m[i] + c1 * d;
            v[i] = b2 * v[i] + c2 * d * d;
            w[i] = x + minus * m[i] / (MathF.Sqrt(v[i]) / root + e);
        }
    }

    protected override void Update(OptimizerSlot slot, Tensor gradient, double rate, double decay)
    {
        if (decoupled)
        {
            slot.Weights.mul_(1 - rate * decay);
        }
        else if (decay != 0)
        {
            gradient.add_(slot.Weights, decay);
        }

        (Tensor mean, Tensor square) = (slot.State[0], slot.State[1]);
        mean.mul_(beta.First).add_(gradient, 1 - beta.First);
        square.mul_(beta.Second).addcmul_(gradient, gradient, 1 - beta.Second);
        Tensor divisor = square.sqrt().div_(Math.Sqrt(1 - Math.Pow(beta.Second, slot.Steps))).add_(epsilon);
        slot.Weights.addcdiv_(mean, divisor, -rate / (1 - Math.Pow(beta.First, slot.Steps)));
    }
}
