using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Trust;

namespace ModelZoo.Cli;

/// <summary>Notices that a model is judged by pictures that had a part in what it is.</summary>
internal static class JudgedAgain
{
    /// <summary>What is to be said of it, a sentence each.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The pictures that it is judged by.</param>
    internal static IEnumerable<string> Warnings(ResolvedModel model, LabeledImages data)
    {
        (PictureSketch? chosen, PictureSketch? calibrated) = (model.Checkpoint?.ChosenOn, model.Calibration?.HeldOut);
        if (chosen is null && calibrated is null)
        {
            yield break;
        }

        IReadOnlyList<ulong> hashes = data.PictureHashes();
        if (chosen is not null && Shared(chosen, hashes) is { } kept)
        {
            yield return $"warning: {kept} decided which epoch was kept ({chosen.Name}), so the accuracy on them is a little too good: judge it by pictures "
                + "that it has not met";
        }

        if (calibrated is not null && Shared(calibrated, hashes) is { } held)
        {
            yield return $"warning: {held} decided the calibration ({calibrated.Name}), so they cannot test what it promises: take others for that";
        }
    }

    // "these pictures", "about 120 of these 500 pictures"; null for none.
    private static string? Shared(PictureSketch sketch, IReadOnlyList<ulong> hashes) => sketch.Among(hashes) is not (> 0 and var shared) ? null
        : shared >= hashes.Count ? "these pictures"
        : $"{(sketch.Hashes.Count < sketch.Pictures ? "about " : "")}{Tables.Count(shared)} of these {Tables.Count(hashes.Count)} pictures";
}
