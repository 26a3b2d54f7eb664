using ModelZoo.Reference;
using ModelZoo.Verification;

namespace ModelZoo.Tests.Verification;

/// <summary>y = −x as a user of the library would describe it.</summary>
internal sealed class Negation : ILayerCheck
{
    public long Parameters => 0;

    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, inputs[0].Map(x => -x));

    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, gradY.Map(g => -g))];
}
