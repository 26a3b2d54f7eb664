using ModelZoo.Registry;
using ModelZoo.Statistics;
using ModelZoo.Trust;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>
/// A calibrated network for what measures modules (<see cref="Training.Evaluator"/>): it gives the logits divided by the temperature, and writes down its
/// verdict on each image that passes, in their order.
/// </summary>
public sealed class JudgedModule : nn.Module<Tensor, Tensor>
{
    private readonly OutputReader reader;
    private readonly Judge judge;
    private readonly double temperature;
    private readonly List<Verdict> verdicts = [];

    /// <param name="model">Whose head it is.</param>
    /// <param name="compiled">The model, compiled; it stays the caller's.</param>
    /// <param name="calibration">Of the model.</param>
    public JudgedModule(ZooModel model, CompiledModel compiled, Calibration calibration) : base(nameof(JudgedModule))
    {
        ArgumentNullException.ThrowIfNull(calibration);
        judge = new(calibration);
        reader = new(model, compiled, judge.WantsFeatures);
        temperature = calibration.Temperature;
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        ReadOutputs read = reader.Read(input);
        verdicts.AddRange(Enumerable.Range(0, read.Count).Select(i => judge.Of(read, i)));
        return tensor([.. read.Logits.Select(logit => (float)(logit / temperature))], [read.Count, read.Classes], device: input.device);
    }

    /// <summary>What the verdicts on labeled images come to.</summary>
    /// <param name="labels">[N] of the images that passed.</param>
    /// <exception cref="ArgumentException">There are not as many.</exception>
    public AnsweredResult Result(IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count != verdicts.Count)
        {
            throw new ArgumentException($"{labels.Count} labels for {verdicts.Count} images.", nameof(labels));
        }

        int[] likeliest = [.. verdicts.Select(v => Array.IndexOf(v.Probabilities, v.Probabilities.Max()))];
        bool[] right = [.. likeliest.Zip(labels, (said, label) => said == label)];
        return new()
        {
            Count = labels.Count,
            Answered = verdicts.Count(v => v.Doubt == Doubt.None),
            Wrong = verdicts.Zip(right, (v, r) => v.Doubt == Doubt.None && !r).Count(wrong => wrong),
            Unlikely = verdicts.Count(v => v.Doubt == Doubt.Unlikely),
            Unlike = verdicts.Count(v => v.Doubt == Doubt.Unlike),
            InSet = verdicts.Zip(labels, (v, label) => v.MayBe[label]).Count(inside => inside),
            MeanSet = verdicts.Select(v => (double)v.MayBe.Count(m => m)).DefaultIfEmpty().Average(),
            CalibrationError = Certainty.CalibrationError([.. verdicts.Select(v => v.Probabilities.Max())], right),
        };
    }
}

/// <summary>What a calibrated model does with labeled images.</summary>
public sealed record AnsweredResult
{
    /// <summary>Images.</summary>
    public required int Count { get; init; }

    /// <summary>Those that get an answer.</summary>
    public required int Answered { get; init; }

    /// <summary>Answers that are wrong.</summary>
    public required int Wrong { get; init; }

    /// <summary>Unknown, because no class is likely enough.</summary>
    public required int Unlikely { get; init; }

    /// <summary>Unknown, because they are unlike the training pictures.</summary>
    public required int Unlike { get; init; }

    /// <summary>Images whose class is among those that they may be.</summary>
    public required int InSet { get; init; }

    /// <summary>How many classes an image may be, on average.</summary>
    public required double MeanSet { get; init; }

    /// <summary>The expected calibration error, with the temperature.</summary>
    public required double CalibrationError { get; init; }

    /// <summary>The share of the images that get an answer.</summary>
    public double Coverage => Count == 0 ? 0 : (double)Answered / Count;

    /// <summary>The share of the answers that are wrong; 0 where there are none.</summary>
    public double ErrorRate => Answered == 0 ? 0 : (double)Wrong / Answered;

    /// <summary>Where that lies on all images like these, with 95 % confidence.</summary>
    public Interval ErrorInterval => Interval.Wilson(Wrong, Answered);
}
