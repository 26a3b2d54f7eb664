using System.Text.Json.Serialization;
using ModelZoo.Statistics;

namespace ModelZoo.Trust;

/// <summary>Why a picture has no answer.</summary>
public enum Doubt
{
    /// <summary>It has one.</summary>
    None,

    /// <summary>No class is likely enough.</summary>
    Unlikely,

    /// <summary>It is unlike the pictures that the network was trained on.</summary>
    Unlike,
}

/// <summary>
/// What a network's certainty is worth, as held-out pictures showed: a checkpoint keeps it beside the labels. With it a classifier says "I don't know".
/// <see cref="CalibrationFit"/> makes one.
/// </summary>
public sealed record Calibration
{
    /// <summary>What the logits are divided by before their softmax.</summary>
    public required double Temperature { get; init; }

    /// <summary>The promised error rate, in (0,1).</summary>
    public required double ErrorRate { get; init; }

    /// <summary>
    /// The probability from which on the likeliest class is the answer. Of the pictures that get one at most <see cref="ErrorRate"/> are wrong, with 95 %
    /// confidence (<see cref="SelectiveRisk"/>).
    /// </summary>
    public required double LeastProbability { get; init; }

    /// <summary>
    /// The probability from which on a class is in the set of those that it may be: the true class is, with probability 1 − <see cref="ErrorRate"/> at least
    /// (<see cref="Conformal"/>); 0: every class is.
    /// </summary>
    public required double SetProbability { get; init; }

    /// <summary>Which pictures are of something else; null where that was not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FeatureNeighbors? Features { get; init; }

    /// <summary>The pictures that were held out for it: "photos/val".</summary>
    public required string Data { get; init; }

    /// <summary>How many they were.</summary>
    public required int Pictures { get; init; }

    /// <summary>What they are known again by; null where nobody asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PictureSketch? HeldOut { get; init; }

    /// <summary>Of the second part of them, which decided the limits: the share that gets an answer.</summary>
    public required double Answered { get; init; }

    /// <summary>Likewise the share of those answers that are wrong.</summary>
    public required double Wrong { get; init; }

    /// <summary>Likewise the expected calibration error (<see cref="Certainty.CalibrationError"/>) without the temperature.</summary>
    public required double CalibrationErrorBefore { get; init; }

    /// <summary>Likewise with it.</summary>
    public required double CalibrationErrorAfter { get; init; }

    /// <summary>Checks what a file says.</summary>
    /// <returns>What is wrong; null for nothing.</returns>
    public string? Fault() =>
        Temperature is not (>= Statistics.Temperature.Least and <= Statistics.Temperature.Most) ? $"has the impossible temperature {Temperature}"
        : ErrorRate is not (> 0 and < 1) ? $"promises the impossible error rate {ErrorRate}"
        : LeastProbability is not (>= 0 and <= 1) || SetProbability is not (>= 0 and <= 1) ? "has a limit of its probabilities outside 0 … 1"
        : Pictures < 1 ? $"was calibrated on {Pictures} pictures"
        : !Shares(Answered, Wrong, CalibrationErrorBefore, CalibrationErrorAfter) ? "has a share outside 0 … 1"
        : HeldOut?.Fault() ?? Features?.Fault();

    /// <summary>Why a picture has no answer.</summary>
    /// <param name="probability">Of its likeliest class, with the temperature.</param>
    /// <param name="distance">From the training pictures (<see cref="FeatureNeighbors"/>); null where that is not looked at.</param>
    public Doubt Judge(double probability, double? distance) =>
        Features is { } known && distance is { } far && !(far <= known.Limit) ? Doubt.Unlike
        : probability >= LeastProbability ? Doubt.None
        : Doubt.Unlikely;

    /// <summary>What is said of an image.</summary>
    /// <param name="logits">[K].</param>
    /// <param name="distance">From the training pictures; null where that is not looked at.</param>
    public Verdict Judge(ReadOnlySpan<float> logits, double? distance)
    {
        var probabilities = new double[logits.Length];
        Statistics.Temperature.Softmax(logits, Temperature, probabilities);
        return new(probabilities, distance, Judge(probabilities.Max(), distance), [.. probabilities.Select(p => p >= SetProbability)]);
    }

    /// <summary>The reason in words.</summary>
    public static string? Reason(Doubt doubt) => doubt switch
    {
        Doubt.Unlikely => "none of the classes is likely enough",
        Doubt.Unlike => "unlike the pictures it was trained on",
        _ => null,
    };

    private static bool Shares(params ReadOnlySpan<double> values)
    {
        foreach (double value in values)
        {
            if (value is not (>= 0 and <= 1))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>What a calibrated network says of an image.</summary>
/// <param name="Probabilities">[K].</param>
/// <param name="Distance">From the training pictures, where that is looked at.</param>
/// <param name="Doubt">Why there is no answer.</param>
/// <param name="MayBe">[K] whether the image may be of each class.</param>
public sealed record Verdict(IReadOnlyList<double> Probabilities, double? Distance, Doubt Doubt, IReadOnlyList<bool> MayBe)
{
    /// <summary>The likeliest class; of equal ones the first.</summary>
    public int Likeliest => Enumerable.Range(0, Probabilities.Count).MaxBy(c => Probabilities[c]);
}
