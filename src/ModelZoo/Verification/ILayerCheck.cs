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

/// <summary>What a layer must do in training that it does not do in evaluation, by the formulas of <see cref="Reference"/>.</summary>
public interface ITrainingCheck
{
    /// <summary>
    /// How many rows the batch is repeated to, of a few values each: a layer that draws once per row shows its probability on many rows only. 0 for the batch
    /// as it is.
    /// </summary>
    int Rows => 0;

    /// <summary>The output and the gradients. What cannot be read off the layer (how much was dropped) is given with what was measured.</summary>
    /// <exception cref="ArgumentException">The values do not fit the layer's description.</exception>
    IEnumerable<(Quantity Expected, NdArray? Measured)> Quantities(TrainingValues run, Rounding rounding);

    /// <summary>The buffers after one step on x; the names are those of the buffers.</summary>
    IEnumerable<Quantity> Buffers(NdArray x, Rounding rounding) => [];

    /// <summary>Whether each channel is computed by itself, of more than one value: then a sample of channels will do.</summary>
    bool ByChannel => false;

    /// <summary>The same for some channels, where <see cref="ByChannel"/>.</summary>
    ITrainingCheck OfChannels(int[] channels) => throw new NotSupportedException("The channels depend on each other.");

    /// <summary>The same with one thing changed as it is commonly mistaken.</summary>
    IEnumerable<TrainingVariant> Variants => [];
}

/// <summary>One run of a layer in training.</summary>
/// <param name="Input">x.</param>
/// <param name="GradY">The upstream gradient.</param>
/// <param name="Output">What the layer computed, from which its random choices can be read.</param>
/// <param name="GradInput">The gradient that it gave; null where there is none.</param>
public sealed record TrainingValues(NdArray Input, NdArray GradY, NdArray Output, NdArray? GradInput);

/// <summary>A layer that differs from its description in one thing.</summary>
/// <param name="Change">"momentum 0.9 instead of 0.1".</param>
/// <param name="Check">The layer so changed.</param>
public sealed record TrainingVariant(string Change, ITrainingCheck Check);
