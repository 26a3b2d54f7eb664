using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Experiments;

/// <summary>Small helpers for tensors.</summary>
internal static class Tensors
{
    /// <summary>The values in double, in order.</summary>
    public static double[] Values(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = tensor.detach().cpu().to_type(ScalarType.Float64).contiguous();
        return flat.data<double>().ToArray();
    }

    /// <summary>The largest difference of two elements.</summary>
    public static double Difference(Tensor a, Tensor b) => Values(a).Zip(Values(b), (x, y) => Math.Abs(x - y)).DefaultIfEmpty(0).Max();

    /// <summary>The largest absolute element.</summary>
    public static double Largest(Tensor a) => Values(a).Select(Math.Abs).DefaultIfEmpty(0).Max();

    /// <summary>The rows of a plane.</summary>
    public static double[][] Rows(double[] values, int columns) => [.. values.Chunk(columns)];

    /// <summary>Numbers from a normal distribution, in double.</summary>
    public static Tensor Normal(params long[] shape) => randn(shape, dtype: ScalarType.Float64);

    /// <summary>
    /// How strongly each input pixel moves the element in the middle of the output's plane: the sum over channels of |∂y/∂x|, with every weight 1 so that
    /// nothing cancels. [H][W].
    /// </summary>
    public static double[][] Sees(nn.Module<Tensor, Tensor> model, int channels, int size)
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            foreach (var parameter in model.parameters())
            {
                parameter.fill_(1);
            }
        }

        Tensor input = zeros([1, channels, size, size]).requires_grad_();
        Tensor output = model.call(input);
        output.narrow(2, output.shape[2] / 2, 1).narrow(3, output.shape[3] / 2, 1).sum().backward();
        double[] gradient = Values(input.grad!);
        return Rows([.. Enumerable.Range(0, size * size).Select(i => Enumerable.Range(0, channels).Sum(c => Math.Abs(gradient[(c * size * size) + i])))], size);
    }

    /// <summary>Rows and columns that hold something: the side of what an element sees.</summary>
    public static int Extent(double[][] seen)
    {
        int[] rows = [.. Enumerable.Range(0, seen.Length).Where(r => seen[r].Any(v => v != 0))];
        return rows.Length == 0 ? 0 : rows[^1] - rows[0] + 1;
    }
}
