using ModelZoo.Statistics;

namespace ModelZoo.Trust;

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

    /// <summary>What the verdicts on labeled images come to.</summary>
    /// <param name="calibration">Whose verdicts.</param>
    /// <param name="read">The images, with their distances where those are looked at.</param>
    public static AnsweredResult Of(Calibration calibration, HeldOut read)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        ArgumentNullException.ThrowIfNull(read);
        Verdict[] verdicts = [.. Enumerable.Range(0, read.Labels.Count).Select(i => calibration.Judge(read.Row(i), read.Distances?[i]))];
        bool[] right = [.. verdicts.Select((v, i) => v.Likeliest == read.Labels[i])];
        return new()
        {
            Count = verdicts.Length,
            Answered = verdicts.Count(v => v.Doubt == Doubt.None),
            Wrong = verdicts.Zip(right, (v, r) => v.Doubt == Doubt.None && !r).Count(wrong => wrong),
            Unlikely = verdicts.Count(v => v.Doubt == Doubt.Unlikely),
            Unlike = verdicts.Count(v => v.Doubt == Doubt.Unlike),
            InSet = verdicts.Zip(read.Labels, (v, label) => v.MayBe[label]).Count(inside => inside),
            MeanSet = verdicts.Select(v => (double)v.MayBe.Count(m => m)).DefaultIfEmpty().Average(),
            CalibrationError = Certainty.CalibrationError([.. verdicts.Select(v => v.Probabilities[v.Likeliest])], right),
        };
    }
}
