namespace ModelZoo.Reference;

/// <summary>Fully connected layer, x (N,F), w (K,F), bias (K), y (N,K): y[n,k] = b[k] + Σ_f w[k,f] · x[n,f].</summary>
public static class Linear
{
    public static NdArray Forward(NdArray x, NdArray w, NdArray? bias) => ForwardSums(x, w, bias).Value;

    public static Sums ForwardSums(NdArray x, NdArray w, NdArray? bias)
    {
        Check(x, w, bias);
        return Sums.Over(x.Shape[0], w.Shape[0], (n, k) => ForwardAt(x, w, bias, n, k));
    }

    /// <summary>One element y[n,k].</summary>
    public static Sum ForwardAt(NdArray x, NdArray w, NdArray? bias, int n, int k)
    {
        Check(x, w, bias);
        int features = x.Shape[1];
        (double[] xs, double[] ws) = (x.Data, w.Data);
        Sum sum = default;
        for (int f = 0; f < features; f++)
        {
            sum = sum.Plus(ws[(k * features) + f] * xs[(n * features) + f]);
        }

        return bias is null ? sum : sum.Plus(bias[k]);
    }

    /// <summary>The gradients of Σ gradY·y with respect to x, w and bias; gradY (N,K).</summary>
    public static Gradients Backward(NdArray x, NdArray w, NdArray gradY)
    {
        GradientSums sums = BackwardSums(x, w, gradY);
        return new Gradients(sums.X.Value, sums.Weight.Value, sums.Bias.Value);
    }

    public static GradientSums BackwardSums(NdArray x, NdArray w, NdArray gradY)
    {
        Check(x, w, null);
        Require.Shape(gradY, "The output gradient", x.Shape[0], w.Shape[0]);
        return new GradientSums(
            Sums.Over(x.Shape[0], x.Shape[1], (n, f) => GradInputAt(w, gradY, n, f)),
            Sums.Over(w.Shape[0], w.Shape[1], (k, f) => GradWeightAt(x, gradY, k, f)),
            Sums.Over(w.Shape[0], k => GradBiasAt(gradY, k)));
    }

    /// <summary>∂/∂x[n,f] = Σ_k gradY[n,k] · w[k,f].</summary>
    public static Sum GradInputAt(NdArray w, NdArray gradY, int n, int f)
    {
        int outputs = w.Shape[0];
        Sum sum = default;
        for (int k = 0; k < outputs; k++)
        {
            sum = sum.Plus(gradY[n, k] * w[k, f]);
        }

        return sum;
    }

    /// <summary>∂/∂x (N,F) whole, values only: a row of w at a time.</summary>
    public static NdArray GradInput(NdArray w, NdArray gradY)
    {
        Require.Shape(gradY, "The output gradient", gradY.Shape[0], w.Shape[0]);
        int features = w.Shape[1];
        NdArray gradX = NdArray.Zeros(gradY.Shape[0], features);
        for (int n = 0; n < gradY.Shape[0]; n++)
        {
            for (int k = 0; k < w.Shape[0]; k++)
            {
                double g = gradY[n, k];
                for (int f = 0; f < features; f++)
                {
                    gradX.Data[(n * features) + f] += g * w.Data[(k * features) + f];
                }
            }
        }

        return gradX;
    }

    /// <summary>∂/∂w[k,f] = Σ_n gradY[n,k] · x[n,f].</summary>
    public static Sum GradWeightAt(NdArray x, NdArray gradY, int k, int f)
    {
        int batch = x.Shape[0];
        Sum sum = default;
        for (int n = 0; n < batch; n++)
        {
            sum = sum.Plus(gradY[n, k] * x[n, f]);
        }

        return sum;
    }

    /// <summary>∂/∂b[k] = Σ_n gradY[n,k].</summary>
    public static Sum GradBiasAt(NdArray gradY, int k)
    {
        int batch = gradY.Shape[0];
        Sum sum = default;
        for (int n = 0; n < batch; n++)
        {
            sum = sum.Plus(gradY[n, k]);
        }

        return sum;
    }

    private static void Check(NdArray x, NdArray w, NdArray? bias)
    {
        Require.Rank(x, 2, "The input of a linear layer");
        Require.Rank(w, 2, "The weight of a linear layer");
        Require.Shape(w, "The weight of a linear layer", w.Shape[0], x.Shape[1]);
        if (bias is not null)
        {
            Require.Shape(bias, "The bias", w.Shape[0]);
        }
    }
}
