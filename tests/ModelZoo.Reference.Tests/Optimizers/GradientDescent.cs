namespace ModelZoo.Reference.Tests;

/// <summary>
/// (Stochastic) gradient descent with momentum μ, dampening δ, Nesterov's variant and L2 weight decay: v ← μv + (1 − δ)g (at the first step v ← g),
/// θ ← θ − ηv, or θ ← θ − η(g + μv) with Nesterov, or θ ← θ − ηg without momentum. Source: Polyak 1964; Sutskever et al. 2013.
/// </summary>
public sealed class GradientDescent(double learningRate, double momentum = 0, double dampening = 0, bool nesterov = false, double weightDecay = 0)
    : Optimizer(learningRate)
{
    private readonly bool nesterov = nesterov && (momentum <= 0 || dampening != 0)
        ? throw new ArgumentException("Nesterov's variant needs a momentum and no dampening.")
        : nesterov;

    private double[] velocity = [];

    protected override void Begin(int count) => velocity = new double[count];

    protected override double Move(int i, double theta, double g)
    {
        g += weightDecay * theta;
        if (momentum != 0)
        {
            velocity[i] = Steps == 1 ? g : (momentum * velocity[i]) + ((1 - dampening) * g);
            g = nesterov ? g + (momentum * velocity[i]) : velocity[i];
        }

        return theta - (LearningRate * g);
    }
}
