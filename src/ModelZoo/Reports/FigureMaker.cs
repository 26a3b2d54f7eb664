using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Statistics;
using ModelZoo.Training;

namespace ModelZoo.Reports;

/// <summary>An image that was chosen to be looked at.</summary>
/// <param name="List">Which list.</param>
/// <param name="Picture">All but the pixels.</param>
internal sealed record PictureChoice(string List, ReportedPicture Picture);

/// <summary>Makes figures of what a network gave, and chooses images.</summary>
/// <param name="model">The model.</param>
/// <param name="data">The images.</param>
/// <param name="outputs">[N,K] of those that could be read.</param>
/// <param name="read">[N] their places in the data.</param>
/// <param name="seed">Decides the resamples.</param>
internal sealed class FigureMaker(ResolvedModel model, LabeledImages data, OutputRecorder outputs, int[] read, ulong seed)
{
    private const int MostDrawn = 500; // numbers in a plot

    public (PictureChoice[] Choices, ModelReport Report) Make(Measurement measured, JudgedModule? judged, int most, ModelReport report) => measured switch
    {
        EvaluationResult classes => (OfClasses(most), report with { Classes = Figures(classes, judged) }),
        MultiLabelResult labels => (OfLabels(most), report with { Labels = Figures(labels) }),
        RegressionResult numbers => (OfNumbers(most), report with { Number = Figures(numbers) }),
        _ => throw new NotSupportedException(measured.GetType().Name),
    };

    private IReadOnlyList<string> Names => model.Labels;

    private int Label(int i) => data.Labels[read[i]];

    // ---- one class of several

    private ClassFigures Figures(EvaluationResult result, JudgedModule? judged)
    {
        int[] labels = [.. Enumerable.Range(0, outputs.Count).Select(Label)], said = [.. Enumerable.Range(0, outputs.Count).Select(Said)];
        double[] certainty = [.. Enumerable.Range(0, outputs.Count).Select(i => Probabilities(i)[said[i]])];
        int classes = Names.Count;
        IReadOnlyList<Interval?> f1 = Bootstrap.F1(labels, said, outputs.Outputs, seed: seed);
        return new()
        {
            Accuracy = result.Accuracy,
            AccuracyInterval = result.AccuracyInterval,
            MostFrequent = labels.GroupBy(l => l).Max(g => g.Count()) / (double)labels.Length,
            Top = result.Top,
            TopAccuracy = result.TopAccuracy,
            Loss = result.Loss,
            MeanF1 = result.MeanF1,
            MeanF1Interval = f1[^1],
            CalibrationError = Certainty.CalibrationError(certainty, result.Hits),
            Reliability = Certainty.Bins(certainty, result.Hits),
            Classes = [.. result.Classes.Select((c, i) => new ReportedClass(c.Name, c.Count, c.Called, c.Precision, c.Recall, c.F1) { F1Interval = f1[i] })],
            Confusion = classes > ClassFigures.MostConfused ? null
                : [.. Enumerable.Range(0, classes).Select(l => (IReadOnlyList<int>)[.. Enumerable.Range(0, classes).Select(p => result.Confusion[l, p])])],
            Mistakes = [.. labels.Zip(said).Where(p => p.First != p.Second).GroupBy(p => p).OrderByDescending(g => g.Count()).ThenBy(g => g.Key)
                .Select(g => new Mistake(Names[g.Key.First], Names[g.Key.Second], g.Count()))],
            Answered = judged?.Result(labels),
        };
    }

    private PictureChoice[] OfClasses(int most)
    {
        int[] all = [.. Enumerable.Range(0, outputs.Count)];
        double[] certainty = [.. all.Select(i => Probabilities(i)[Said(i)])], right = [.. all.Select(i => Probabilities(i)[Label(i)])];
        return
        [
            .. all.Where(i => Said(i) != Label(i)).OrderBy(i => right[i]).ThenByDescending(i => certainty[i]).Take(most).Select(i => Choice("wrong", i)),
            .. all.OrderBy(i => certainty[i]).Take(most).Select(i => Choice("unsure", i)),
            .. all.OrderByDescending(i => certainty[i]).Take(most).Select(i => Choice("sure", i)),
        ];

        PictureChoice Choice(string list, int i) => new(list, new(read[i], data.NameOf(read[i]), Names[Label(i)], Names[Said(i)], certainty[i])
        {
            Output = Said(i),
            About = Names[Said(i)],
            RightOutput = Said(i) == Label(i) ? null : Label(i),
        });
    }

    private int Said(int i)
    {
        ReadOnlySpan<float> row = outputs.Row(i);
        int largest = 0;
        for (int c = 1; c < row.Length; c++)
        {
            largest = row[c] > row[largest] ? c : largest;
        }

        return largest;
    }

    // The temperature of a calibrated model is in the outputs already.
    private double[] Probabilities(int i)
    {
        var probabilities = new double[outputs.Outputs];
        Temperature.Softmax(outputs.Row(i), 1, probabilities);
        return probabilities;
    }

    // ---- several labels

    private LabelFigures Figures(MultiLabelResult result)
    {
        (int count, int columns) = (outputs.Count, outputs.Outputs);
        double[] probability = [.. Enumerable.Range(0, count * columns).Select(j => Probability(j / columns, j % columns))];
        bool[] there = [.. Enumerable.Range(0, count * columns).Select(j => There(j / columns, j % columns))],
            said = [.. probability.Select((p, j) => p >= model.Task.ThresholdOf(j % columns))];
        IReadOnlyList<Interval?> f1 = Bootstrap.Percentiles(count, columns + 1, (drawn, figures) =>
        {
            ReadOnlySpan<int> times = drawn.Span;
            (double sum, int shown) = (0, 0);
            for (int c = 0; c < columns; c++)
            {
                (long both, long either, long own) = (0, 0, 0);
                for (int i = 0; i < times.Length; i++)
                {
                    int j = (i * columns) + c;
                    both += there[j] && said[j] ? times[i] : 0;
                    either += (there[j] ? times[i] : 0) + (said[j] ? times[i] : 0);
                    own += there[j] ? times[i] : 0;
                }

                figures[c] = either == 0 ? double.NaN : 2.0 * both / either;
                (sum, shown) = own > 0 ? (sum + figures[c], shown + 1) : (sum, shown);
            }

            figures[columns] = shown == 0 ? double.NaN : sum / shown;
        }, (int)Math.Clamp(100_000_000L / Math.Max(1, (long)count * columns), 200, Bootstrap.Resamples), seed);
        return new(result.MeanAveragePrecision, result.MeanAveragePrecisionInterval, result.ExactMatch, result.ExactMatchInterval, result.MeanF1, f1[^1],
            result.Loss, Certainty.CalibrationError(probability, there), Certainty.Bins(probability, there),
            [.. result.Labels.Select((l, c) => new ReportedClass(l.Name, l.Count, Enumerable.Range(0, count).Count(i => said[(i * columns) + c]), l.Precision,
                l.Recall, l.F1) { F1Interval = f1[c], Threshold = l.Threshold, AveragePrecision = l.Count == 0 ? null : l.AveragePrecision })]);
    }

    private PictureChoice[] OfLabels(int most)
    {
        int[] all = [.. Enumerable.Range(0, outputs.Count)], columns = [.. Enumerable.Range(0, outputs.Outputs)];
        double Missed(int i, int c) => There(i, c) ? 1 - Probability(i, c) : Probability(i, c); // how wrong the label is
        double Doubt(int i, int c) => -Math.Abs(Probability(i, c) - model.Task.ThresholdOf(c));
        bool Wrong(int i, int c) => Says(i, c) != There(i, c);
        int Worst(int i) => columns.Where(c => Wrong(i, c)).MaxBy(c => Missed(i, c));
        return
        [
            .. all.Where(i => columns.Any(c => Wrong(i, c))).OrderByDescending(i => Missed(i, Worst(i))).Take(most).Select(i => Choice("wrong", i, Worst(i))),
            .. all.OrderByDescending(i => columns.Max(c => Doubt(i, c))).Take(most).Select(i => Choice("unsure", i, columns.MaxBy(c => Doubt(i, c)))),
            .. all.OrderBy(i => columns.Max(c => Doubt(i, c))).Take(most).Select(i => Choice("sure", i, columns.MaxBy(c => Probability(i, c)))),
        ];

        PictureChoice Choice(string list, int i, int about) => new(list, new(read[i], data.NameOf(read[i]), List(columns.Where(c => There(i, c))),
            List(columns.Where(c => Says(i, c))), Probability(i, about))
        { Output = about, About = Names[about] });

        string List(IEnumerable<int> labels) => string.Join(", ", labels.Select(c => Names[c])) is { Length: > 0 } text ? text : "none";
    }

    private double Probability(int i, int c) => 1 / (1 + Math.Exp(-outputs.Row(i)[c]));

    private bool Says(int i, int c) => Probability(i, c) >= model.Task.ThresholdOf(c);

    private bool There(int i, int c) => data.Targets!.Row(Label(i))[c] > 0.5f;

    // ---- a number

    private NumberFigures Figures(RegressionResult result)
    {
        double[] predicted = [.. Enumerable.Range(0, outputs.Count).Select(Predicted)], actual = [.. Enumerable.Range(0, outputs.Count).Select(Actual)];
        IReadOnlyList<Interval?> intervals = Bootstrap.Percentiles(outputs.Count, 2, (drawn, figures) =>
        {
            (double squared, double absolute) = (0, 0);
            for (int i = 0; i < drawn.Length; i++)
            {
                double error = predicted[i] - actual[i];
                squared += drawn.Span[i] * error * error;
                absolute += drawn.Span[i] * Math.Abs(error);
            }

            (figures[0], figures[1]) = (Math.Sqrt(squared / drawn.Length), absolute / drawn.Length);
        }, seed: seed);
        int most = Math.Min(MostDrawn, outputs.Count);
        int[] drawn = [.. Enumerable.Range(0, most).Select(k => (int)((long)k * outputs.Count / most))];
        return new(Names[0], result.R2, result.R2Interval, result.RootMeanSquaredError, intervals[0], result.MeanAbsoluteError, intervals[1],
            [.. drawn.Select(i => predicted[i])], [.. drawn.Select(i => actual[i])]);
    }

    private PictureChoice[] OfNumbers(int most)
    {
        int[] all = [.. Enumerable.Range(0, outputs.Count)];
        return
        [
            .. all.OrderByDescending(Error).Take(most).Select(i => Choice("wrong", i)),
            .. all.OrderBy(Error).Take(most).Select(i => Choice("sure", i)),
        ];

        double Error(int i) => Math.Abs(Predicted(i) - Actual(i));

        PictureChoice Choice(string list, int i) => new(list, new(read[i], data.NameOf(read[i]), ReportText.Value(Actual(i)), ReportText.Value(Predicted(i)),
            Predicted(i))
        { Output = 0, About = Names[0] });
    }

    private double Predicted(int i) => (outputs.Row(i)[0] * model.Task.Scale) + model.Task.Offset;

    private double Actual(int i) => data.Targets!.Row(Label(i))[0];
}
