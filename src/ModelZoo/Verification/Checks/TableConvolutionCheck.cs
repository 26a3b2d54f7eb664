using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// LeNet-5's C3: each output map sees the input maps that the table names. The layer computes it as a dense convolution whose other kernels are zero; their products
/// are exact zeros, so the bound counts the connected products only: γ_{n+1}·Σ|t|.
/// </summary>
internal sealed record TableConvolutionCheck(NdArray Weight, NdArray Bias, ConnectionTable Table) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Counts.TableConvolutionParameters(Table, (Weight.Shape[1], Weight.Shape[2]));

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the bias is missing", this with { Bias = NdArray.ZerosLike(Bias) })];

    public static TableConvolutionCheck Of(Layers.TableConvolution module) =>
        new(module.Weight.ToNdArray(), module.Bias.ToNdArray(), new ConnectionTable(module.InChannels, module.Table));

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        int[] shape = [x.Shape[0], Table.OutputMaps, OutputSize.Convolution(x.Shape[2], Weight.Shape[1]), OutputSize.Convolution(x.Shape[3], Weight.Shape[2])];
        return Quantity.Of(Quantity.Output, shape, rounding, Weight.Count / Table.OutputMaps, (n, m, i, j) => TableConvolution.ForwardAt(x, Weight, Bias, Table, n, m, i, j));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        GradientSums sums = TableConvolution.BackwardSums(inputs[0], Weight, gradY, Table);
        yield return Quantity.Of(Quantity.GradInput, sums.X, rounding);
        yield return Quantity.Of("grad weight", sums.Weight, rounding);
        yield return Quantity.Of("grad bias", sums.Bias, rounding);
    }
}
