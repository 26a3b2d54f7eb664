using System.CommandLine;
using System.Runtime.InteropServices;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Reports;
using ModelZoo.Training;

namespace ModelZoo.Cli;

/// <summary>The report that <c>train</c> and <c>finetune</c> leave beside the checkpoint.</summary>
/// <param name="Wanted">Whether one is made.</param>
/// <param name="Command">The command line, to be run again.</param>
internal sealed record RunReport(bool Wanted, string Command)
{
    internal static readonly Option<bool> Option = new("--no-report") { Description = "Make no report of what came of it (report.html, report.json)" };

    internal static RunReport Read(ParseResult parsed) => new(!parsed.GetValue(Option), CommandLineText.Of(parsed.Tokens.Select(t => t.Value)));

    /// <summary>Measures the checkpoint that was written and writes the report; where that fails it is said, and the training still counts.</summary>
    /// <param name="session">Where remarks go.</param>
    /// <param name="files">What the training left.</param>
    /// <param name="train">What was learned from.</param>
    /// <param name="measured">What it is measured by.</param>
    /// <param name="recipe">What was followed.</param>
    /// <param name="result">What came of it.</param>
    /// <param name="loader">How images are read.</param>
    /// <param name="unreadable">Training images that could not be read.</param>
    /// <returns>The page; null where there is none.</returns>
    internal string? Write(Session session, TrainedFiles files, LabeledImages train, LabeledImages measured, Recipe recipe, TrainingResult result,
        LoaderOptions loader, IReadOnlyList<BadImage> unreadable)
    {
        if (!Wanted || result.Canceled || files.Held(result) is not { } held)
        {
            return null;
        }

        try
        {
            using ResolvedModel model = ModelArgument.Resolve(session, files.Checkpoint);
            ModelReport report = Reporter.Measure(model, measured, new()
            {
                Source = files.Checkpoint,
                Train = train,
                Unreadable = unreadable,
                Training = result,
                MeasuredEpoch = held.Epoch,
                Recipe = recipe,
                Warnings = [.. JudgedAgain.Warnings(model, measured)],
                Command = Command,
                Loader = loader,
                Seed = (ulong)session.Seed,
            }, session.Cancel);
            ReportPage.Save(report, files.Report, files.ReportNumbers);
            return files.Report;
        }
        catch (Exception e) when (e is ZooException or ExternalException or OperationCanceledException || OutOfMemory.Caused(e))
        {
            string why = e is OperationCanceledException ? "it was interrupted" : TorchError.Summary(e).TrimEnd('.');
            session.Say($"zoo: no report was written: {why}. The checkpoint is whole; `zoo report {files.Checkpoint} --data …` makes one.");
            return null;
        }
    }
}
