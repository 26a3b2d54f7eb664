using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Cli;

/// <summary>What a checkpoint says of its own making. No dates: the same command makes the same bytes.</summary>
internal static class Provenance
{
    internal static SortedDictionary<string, string> Of(Session session, LabeledImages train, Recipe recipe, long? seed = null) =>
        CheckpointOrigin.Of(train, recipe, seed ?? session.Seed);

    /// <summary>With what came of it.</summary>
    internal static SortedDictionary<string,
        string> Of(Session session, LabeledImages train, Recipe recipe, TrainingResult result, LabeledImages test, long? seed = null,
        Teacher? teacher = null)
    {
        SortedDictionary<string, string> extra = Of(session, train, recipe, seed);
        extra["epochs"] = result.Epochs.Count.ToString(CultureInfo.InvariantCulture);
        if (teacher is not null)
        {
            extra["teacher"] = teacher.Name;
        }

        if (result.TestAccuracy is { } accuracy)
        {
            extra[result.Task.MeasuredKey] = accuracy.ToString("R", CultureInfo.InvariantCulture);
            CheckpointOrigin.Measured(extra, test);
        }

        return extra;
    }
}
