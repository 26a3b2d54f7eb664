using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Experiments.Identities;

/// <summary>A transposed convolution is the transposed matrix, not the inverse.</summary>
/// <param name="change">Changes the kernel that the transposed convolution gets.</param>
public sealed class TransposedAdjoint(Func<Tensor, Tensor>? change = null)
    : Experiment(new("transposed-adjoint", ExperimentGroup.Identities, "Transposed convolution is the adjoint")
    {
        Claim = "A transposed convolution with the same weights is the adjoint of the convolution: ⟨Ax, y⟩ = ⟨x, Aᵀy⟩. It undoes the shape, not the values.",
        Source = "Dumoulin and Visin, arXiv 1603.07285, section 4.1",
        Runs = "Both sides for random x and y in double, over kernels, strides, paddings, dilations and groups; the two matrices of a small case",
    })
{
    private readonly Func<Tensor, Tensor> change = change ?? (w => w);

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        List<string[]> rows = [];
        double worst = 0, inverse = double.PositiveInfinity;
        foreach (int kernel in new[] { 1, 2, 3, 5 })
        {
            foreach (int stride in new[] { 1, 2, 3 })
            {
                foreach ((int padding, int dilation, int groups) in new[] { (0, 1, 1), (1, 1, 2), (1, 2, 1) })
                {
                    const int Size = 11;
                    Tensor x = Tensors.Normal(2, 4, Size, Size), w = Tensors.Normal(6, 4 / groups, kernel, kernel);
                    Tensor ax = functional.conv2d(x, w, strides: [stride, stride], padding: [padding, padding], dilation: [dilation, dilation], groups: groups);
                    Tensor y = Tensors.Normal(ax.shape);
                    long back = ((ax.shape[2] - 1) * stride) - (2 * padding) + (dilation * (kernel - 1)) + 1, extra = Size - back;
                    Tensor aty = functional.conv_transpose2d(y, change(w), strides: [stride, stride], padding: [padding, padding],
                        output_padding: [extra, extra], dilation: [dilation, dilation], groups: groups);
                    double left = Tensors.Values(ax.mul(y)).Sum(), right = Tensors.Values(x.mul(aty)).Sum(),
                        scale = Math.Sqrt(Tensors.Values(ax).Sum(v => v * v) * Tensors.Values(y).Sum(v => v * v));
                    worst = Math.Max(worst, Math.Abs(left - right) / scale);
                    if (stride == 2 || (kernel, padding) == (3, 0))
                    {
                        rows.Add([$"{kernel}×{kernel}, stride {stride}", $"{padding}", $"{dilation}", $"{groups}", Number(left), Number(right)]);
                    }

                    if (kernel == 3)
                    {
                        Tensor restored = functional.conv_transpose2d(ax, w, strides: [stride, stride], padding: [padding, padding],
                            output_padding: [extra, extra], dilation: [dilation, dilation], groups: groups);
                        inverse = Math.Min(inverse, Tensors.Difference(restored, x));
                    }
                }
            }
        }

        return ExperimentResult.Of(worst < 1e-12
            && inverse > 1e-2, new(worst, "largest relative difference",
            $"⟨Ax, y⟩ and ⟨x, Aᵀy⟩ differ by {Number(worst)} of |Ax|·|y| at most, over 36 settings. Aᵀ(Ax) is not x: it is off by {Number(inverse)} or more."))
            with
        {
            Seeds = [context.Seed],
            DataUsed = "random maps, [2,4,11,11]",
            Figures = [.. Matrices(), new TableFigure("Some of the settings", ["kernel", ">padding", ">dilation", ">groups", ">⟨Ax, y⟩", ">⟨x, Aᵀy⟩"], rows)],
        };
    }

    private HeatMap[] Matrices()
    {
        Tensor w = arange(1, 10, ScalarType.Float64).reshape(1, 1, 3, 3);
        Tensor small = eye(4, dtype: ScalarType.Float64).reshape(4, 1, 2, 2), large = eye(16, dtype: ScalarType.Float64).reshape(16, 1, 4, 4);
        double[][] byColumns = Tensors.Rows(Tensors.Values(functional.conv2d(large, w)), 4),
            transposed = Tensors.Rows(Tensors.Values(functional.conv_transpose2d(small, change(w))), 16);
        double[][] matrix = [.. Enumerable.Range(0, 4).Select(o => byColumns.Select(column => column[o]).ToArray())];
        return
        [
            new("Convolution of 4×4 with 3×3: A", new("input pixel"), new("output pixel"),
                matrix) { Caption = "The kernel holds 1 … 9; each row is one place of it." },
            new("Transposed convolution, unit maps in rows", new("output pixel"), new("input pixel"),
                transposed) { Caption = "Each input pixel lays the kernel down once. As the columns of Aᵀ these rows are A again." },
        ];
    }
}
