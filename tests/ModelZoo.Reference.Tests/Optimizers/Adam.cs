namespace ModelZoo.Reference.Tests;

/// <summary>
/// Adam: m ← β₁m + (1 − β₁)g, s ← β₂s + (1 − β₂)g², θ ← θ − η/(1 − β₁ᵗ) · m / (√s/√(1 − β₂ᵗ) + ε), with L2 weight decay in g.
/// Source: Kingma and Ba 2014 (arXiv 1412.6980).
/// </summary>
public class Adam(double learningRate = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8, double weightDecay = 0)
    : Optimizer(learningRate)
{
    private double[] mean = [];
    private double[] square = [];

    protected override void Begin(int count)
    {
        mean = new double[count];
        square = new double[count];
    }

    protected override double Move(int i, double theta, double g)
    {
        g += weightDecay * theta;
        mean[i] = (beta1 * mean[i]) + ((1 - beta1) * g);
        square[i] = (beta2 * square[i]) + ((1 - beta2) * g * g);
        double denominator = (Math.Sqrt(square[i]) / Math.Sqrt(1 - Math.Pow(beta2, Steps))) + eps;
        return theta - (LearningRate / (1 - Math.Pow(beta1, Steps)) * mean[i] / denominator);
    }
}
