using System.Numerics;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>RMSprop as in PyTorch: v ← α·v + (1 − α)·g², d ← g / (√v + ε), and with momentum b ← μ·b + d, w ← w − η·b; else w ← w − η·d.</summary>
internal sealed unsafe class RmsPropRule(Recipe recipe) : ParameterOptimizer(recipe)
{
    private readonly float momentum = (float)recipe.Momentum;

    protected override IReadOnlyList<string> StateNames { get; } = recipe.Momentum > 0 ? ["square", "momentum"] : ["square"];

    protected override void Update(OptimizerSlot slot, int first, int count, double rate, float scale, float decay)
    {
        float* w = slot.W + first, g = slot.G + first, v = slot.S0 + first, b = slot.S1 + first;
        (float a, float c, float e, float minus) = ((float)Recipe.Alpha, (float)(1 - Recipe.Alpha), (float)Recipe.Epsilon, -(float)rate);
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> x = Vector.Load(w + i);
            Vector<float> d = scale * Vector.Load(g + i) + decay * x;
            Vector<float> square = a * Vector.Load(v + i) + c * d * d;
            square.Store(v + i);
            Vector<float> step = d / (Vector.SquareRoot(square) + new Vector<float>(e));
            if (momentum > 0)
            {
                step += momentum * Vector.Load(b + i);
                step.Store(b + i);
            }

            (x + minus * step).Store(w + i);
        }

        for (; i < count; i++)
        {
            float d = scale * g[i] + decay * w[i];
            v[i] = a * v[i] + c * d * d;
            float step = d / (MathF.Sqrt(v[i]) + e);
            if (momentum > 0)
            {
                step += momentum * b[i];
                b[i] = step;
            }

            w[i] += minus * step;
        }
    }

    protected override void Update(OptimizerSlot slot, Tensor gradient, double rate, double decay)
    {
        if (decay != 0)
        {
            gradient.add_(slot.Weights, decay);
        }

        slot.State[0].mul_(Recipe.Alpha).addcmul_(gradient, gradient, 1 - Recipe.Alpha);
        Tensor divisor = slot.State[0].sqrt().add_(Recipe.Epsilon);
        if (momentum == 0)
        {
            slot.Weights.addcdiv_(gradient, divisor, -rate);
            return;
        }

        slot.State[1].mul_(Recipe.Momentum).addcdiv_(gradient, divisor, 1);
        slot.Weights.add_(slot.State[1], -rate);
    }
}
