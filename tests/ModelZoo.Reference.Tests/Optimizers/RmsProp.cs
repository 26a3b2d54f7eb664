namespace ModelZoo.Reference.Tests;

/// <summary>
/// RMSprop: s ← αs + (1 − α)g², centered also a ← αa + (1 − α)g with s − a² in place of s below; u = g/(√s + ε);
/// θ ← θ − ηu, or with momentum μ: b ← μb + u, θ ← θ − ηb. Source: Hinton, Coursera lecture 6e (2012); centered: Graves 2013 (arXiv 1308.0850).
/// </summary>
public sealed class RmsProp(
    double learningRate = 0.01, double alpha = 0.99, double eps = 1e-8, double momentum = 0, bool centered = false, double weightDecay = 0)
    : Optimizer(learningRate)
{
    private double[] square = [];
    private double[] average = [];
    private double[] velocity = [];

    protected override void Begin(int count)
    {
        square = new double[count];
        average = new double[count];
        velocity = new double[count];
    }

    protected override double Move(int i, double theta, double g)
    {
        g += weightDecay * theta;
        square[i] = (alpha * square[i]) + ((1 - alpha) * g * g);
        average[i] = (alpha * average[i]) + ((1 - alpha) * g);
        double mean = centered ? average[i] : 0;
        double step = g / (Math.Sqrt(square[i] - (mean * mean)) + eps);
        velocity[i] = (momentum * velocity[i]) + step;
        return theta - (LearningRate * velocity[i]);
    }
}
