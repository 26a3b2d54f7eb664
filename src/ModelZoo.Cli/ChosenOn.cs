using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Trust;

namespace ModelZoo.Cli;

/// <summary>Notices that a model is judged by the pictures by which it was chosen.</summary>
internal static class ChosenOn
{
    /// <summary>What is to be said of it; null where it was not chosen by any of these pictures.</summary>
    internal static string? Warning(ResolvedModel model, LabeledImages data)
    {
        if (model.Checkpoint?.ChosenOn is not { } chosen || chosen.Among(data.PictureHashes()) is not (> 0 and var shared))
        {
            return null;
        }

        bool all = shared >= data.Count;
        return $"warning: {(all ? "these" : $"{(chosen.Hashes.Count < chosen.Pictures ? "about " : "")}{Tables.Count(shared)} of these {Tables.Count(data.Count)}")} "
            + $"pictures decided which epoch was kept ({chosen.Name}), so the accuracy on them is a little too good: judge it by pictures that it has not met";
    }
}
