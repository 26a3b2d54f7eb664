namespace ModelZoo.Reference.Tests;

/// <summary>
/// Adam with decoupled weight decay: θ ← (1 − ηλ)θ first, then Adam's step with the plain gradient.
/// Source: Loshchilov and Hutter 2017 (arXiv 1711.05101).
/// </summary>
public sealed class AdamW(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0.01)
    : Adam(learningRate, beta1, beta2, eps)
{
    protected override double Move(int i, double theta, double g) => base.Move(i, theta - (LearningRate * weightDecay * theta), g);
}
