using ModelZoo.Verification;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>What <c>zoo verify</c> found of one model.</summary>
/// <param name="Spec">As on the command line.</param>
/// <param name="Input">[C,H,W] that the layers were verified at.</param>
/// <param name="EndToEnd">[C,H,W] of the end-to-end comparison; empty where there was none.</param>
/// <param name="Report">Every check.</param>
/// <param name="Seconds">Building the model included.</param>
/// <param name="CardDifferences">What the card says wrongly.</param>
internal sealed record VerifyResult(string Spec, int[] Input, long[] EndToEnd, VerificationReport Report, double Seconds, IReadOnlyList<string> CardDifferences)
{
    internal bool Passed => Report.Passed && CardDifferences.Count == 0;

    internal long Compared => Report.Checks.Sum(c => c.CheckedCount);

    /// <summary>The check with the largest error/bound.</summary>
    internal LayerCheck? Loosest => Report.Checks.Where(c => c.CheckedCount > 0).MaxBy(c => c.WorstRatio);

    /// <summary>Of the checks whose worst element has an error at all, the one with the smallest error/bound.</summary>
    internal LayerCheck? Tightest => Report.Checks.Where(c => c is { CheckedCount: > 0, WorstRatio: > 0 }).MinBy(c => c.WorstRatio);

    /// <summary>For JSON.</summary>
    internal object Document() => new
    {
        model = Spec,
        passed = Passed,
        input = Input,
        endToEnd = EndToEnd,
        seconds = Seconds,
        compared = Compared,
        worst = Brief(Loosest),
        least = Brief(Tightest),
        firstFailure = Report.FirstFailure is { } f ? new { f.Name, f.Op, f.Quantity, cause = f.LikelyCause } : null,
        card = CardDifferences,
        checks = Report.WorstFirst.Select(c => new
        {
            c.Name,
            c.Op,
            c.Quantity,
            c.Shape,
            @checked = c.CheckedCount,
            of = c.TotalCount,
            error = c.MaxError,
            bound = c.BoundThere,
            ratio = c.WorstRatio,
            c.Passed,
            cause = c.LikelyCause,
            c.Note,
        }),
    };

    private static object? Brief(LayerCheck? check) => check is null ? null : new { layer = check.Name, check.Op, check.Quantity, ratio = check.WorstRatio };
}

/// <summary>The table at the end of <c>zoo verify --all</c>: a row per model, and over all the tightest and the loosest bound.</summary>
internal static class VerifySummary
{
    internal static void Show(IAnsiConsole console, IReadOnlyList<VerifyResult> results)
    {
        TextTable table = Tables.New("model", "input", "end to end", ">checks", ">numbers", ">seconds", ">error/bound", "worst in", "verdict");
        foreach (VerifyResult r in results)
        {
            table.Row(
                r.Spec,
                Tables.Shape(r.Input.Select(size => (long)size)),
                r.EndToEnd.Length == 0 ? "" : Tables.Shape(r.EndToEnd[1..]),
                Tables.Count(r.Report.Checks.Count),
                Tables.Count(r.Compared),
                Tables.Seconds(r.Seconds),
                r.Loosest is { } worst ? Tables.Number(worst.WorstRatio) : "",
                Place(r.Loosest),
                r.Passed ? "ok" : "FAILS");
        }

        console.Write(table);
        int failed = results.Count(r => !r.Passed);
        console.WriteLine($"{(failed == 0 ? $"all {results.Count} verified" : $"{failed} of {results.Count} FAIL")}: "
            + $"{Tables.Count(results.Sum(r => (long)r.Report.Checks.Count))} checks of {Tables.Count(results.Sum(r => r.Compared))} numbers in "
            + $"{Tables.Seconds(results.Sum(r => r.Seconds))}");
        Extreme(console, "largest", results.MaxBy(r => r.Loosest?.WorstRatio ?? -1), r => r.Loosest);
        Extreme(console, "smallest", results.MinBy(r => r.Tightest?.WorstRatio ?? double.PositiveInfinity), r => r.Tightest);
        if (results.FirstOrDefault(r => !r.Passed) is { } first)
        {
            console.WriteLine(first.Report.Passed
                ? $"{first.Spec}: the card is not true: {first.CardDifferences[0]}"
                : VerificationView.Verdict(first.Spec, first.Report));
        }
    }

    private static void Extreme(IAnsiConsole console, string which, VerifyResult? result, Func<VerifyResult, LayerCheck?> of)
    {
        if (result is not null && of(result) is { } check)
        {
            console.WriteLine($"{which} error/bound of a check that has an error: {Tables.Number(check.WorstRatio)}, {result.Spec}, {Place(check)}");
        }
    }

    private static string Place(LayerCheck? check) => check is null ? "" : $"{check.Name} {check.Op} ({check.Quantity})";
}
