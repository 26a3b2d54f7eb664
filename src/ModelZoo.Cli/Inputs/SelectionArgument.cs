using System.CommandLine;
using System.Globalization;
using ModelZoo.Experiments.Selecting;

namespace ModelZoo.Cli.Inputs;

/// <summary>What <c>zoo compare --data</c> is asked about trained networks: limits, folds, what else is measured, where it is kept.</summary>
internal sealed class SelectionArgument
{
    private const int StandardFolds = 5;

    private readonly Option<double?> milliseconds = new("--max-ms")
    {
        Description = "With --data: the network may take so many milliseconds a picture",
        HelpName = "x"
    };
    private readonly Option<double?> megabytes = new("--max-mb") { Description = "With --data: its file may take so many megabytes", HelpName = "x" };
    private readonly Option<string?> accuracy = new("--min-accuracy")
    {
        Description = "With --data: the fastest network is wanted that is right so often, a share or percent (0.9, 90%)",
        HelpName = "x"
    };
    private readonly Option<bool> scratch = new("--from-scratch")
    {
        Description = "With --data: also train each architecture anew, as long as its weights took (or --budget)"
    };
    private readonly Option<bool> curve = new("--learning-curve") { Description = "With --data: also measure what each network gains from more pictures" };
    private readonly Option<int?> folds = new("--folds")
    {
        Description = $"With --data: folds of the cross-validation (default: {StandardFolds})",
        HelpName = "k"
    };
    private readonly Option<string?> folder = new("--out")
    {
        Description = "With --data: where features and finished networks are kept, for the same command to go on (default: runs/compare-<data>)",
        HelpName = "folder"
    };
    private readonly Option<bool> fresh = new("--fresh") { Description = "With --data: try again what is finished already" };

    private Option[] All => [milliseconds, megabytes, accuracy, scratch, curve, folds, folder, fresh];

    internal void AddTo(Command command) => Array.ForEach(All, command.Add);

    /// <summary>The first of these flags that was given; null for none.</summary>
    internal string? Given(ParseResult parsed) => All.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false })?.Name;

    /// <summary>Adds what was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="request">Networks and data.</param>
    /// <param name="data">What the folder is called by.</param>
    /// <exception cref="UsageException">A number is impossible.</exception>
    internal SelectionRequest Read(ParseResult parsed, SelectionRequest request, string data) => request with
    {
        Limits = new(Positive(parsed, milliseconds), Positive(parsed, megabytes), Share(parsed.GetValue(accuracy))),
        FromScratch = parsed.GetValue(scratch),
        LearningCurves = parsed.GetValue(curve),
        Folds = FoldsArgument.Read(parsed, folds) ?? StandardFolds,
        Folder = parsed.GetValue(folder) ?? Path.Combine("runs", $"compare-{data}"),
        Fresh = parsed.GetValue(fresh),
    };

    /// <summary>Whether architectures are trained anew beside their weights.</summary>
    internal bool FromScratch(ParseResult parsed) => parsed.GetValue(scratch);

    private static double? Positive(ParseResult parsed, Option<double?> option) =>
        parsed.GetValue(option) is { } value && !(value > 0 && double.IsFinite(value))
        ? throw new UsageException($"{option.Name} takes a number above 0, not '{value.ToString(CultureInfo.InvariantCulture)}'.")
        : parsed.GetValue(option);

    private static double? Share(string? text)
    {
        if (text is null)
        {
            return null;
        }

        bool percent = text.EndsWith('%');
        return double.TryParse(percent ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && (percent ? value / 100 : value) is > 0 and < 1 and var share
            ? share
            : throw new UsageException($"--min-accuracy takes a share between 0 and 1 or percent, such as 0.9 or 90%, not '{text}'.");
    }
}
