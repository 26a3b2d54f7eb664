using ModelZoo.Verification;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>A verification report as a table, worst first.</summary>
internal static class VerificationView
{
    internal static void Show(IAnsiConsole console, string spec, VerificationReport report, IReadOnlyList<string> cardDifferences, bool brief)
    {
        if (!brief || !report.Passed)
        {
            var table = Tables.New("layer", "op", "quantity", "shape", ">checked", ">error", ">bound", ">error/bound", "verdict");
            foreach (LayerCheck c in report.WorstFirst)
            {
                table.Row(c.Name, c.Op, c.Quantity, string.Join("×", c.Shape), $"{Tables.Count(c.CheckedCount)} of {Tables.Count(c.TotalCount)}", Tables.Number(c.MaxError), Tables.Number(c.BoundThere), Tables.Number(c.WorstRatio), c.Passed ? "ok" : "FAILS");
            }

            console.Write(table);
        }

        foreach (string difference in cardDifferences)
        {
            console.WriteLine($"{spec}: card.json is not true: {difference}");
        }

        console.WriteLine(Verdict(spec, report));
    }

    internal static string Verdict(string spec, VerificationReport report)
    {
        LayerCheck worst = report.WorstFirst[0];
        return report.FirstFailure is { } failure
            ? $"{spec}: FAILS, first in '{failure.Name}' ({failure.Op}, {failure.Quantity}){(failure.LikelyCause is { } cause ? $": {cause}" : "")}"
            : $"{spec}: verified, {report.Checks.Count} checks of {Tables.Count(report.Checks.Sum(c => c.CheckedCount))} numbers in {Tables.Seconds(report.Elapsed.TotalSeconds)}; worst error/bound {Tables.Number(worst.WorstRatio)} in '{worst.Name}' ({worst.Quantity})";
    }
}
