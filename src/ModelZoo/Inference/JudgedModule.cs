using ModelZoo.Registry;
using ModelZoo.Trust;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>
/// A calibrated network for what measures modules (<see cref="Training.Evaluator"/>): it gives the logits divided by the temperature, and keeps what it made of
/// each image that passes, in their order.
/// </summary>
public sealed class JudgedModule : nn.Module<Tensor, Tensor>
{
    private readonly OutputReader reader;
    private readonly Judge judge;
    private readonly Calibration calibration;
    private readonly List<float> logits = [];
    private readonly List<double> distances = [];

    /// <param name="model">Whose head it is.</param>
    /// <param name="compiled">The model, compiled; it stays the caller's.</param>
    /// <param name="calibration">Of the model.</param>
    public JudgedModule(ZooModel model, CompiledModel compiled, Calibration calibration) : base(nameof(JudgedModule))
    {
        ArgumentNullException.ThrowIfNull(calibration);
        this.calibration = calibration;
        judge = new(calibration);
        reader = new(model, compiled, judge.WantsFeatures);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        ReadOutputs read = reader.Read(input);
        logits.AddRange(read.Logits);
        if (judge.WantsFeatures)
        {
            distances.AddRange(Enumerable.Range(0, read.Count).Select(i => judge.DistanceOf(read, i)!.Value));
        }

        return tensor([.. read.Logits.Select(logit => (float)(logit / calibration.Temperature))], [read.Count, read.Classes], device: input.device);
    }

    /// <summary>What the verdicts on the images that passed come to.</summary>
    /// <param name="labels">[N] of them.</param>
    public AnsweredResult Result(IReadOnlyList<int> labels) =>
        AnsweredResult.Of(calibration, new HeldOut(logits.ToArray(), labels, judge.WantsFeatures ? distances : null));
}
