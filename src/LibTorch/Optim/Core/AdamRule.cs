using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The step that Adam and AdamW share (arXiv:1412.6980, algorithm 1), on all parameters of one age at once.</summary>
internal static class AdamRule
{
    /// <param name="parameters">What to change.</param>
    /// <param name="gradients">Their gradients.</param>
    /// <param name="means">First moments, updated.</param>
    /// <param name="squares">Second moments, updated.</param>
    /// <param name="largest">With AMSGrad the largest second moments so far, updated; else null.</param>
    /// <param name="step">Steps taken, this one included.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="beta">Decay of the moments.</param>
    /// <param name="eps">Added to the root of the second moment.</param>
    internal static void Apply(
        Tensor[] parameters, Tensor[] gradients, Tensor[] means, Tensor[] squares, Tensor[]? largest, long step, double rate, (double First, double Second) beta, double eps)
    {
        Foreach.MulInPlace(means, beta.First);
        Foreach.AddInPlace(means, gradients, 1 - beta.First);
        Foreach.MulInPlace(squares, beta.Second);
        Foreach.AddcmulInPlace(squares, gradients, gradients, 1 - beta.Second);
        if (largest is not null)
        {
            Foreach.MaximumInPlace(largest, squares);
        }

        double correction1 = 1 - Math.Pow(beta.First, step), correction2 = 1 - Math.Pow(beta.Second, step);
        Tensor[] divisors = Foreach.Sqrt(largest ?? squares);
        Foreach.DivInPlace(divisors, Math.Sqrt(correction2));
        Foreach.AddInPlace(divisors, eps);
        Foreach.AddcdivInPlace(parameters, means, divisors, -(rate / correction1));
        Foreach.Dispose(divisors);
    }
}
