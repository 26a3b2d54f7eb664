using System.CommandLine;

namespace ModelZoo.Cli.Inputs;

/// <summary>Into how many folds the pictures are dealt, if they are.</summary>
internal static class FoldsArgument
{
    internal static Option<int?> Create() => new("--folds")
    {
        Description = "k-fold cross-validation: as many trainings, each tested on the pictures that it did not see (a folder without parts is used whole)",
        HelpName = "k"
    };

    /// <summary>The number that was given.</summary>
    /// <exception cref="UsageException">It is impossible.</exception>
    internal static int? Read(ParseResult parsed, Option<int?> folds) => parsed.GetValue(folds) is { } k and (< 2 or > 1000)
        ? throw new UsageException($"--folds {k}: it must be 2 … 1000.")
        : parsed.GetValue(folds);

    /// <summary>The data with nothing kept back for a test: each fold is one.</summary>
    internal static DataChoice Whole(DataChoice choice) => choice with { Split = choice.Split with { ValShare = 0 } };
}
