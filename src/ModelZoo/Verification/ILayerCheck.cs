using ModelZoo.Reference;

namespace ModelZoo.Verification;

/// <summary>
/// What one layer must compute: its hyper-parameters and weights, read once from a module, and the formulas of <see cref="Reference"/> applied to them.
/// It never calls torch; what it promises is compared with what the layer did.
/// </summary>
public interface ILayerCheck
{
    /// <summary>The number of parameters by arithmetic from the hyper-parameters.</summary>
    long Parameters { get; }

    /// <summary>y, with its rounding bound.</summary>
    /// <param name="inputs">The layer's real inputs.</param>
    /// <param name="rounding">The precision that the layer computed in.</param>
    /// <exception cref="ArgumentException">The inputs do not fit the layer's description.</exception>
    Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding);

    /// <summary>What the layer gives besides y (the places of maxima), in the order of its outputs; no gradient flows through it.</summary>
    IEnumerable<Quantity> FurtherOutputs(IReadOnlyList<NdArray> inputs, Rounding rounding) => [];

    /// <summary>The gradients of Σ gradY·y to every real-valued input and every parameter, with their rounding bounds.</summary>
    IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding);

    /// <summary>What the layer does in training; null where that is the same as in evaluation.</summary>
    ITrainingCheck? Training => null;

    /// <summary>The same layer with one thing changed as it is commonly mistaken: tried when the layer fails, to name the likely cause.</summary>
    IEnumerable<LayerVariant> Variants => [];
}

/// <summary>A layer that differs from its description in one thing.</summary>
/// <param name="Change">"stride 2 instead of 1".</param>
/// <param name="Check">The layer so changed.</param>
public sealed record LayerVariant(string Change, ILayerCheck Check);
