using System.Numerics;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Gradient descent: g ← g + λ·w, v ← μ·v + g, w ← w − η·v, or with Nesterov's look ahead w ← w − η·(g + μ·v), as PyTorch's SGD without dampening. Without momentum v is g.
/// </summary>
internal sealed unsafe class SgdRule(Recipe recipe) : ParameterOptimizer(recipe)
{
    private readonly float momentum = (float)recipe.EffectiveMomentum;
    private readonly bool ahead = recipe.LooksAhead;

    protected override IReadOnlyList<string> StateNames { get; } = recipe.EffectiveMomentum > 0 ? ["momentum"] : [];

    protected override void Update(OptimizerSlot slot, int first, int count, double rate, float scale, float decay)
    {
        float minus = -(float)rate;
        float* w = slot.W + first, g = slot.G + first, v = slot.S0 + first;
        int i = 0;
        if (momentum == 0)
        {
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> x = Vector.Load(w + i);
                (x + minus * (scale * Vector.Load(g + i) + decay * x)).Store(w + i);
            }

            for (; i < count; i++)
            {
                w[i] += minus * (scale * g[i] + decay * w[i]);
            }

            return;
        }

        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> x = Vector.Load(w + i);
            Vector<float> d = scale * Vector.Load(g + i) + decay * x;
            Vector<float> m = momentum * Vector.Load(v + i) + d;
            m.Store(v + i);
            (x + minus * (ahead ? d + momentum * m : m)).Store(w + i);
        }

        for (; i < count; i++)
        {
            float d = scale * g[i] + decay * w[i];
            float m = momentum * v[i] + d;
            v[i] = m;
            w[i] += minus * (ahead ? d + momentum * m : m);
        }
    }

    protected override void Update(OptimizerSlot slot, Tensor gradient, double rate, double decay)
    {
        if (decay != 0)
        {
            gradient.add_(slot.Weights, decay);
        }

        if (momentum == 0)
        {
            slot.Weights.add_(gradient, -rate);
            return;
        }

        Tensor moving = slot.State[0];
        moving.mul_(Recipe.EffectiveMomentum).add_(gradient);
        slot.Weights.add_(ahead ? gradient.add_(moving, Recipe.EffectiveMomentum) : moving, -rate);
    }
}
