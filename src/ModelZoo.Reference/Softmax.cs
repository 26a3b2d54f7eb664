namespace ModelZoo.Reference;

/// <summary>
/// Softmax and its logarithm along one axis of an array of any shape: y_i = e^(x_i − m) / Σ_j e^(x_j − m) and
/// log y_i = x_i − m − ln Σ_j e^(x_j − m), with m the largest x of the line so that nothing overflows.
/// </summary>
public static class Softmax
{
    public static NdArray Forward(NdArray x, int axis = 1) => LogForward(x, axis).Map(Math.Exp);

    /// <summary>∂/∂x_i = y_i · (gradY_i − Σ_j gradY_j·y_j).</summary>
    public static NdArray Backward(NdArray x, NdArray gradY, int axis = 1)
    {
        Require.SameShape(x, gradY, "The input and the output gradient");
        NdArray y = Forward(x, axis), gradX = NdArray.ZerosLike(x);
        foreach (int[] line in Lines.Along(x, axis))
        {
            double inner = line.Sum(j => gradY.Data[j] * y.Data[j]);
            foreach (int i in line)
            {
                gradX.Data[i] = y.Data[i] * (gradY.Data[i] - inner);
            }
        }

        return gradX;
    }

    public static NdArray LogForward(NdArray x, int axis = 1)
    {
        NdArray y = NdArray.ZerosLike(x);
        foreach (int[] line in Lines.Along(x, axis))
        {
            double max = line.Max(j => x.Data[j]);
            double logSum = Math.Log(line.Sum(j => Math.Exp(x.Data[j] - max)));
            foreach (int i in line)
            {
                y.Data[i] = x.Data[i] - max - logSum;
            }
        }

        return y;
    }

    /// <summary>For log-softmax: ∂/∂x_i = gradY_i − softmax(x)_i · Σ_j gradY_j.</summary>
    public static NdArray LogBackward(NdArray x, NdArray gradY, int axis = 1)
    {
        Require.SameShape(x, gradY, "The input and the output gradient");
        NdArray y = Forward(x, axis), gradX = NdArray.ZerosLike(x);
        foreach (int[] line in Lines.Along(x, axis))
        {
            double sum = line.Sum(j => gradY.Data[j]);
            foreach (int i in line)
            {
                gradX.Data[i] = gradY.Data[i] - (y.Data[i] * sum);
            }
        }

        return gradX;
    }
}
