using System.Globalization;
using ModelZoo.Statistics;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Small helpers for tables and lines.</summary>
internal static class Tables
{
    /// <summary>An empty table; a column whose title starts with '>' is aligned to the right, one with '?' may be left out on a narrow terminal.</summary>
    internal static TextTable New(params string[] columns) => new(columns);

    /// <summary>
    /// A line of text. Stands before Spectre's method of the name, which would write names of megabytes, and break lines in a pipe, where they are searched.
    /// </summary>
    internal static void WriteLine(this IAnsiConsole console, string text)
    {
        if (console.Profile.Out.IsTerminal)
        {
            AnsiConsoleExtensions.WriteLine(console, Printable.Message(text));
        }
        else
        {
            console.Profile.Out.Writer.WriteLine(Printable.Message(text));
        }
    }

    /// <summary>What the intervals beside figures of a <see cref="PredictionTask"/> are.</summary>
    internal static string IntervalNote(string metric) => $"in parentheses: where the {metric} on all such pictures lies, with 95 % confidence "
        + (metric == PredictionTask.Classes.Metric ? "(Wilson's interval)" : "(1,000 resamples of the pictures)");

    internal static string Count(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 image", "2 images".</summary>
    internal static string Images(long n) => $"{Count(n)} image{(n == 1 ? "" : "s")}";

    internal static string Percent(double fraction) => (100 * fraction).ToString("F2", CultureInfo.InvariantCulture) + " %";

    /// <summary>The figure of a <see cref="PredictionTask"/>.</summary>
    internal static string Score(string metric, double score) =>
        metric == new PredictionTask { Kind = TaskKind.Regression }.Metric ? score.ToString("F4", CultureInfo.InvariantCulture) : Percent(score);

    /// <summary>The same with its interval of 95 % confidence, where it has one: "94.77 % (90.0 – 97.3 %)".</summary>
    internal static string Score(string metric, double score, Interval? interval) =>
        interval is not { } i ? Score(metric, score)
        : metric == new PredictionTask { Kind = TaskKind.Regression }.Metric
        ? string.Create(CultureInfo.InvariantCulture, $"{Score(metric, score)} ({i.Low:F3} – {i.High:F3})")
        : $"{Score(metric, score)} ({i.Percent()})";

    /// <summary>A share of examples with its interval of 95 % confidence.</summary>
    internal static string Percent(double share, Interval interval) => $"{Percent(share)} ({interval.Percent()})";

    internal static string Seconds(double seconds) => seconds.ToString(seconds < 10 ? "F2" : "F1", CultureInfo.InvariantCulture) + " s";

    internal static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    internal static string Shape(IEnumerable<long> shape) => string.Join("×", shape);
}
