using System.Globalization;
using System.Text;
using ModelZoo.Data;
using ModelZoo.Drawing;
using ModelZoo.Plots;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Reports;

/// <summary>A report as one HTML page that needs nothing else: no script, no network, its pictures within. It is well-formed XML, too.</summary>
public static class ReportPage
{
    private const string Style = """
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.8rem; margin: 1rem 0; }
        .facts > div { border: 1px solid var(--rule); border-radius: 6px; padding: 0.5rem 0.8rem; background: var(--panel); }
        .facts dt, .facts dd { display: block; } .facts dt { font-size: 0.87rem; } .facts dd { font-size: 1.25rem; font-weight: 600; }
        .facts small { display: block; font-size: 0.8rem; font-weight: 400; }
        p.warning { color: var(--open); background: var(--open-back); padding: 0.5rem 0.8rem; border-radius: 4px; max-width: none; }
        nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; padding: 0; margin: 0.6rem 0; list-style: none; }
        ul.shown { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1rem; padding: 0; margin: 0.8rem 0;
        list-style: none; align-items: start; }
        ul.three { grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); }
        ul.shown > li { border: 1px solid var(--rule); border-radius: 6px; padding: 0.6rem; background: var(--panel); min-width: 0; }
        ul.shown p { font-size: 0.87rem; } ul.shown p.file { color: var(--soft); font-size: 0.78rem; }
        .views { display: flex; gap: 0.5rem; align-items: flex-start; } .views > figure { flex: 1 1 0; }
        .views figcaption { font-weight: 400; font-size: 0.78rem; color: var(--soft); margin: 0.2rem 0 0; }
        .right { color: var(--ok); font-weight: 600; } .wrong { color: var(--bad); font-weight: 600; }
        .scale { display: inline-block; width: 7rem; height: 0.7rem; border-radius: 3px; vertical-align: baseline; border: 1px solid var(--rule); }
        pre.text { white-space: pre-wrap; overflow-wrap: anywhere; width: auto; min-width: 0; } details { margin: 0.6rem 0; }
        """;

    /// <summary>Writes the page.</summary>
    public static string Write(ModelReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        (string Id, string Title, string Body)[] sections =
        [
            ("data", "Data", Data(report)),
            ("training", "Training", report.Training is { } training ? Training(training, report) : ""),
            ("figures", "Figures", report.Classes is { } c ? ClassSections.Figures(c) : report.Labels is { } l ? ClassSections.Figures(l)
                : report.Number is { } n ? ClassSections.Figures(n) : ""),
            .. report.Pictures.Select(list => (list.Kind, list.Title, PictureSection.Html(list, report))),
            ("made", "How it was made", Made(report)),
        ];
        sections = [.. sections.Where(s => s.Body.Length > 0)];
        return PageFrame.Write($"{report.Model} on {report.Data}",
            $"""
            <header>
            <h1>{Escape(report.Model)} on {Escape(report.Data)}</h1>
            <p class="headline ok">{Escape(Headline(report))}</p>
            {string.Concat(report.Warnings.Select(w => $"<p class=\"warning\">{Escape(w)}</p>\n"))}{Facts(report)}
            <nav aria-label="Sections"><ul>{string.Concat(sections.Select(s => $"<li><a href=\"#{s.Id}\">{Escape(s.Title)}</a></li>"))}</ul></nav>
            </header>
            <main>
            {string.Concat(sections.Select(Section))}
            </main>
            """, $"{FigureWriter.Style}\n{PagePicture.Style}\n{Style}", images: true);
    }

    /// <summary>Writes the page and the same numbers as JSON, each whole or not at all.</summary>
    /// <param name="report">The report.</param>
    /// <param name="page">"report.html".</param>
    /// <param name="json">"report.json"; null for none.</param>
    /// <exception cref="ZooException">A file cannot be written.</exception>
    public static void Save(ModelReport report, string page, string? json)
    {
        ArgumentNullException.ThrowIfNull(report);
        byte[] html = Encoding.UTF8.GetBytes(Write(report));
        if (json is not null)
        {
            byte[] numbers = Encoding.UTF8.GetBytes(report.ToJson() + "\n");
            AtomicFile.Write(json, stream => stream.Write(numbers));
        }

        AtomicFile.Write(page, stream => stream.Write(html));
    }

    private static string Section((string Id, string Title, string Body) s) =>
        $"<section id=\"{s.Id}\" aria-labelledby=\"h-{s.Id}\"><h2 id=\"h-{s.Id}\">{Escape(s.Title)}</h2>\n{s.Body}</section>\n";

    private static string Headline(ModelReport report) => report switch
    {
        { Classes: { } c } => $"{ReportText.Percent(c.Accuracy)} of {ReportText.Images(report.Images)} right; of all such images, with 95 % confidence, "
            + $"{c.AccuracyInterval.Percent()}",
        { Labels: { } l } => $"mean average precision {ReportText.Percent(l.MeanAveragePrecision, l.MeanAveragePrecisionInterval)} on "
            + $"{ReportText.Images(report.Images)}; every label right in " + ReportText.Percent(l.ExactMatch, l.ExactMatchInterval),
        { Number: { } n } => $"{n.Name}: off by {ReportText.Value(n.MeanAbsoluteError, n.MeanAbsoluteErrorInterval)} on average, of "
            + $"{ReportText.Images(report.Images)}",
        _ => ReportText.Images(report.Images),
    };

    private static string Facts(ModelReport report)
    {
        (string Term, string Value, string Note)[] facts = report switch
        {
            { Classes: { } c } =>
            [
                ("Accuracy", ReportText.Percent(c.Accuracy), $"{c.AccuracyInterval.Percent()}"),
                ("Always the most frequent class", ReportText.Percent(c.MostFrequent), "would be right so often"),
                .. c.Top > 1 && c.Top < c.Classes.Count ? new[] { ($"Among the {c.Top} likeliest", ReportText.Percent(c.TopAccuracy), "top accuracy") } : [],
                ("Mean F1", ReportText.Percent(c.MeanF1), c.MeanF1Interval is { } i ? i.Percent() : ""),
                ("Expected calibration error", ReportText.Percent(c.CalibrationError), "how far certainty lies from accuracy"),
                ("Loss", ReportText.Value(c.Loss), "mean cross entropy"),
            ],
            { Labels: { } l } =>
            [
                ("Mean average precision", ReportText.Percent(l.MeanAveragePrecision), l.MeanAveragePrecisionInterval is { } m ? m.Percent() : ""),
                ("Every label right", ReportText.Percent(l.ExactMatch), l.ExactMatchInterval.Percent()),
                ("Mean F1", ReportText.Percent(l.MeanF1), l.MeanF1Interval is { } i ? i.Percent() : ""),
                ("Expected calibration error", ReportText.Percent(l.CalibrationError), "over all images and labels"),
                ("Loss", ReportText.Value(l.Loss), "mean binary cross entropy"),
            ],
            { Number: { } n } =>
            [
                ("R²", ReportText.Value(n.R2), n.R2Interval is { } r ? $"{ReportText.Value(r.Low)} – {ReportText.Value(r.High)}" : ""),
                ("Root mean squared error", ReportText.Value(n.RootMeanSquaredError),
                    n.RootMeanSquaredErrorInterval is { } s ? $"{ReportText.Value(s.Low)} – {ReportText.Value(s.High)}" : ""),
                ("Mean absolute error", ReportText.Value(n.MeanAbsoluteError),
                    n.MeanAbsoluteErrorInterval is { } a ? $"{ReportText.Value(a.Low)} – {ReportText.Value(a.High)}" : ""),
            ],
            _ => [],
        };
        IEnumerable<string> boxes = facts.Select(f => $"<div><dt>{Escape(f.Term)}</dt><dd>{Escape(f.Value)}<small>{Escape(f.Note)}</small></dd></div>\n");
        return $"<dl class=\"facts\">{string.Concat(boxes)}</dl>";
    }

    private static string Data(ModelReport report)
    {
        string[] labels = [.. report.Parts.SelectMany(p => p.Classes.Select(c => c.Label)).Distinct()];
        string text = string.Concat(report.Parts.Select(part => $"<p>{(part.Role == "training" ? "Trained on" : "Measured on")} <b>{Escape(part.Name)}</b>, "
            + $"{ReportText.Images(part.Images)}.</p>\n"));
        string[] bad = [.. report.Parts.SelectMany(p => p.Unreadable)];
        string counts = labels.Length == 0 ? "" : FigureWriter.Html(new TableFigure("Images of each class",
            ["class", .. report.Parts.Select(p => $">{p.Name}")],
            [.. labels.Select(label => (IReadOnlyList<string>)[label, .. report.Parts.Select(part => CountOf(part, label))])]));
        FolderSummary[] passed = [.. report.Folders.Where(f => f.PassedOver.Count > 0)];
        string others = report.Folders.Count == 0 ? "" : passed.Length == 0 ? "<p>No file was passed over.</p>\n"
            : $"<p>Files that are no pictures, passed over:</p>\n<ul>{string.Concat(passed.Take(50).Select(f => $"<li>{Escape(f.ToString())}</li>"))}"
                + $"{(passed.Length > 50 ? $"<li>and {Count(passed.Length - 50)} more folders</li>" : "")}</ul>\n";
        string unreadable = bad.Length == 0 ? ""
            : $"<details><summary>{ReportText.Images(bad.Length)} could not be read and {(bad.Length == 1 ? "was" : "were")} left out</summary>\n<ul>"
                + $"{string.Concat(bad.Take(200).Select(b => $"<li>{Escape(b)}</li>"))}"
                + $"{(bad.Length > 200 ? $"<li>and {Count(bad.Length - 200)} more</li>" : "")}</ul></details>\n";
        return text + counts + others + unreadable;

        static string CountOf(ReportedPart part, string label) => part.Classes.FirstOrDefault(c => c.Label == label) is { } found ? Count(found.Count) : "–";
    }

    private static string Training(ReportedTraining training, ModelReport report)
    {
        var task = new PredictionTask { Kind = report.Task };
        bool share = report.Task != TaskKind.Regression;
        string epochs = FigureWriter.Html(new TableFigure("Epochs",
            [">epoch", ">loss", .. share ? new[] { ">training" } : [], $">test {training.Metric}", ">rate", ">time"], [.. training.Epochs.Select(Row)]));
        string measured = training.MeasuredEpoch is { } epoch ? $" This report is about the weights after epoch {epoch}"
            + (training.BestEpoch is { } best ? best == epoch ? ", the best in the test." : $"; the best in the test was epoch {best}." : ".") : "";
        return $"<p>{Count(training.Epochs.Count)} epoch{(training.Epochs.Count == 1 ? "" : "s")} in {ReportText.Seconds(training.Seconds)}"
            + $"{(training.StoppedEarly ? ", ended early since nothing got better" : "")}.{measured}</p>\n"
            + $"<div class=\"figures\">\n{string.Concat(Curves.Plots(training.Epochs, task).Select(FigureWriter.Html))}</div>\n"
            + (training.Epochs.Count > 16 ? epochs : $"<details><summary>Every epoch</summary>\n{epochs}</details>\n"); // a long table folds itself

        IReadOnlyList<string> Row(EpochResult e) =>
        [
            e.Epoch.ToString(CultureInfo.InvariantCulture), e.Loss.ToString("F4", CultureInfo.InvariantCulture),
            .. share ? new[] { ReportText.Percent(e.TrainAccuracy) } : [],
            e.TestAccuracy is not { } a ? "" : share ? ReportText.Percent(a, e.TestInterval) : ReportText.Value(a),
            Number(e.LearningRate), ReportText.Seconds(e.Seconds),
        ];
    }

    private static string Made(ModelReport report)
    {
        string command = report.Command is { } c
            ? $"<h3>Run it again</h3>\n<pre class=\"text\">{Escape(c)}</pre>\n"
            : "";
        string recipe = report.Recipe is { } r
            ? $"<details><summary>Recipe</summary>\n<pre class=\"text\">{Lines(r.ToJsonString(ReportJson.Options))}</pre></details>\n"
            : "";
        (string, string)[] facts = [("Model", report.Source), .. report.Making.Select(m => (Term(m.Key), m.Value)),
            .. report.Machine.Where(m => !report.Making.ContainsKey(m.Key)).Select(m => (Term(m.Key), m.Value)),
            ("Picture to input", string.Join(" → ", report.Preprocessing)), ("This report took", ReportText.Seconds(report.Seconds))];
        return $"{command}{recipe}<dl>{string.Concat(facts.Select(f => $"<dt>{Escape(f.Item1)}</dt><dd>{Escape(f.Item2)}</dd>\n"))}</dl>\n"
            + "<p><small>Intervals have 95 % confidence: Wilson’s for shares of images, percentiles of resamples for F1, R² and errors. They are about chance "
            + "among images like these, not about images of another kind.</small></p>\n";

        static string Term(string key) => key switch
        {
            "createdBy" => "Made by",
            "dataSource" => "Source of the data",
            "dataLicense" => "License of the data",
            "testData" => "Tested on",
            "testAccuracy" => "Accuracy in training’s last test",
            "modelzoo" => "ModelZoo",
            "dotnet" => ".NET",
            "torch" => "libtorch",
            "os" => "System",
            "cpu" => "Processor",
            { Length: > 0 } other => char.ToUpperInvariant(other[0]) + other[1..],
            _ => key,
        };
    }

    // Escape makes one line of several.
    private static string Lines(string text) => string.Join('\n', text.Split('\n').Select(Escape));
}
