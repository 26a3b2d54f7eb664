namespace ModelZoo.Reference.Tests;

/// <summary>
/// Analytic gradients against finite differences of the loss L = Σ gradY·y along one input element at a time:
/// ∂L/∂x ≈ D(h) = (8(L(h) − L(−h)) − (L(2h) − L(−2h)))/12h, wrong by O(h⁴).
/// Nothing about the error is guessed. The step is h = u^(1/5) ≈ 2⁻¹¹, where truncation h⁴ and rounding u/h balance for a function that curves on the
/// scale 1, as those of inputs of size 1 do. The bound is what is left over: fifteen times the truncation error that D(2h) − D(h) = 15·h⁴·… shows, plus
/// the rounding errors of the outputs, from their own magnitudes and numbers of terms, over h. A bound too wide to see a fault fails too.
/// The formula holds for smooth functions only: inputs keep 4h away from kinks by construction (<see cref="Choices.Distinct"/>).
/// </summary>
internal static class GradientCheck
{
    private const double Step = 1.0 / (1 << 11);
    private const double UnitRoundoff = 1.0 / (1L << 53);
    private const double Blind = 1e-6;
    private const int Places = 12;

    /// <summary>Throws if any gradient that backward gives is off; returns the largest error as a part of its bound.</summary>
    public static double Passes(OperationCase operation, NdArray gradY, Func<NdArray, NdArray[]> backward)
    {
        NdArray[] gradients = backward(gradY);
        double worst = 0;
        for (int input = 0; input < operation.Inputs.Length; input++)
        {
            (string name, NdArray x) = operation.Inputs[input];
            if (!x.Shape.SequenceEqual(gradients[input].Shape))
            {
                throw new GradientException($"The gradient of {name} is {gradients[input]}, but {name} is {x}. {operation.Description}");
            }

            int stride = Math.Max(1, x.Count / Places);
            for (int i = 0; i < x.Count; i += stride)
            {
                (double numeric, double bound) = Slope(operation, gradY, x, i);
                double error = Math.Abs(gradients[input].Data[i] - numeric);
                if (!(error <= bound))
                {
                    throw new GradientException(
                        $"The gradient of {name} at place {i} is {gradients[input].Data[i]:g17}, but finite differences give {numeric:g17} ± {bound:g2}. "
                        + operation.Description);
                }

                if (bound > Blind * (1 + Math.Abs(numeric)))
                {
                    throw new GradientException($"The finite differences of {name} at place {i} give {numeric:g17} ± {bound:g2} and see nothing. "
                        + $"{operation.Description}");
                }

                worst = Math.Max(worst, error == 0 ? 0 : error / bound);
            }
        }

        return worst;
    }

    /// <summary>∂L/∂x at a place, and how far it can be off.</summary>
    private static (double Value, double Bound) Slope(OperationCase operation, NdArray gradY, NdArray x, int place)
    {
        double d1 = Difference(operation, gradY, x, place, Step, out double rounding);
        double d2 = Difference(operation, gradY, x, place, 2 * Step, out _);
        double d4 = Difference(operation, gradY, x, place, 4 * Step, out _);
        double slope = ((8 * d1) - d2) / (12 * Step), coarse = ((8 * d2) - d4) / (24 * Step);

        // Two outputs in each difference, the differences weighted with 8/12 and 1/12; x ± h itself is rounded too. Twice that, for the analytic side.
        double roundings = 2 * 1.5 / Step * (rounding + (UnitRoundoff * Math.Abs(x.Data[place] * slope)));
        return (slope, Math.Abs(coarse - slope) + roundings);
    }

    /// <summary>L(x + h) − L(x − h), and how far rounding can put either of the two losses off.</summary>
    private static double Difference(OperationCase operation, NdArray gradY, NdArray x, int place, double step, out double rounding)
    {
        double kept = x.Data[place];
        x.Data[place] = kept + step;
        Sums above = operation.Forward();
        x.Data[place] = kept - step;
        Sums below = operation.Forward();
        x.Data[place] = kept;
        double difference = 0;
        rounding = 0;
        for (int i = 0; i < gradY.Count; i++)
        {
            double term = gradY.Data[i] * (above.Value.Data[i] - below.Value.Data[i]);
            difference += term;
            rounding += Math.Abs(gradY.Data[i]) * Math.Max(above[i].RoundingBound(UnitRoundoff), below[i].RoundingBound(UnitRoundoff));
            rounding += (gradY.Count + 2) * UnitRoundoff * Math.Abs(term);
        }

        return difference;
    }
}

/// <summary>A gradient that finite differences refute, or finite differences that could refute nothing.</summary>
internal sealed class GradientException(string message) : Exception(message);
