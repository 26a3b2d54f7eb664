using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>y = x: dropout in evaluation, and <c>Identity</c>. Exact.</summary>
internal sealed record IdentityCheck : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public ITrainingCheck? Training { get; init; }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, inputs[0]);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) => [Quantity.Exact(Quantity.GradInput, gradY)];
}
