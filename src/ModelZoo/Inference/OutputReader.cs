using ModelZoo.Registry;
using ModelZoo.Trust;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>What a network makes of a batch: logits, and what its head takes in.</summary>
/// <param name="Logits">[N,K], row by row.</param>
/// <param name="Features">[N,D], maps averaged over their places; empty where they were not asked for.</param>
/// <param name="Count">N.</param>
internal sealed record ReadOutputs(float[] Logits, float[] Features, int Count)
{
    internal int Classes => Logits.Length / Count;

    internal int Dimensions => Features.Length / Count;

    internal ReadOnlySpan<float> LogitsOf(int index) => Logits.AsSpan(index * Classes, Classes);

    internal ReadOnlySpan<float> FeaturesOf(int index) => Features.AsSpan(index * Dimensions, Dimensions);
}

/// <summary>Reads logits and features of a compiled network in one forward: for calibrating, predicting and measuring alike. Threads may share one.</summary>
internal sealed class OutputReader
{
    private readonly CompiledModel compiled;
    private readonly nn.Module? head;

    public OutputReader(ZooModel model, CompiledModel compiled, bool features)
    {
        this.compiled = compiled;
        head = features ? model.named_modules().FirstOrDefault(m => m.name == model.Head).module : null;
    }

    /// <summary>Whether there are features to read: some layer is the head.</summary>
    public bool HasFeatures => head is not null;

    /// <param name="inputs">[N,…] as the model takes it.</param>
    public ReadOutputs Read(Tensor inputs)
    {
        using IDisposable none = no_grad();
        using DisposeScope scope = NewDisposeScope();
        int count = (int)inputs.shape[0];
        if (head is null)
        {
            return new(Values(compiled.Call(inputs)), [], count);
        }

        (Tensor logits, Tensor features) = compiled.CallWithInputOf(head, inputs);
        scope.Attach([logits, features]);
        Tensor rows = features.dim() > 2 && features.shape[1] > 0 ? features.flatten(2).mean([2]) : features; // [N,D,H,W] → [N,D]
        return new(Values(logits), Values(rows), count);
    }

    private static float[] Values(Tensor tensor) => tensor.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
}

/// <summary>Answers as a calibration allows. Threads may share one.</summary>
internal sealed class Judge
{
    private readonly Calibration calibration;
    private readonly NeighborSearch? neighbors;

    public Judge(Calibration calibration)
    {
        this.calibration = calibration;
        neighbors = calibration.Features is { } kept ? new(kept) : null;
    }

    /// <summary>Whether features are looked at.</summary>
    public bool WantsFeatures => neighbors is not null;

    /// <summary>The verdict on one image.</summary>
    /// <param name="outputs">Of a batch.</param>
    /// <param name="index">Which of it.</param>
    /// <exception cref="ZooException">The network has other features than the one that was calibrated.</exception>
    public Verdict Of(ReadOutputs outputs, int index) => calibration.Judge(outputs.LogitsOf(index), DistanceOf(outputs, index));

    /// <summary>How far it lies from the training pictures; null where that is not looked at.</summary>
    /// <inheritdoc cref="Of"/>
    public double? DistanceOf(ReadOutputs outputs, int index) => neighbors is null || outputs.Dimensions == calibration.Features!.Dimensions
        ? neighbors?.Distance(outputs.FeaturesOf(index))
        : throw new ZooException($"The calibration is of a network with {calibration.Features.Dimensions} features before its head, and this one has "
            + $"{outputs.Dimensions}: calibrate it anew with `zoo calibrate`.");
}
