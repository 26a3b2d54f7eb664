using System.Globalization;
using ModelZoo.Statistics;

namespace ModelZoo.Reports;

/// <summary>Words and numbers of a report, the same in every culture.</summary>
internal static class ReportText
{
    public static string Title(string list, TaskKind task) => list switch
    {
        "wrong" => task == TaskKind.Regression ? "Furthest off" : "Most wrong about",
        "unsure" => "Least sure of",
        _ => task == TaskKind.Regression ? "Closest" : "Most sure of",
    };

    public static string Note(string list, TaskKind task) => (list, task) switch
    {
        ("wrong", TaskKind.Classes) => "Wrong answers, first those that left their own class the least probability. Look here for wrong labels.",
        ("wrong", TaskKind.MultiLabel) => "A label missed or invented, first those that it was surest of. Look here for wrong labels.",
        ("wrong", _) => "The largest errors. Look here for wrong numbers.",
        ("unsure", TaskKind.Classes) => "Answers with the least probability.",
        ("unsure", _) => "A label's probability is closest to its threshold.",
        ("sure", TaskKind.Classes) => "Answers with the largest probability.",
        ("sure", TaskKind.MultiLabel) => "Every label's probability is far from its threshold.",
        _ => "The smallest errors.",
    };

    /// <summary>"94.8 %".</summary>
    public static string Percent(double share) => double.IsFinite(share) ? (100 * share).ToString("F1", CultureInfo.InvariantCulture) + " %" : "–";

    /// <summary>Likewise of a single answer, which is never certain: "> 99.9 %".</summary>
    public static string Probability(double share) => share switch
    {
        > 0.9995 => "> 99.9 %",
        < 0.0005 => "< 0.1 %",
        _ => Percent(share),
    };

    /// <summary>"94.8 % (90.0 – 97.3 %)".</summary>
    public static string Percent(double share, Interval? interval) => interval is { } i ? $"{Percent(share)} ({i.Percent()})" : Percent(share);

    /// <summary>A number in its own units: five digits.</summary>
    public static string Value(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    /// <summary>The same with its interval.</summary>
    public static string Value(double value, Interval? interval) => interval is { } i ? $"{Value(value)} ({Value(i.Low)} – {Value(i.High)})" : Value(value);

    /// <summary>"24.3 s", "12 min 5 s".</summary>
    public static string Seconds(double seconds) => seconds < 100 ? seconds.ToString(seconds < 10 ? "F2" : "F1", CultureInfo.InvariantCulture) + " s"
        : string.Create(CultureInfo.InvariantCulture, $"{(long)seconds / 60} min {(long)seconds % 60} s");

    /// <summary>"1 image", "12,345 images".</summary>
    public static string Images(long count) => $"{Plots.Markup.Count(count)} image{(count == 1 ? "" : "s")}";
}
