using ModelZoo.Verification;

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
