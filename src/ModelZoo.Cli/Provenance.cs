using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Training;
using static TorchSharp.torch;

namespace ModelZoo.Cli;

/// <summary>What a checkpoint says of its own making. No dates: the same command makes the same bytes.</summary>
internal static class Provenance
{
    internal static SortedDictionary<string, string> Of(Session session, LabeledImages train, Recipe recipe, long? seed = null) => new(StringComparer.Ordinal)
    {
        ["createdBy"] = $"ModelZoo {typeof(Provenance).Assembly.GetName().Version?.ToString(3)}",
        ["data"] = train.Name,
        ["dataSource"] = train.Info.Source,
        ["dataLicense"] = train.Info.License,
        ["images"] = train.Count.ToString(CultureInfo.InvariantCulture),
        ["recipe"] = recipe.ToJson(),
        ["threads"] = get_num_threads().ToString(CultureInfo.InvariantCulture),
        ["seed"] = (seed ?? session.Seed).ToString(CultureInfo.InvariantCulture),
    };

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
            Measured(extra, test);
        }

        return extra;
    }

    /// <summary>With the data that decide how good it is.</summary>
    internal static SortedDictionary<string, string> Measured(SortedDictionary<string, string> extra, LabeledImages test)
    {
        extra["testData"] = $"{test.Name}, {test.Count.ToString(CultureInfo.InvariantCulture)} images";
        extra["testImages"] = test.Count.ToString(CultureInfo.InvariantCulture);
        return extra;
    }
}

/// <summary>A command line as it can be typed again.</summary>
internal static class CommandLineText
{
    /// <summary>"zoo" and the arguments, quoted where a shell would take them apart.</summary>
    internal static string Of(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quoted).Prepend("zoo"));

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal))
        ? argument
        : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
