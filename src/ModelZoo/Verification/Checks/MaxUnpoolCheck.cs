using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>Each value set at the place that its index names, zeros elsewhere. Values only move: exact. The indices get no gradient.</summary>
internal sealed record MaxUnpoolCheck(int Kernel) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
        new("the values stand in the corners of their windows", new BedOfNailsCheck(Kernel)),
        new("the values are repeated over their windows", new UpsampleCheck(Kernel)),
    ];

    public static MaxUnpoolCheck Of(Layers.MaxUnpool module) => new(module.Kernel);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Exact(Quantity.Output, Unpooling.Max(inputs[0], Places(inputs[1]), (inputs[0].Shape[2] * Kernel, inputs[0].Shape[3] * Kernel)));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, Unpooling.MaxBackward(inputs[0], Places(inputs[1]), gradY))];

    private static int[] Places(NdArray indices) => [.. indices.Data.Select(place => (int)place)];
}
