using ModelZoo.Data;
using ModelZoo.Statistics;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary><c>zoo finetune … --learning-curve</c>: whether more pictures would help.</summary>
internal static class LearningCurveView
{
    internal static int Show(Session session, string name, LabeledImages train, LabeledImages test, LearningCurve curve)
    {
        string sentence = curve.Sentence();
        session.Show(new
        {
            model = name,
            data = train.Name,
            testData = test.Name,
            testImages = curve.Tested,
            points = curve.Pictures.Select((n, i) => new { images = n, accuracy = 1 - curve.Errors[i], accuracyInterval = Accuracy(curve.ErrorIntervals[i]) }),
            curve.Law,
            outlookImages = curve.Outlook,
            outlookAccuracy = 1 - curve.Law.At(curve.Outlook),
            outlookInterval = Accuracy(curve.OutlookError),
            curve.Gain,
            curve.GainInterval,
            sentence,
        }, console =>
        {
            var table = Tables.New(">pictures", ">test accuracy", ">95 % confidence", ">by the law");
            for (int i = 0; i < curve.Pictures.Count; i++)
            {
                table.Row(Tables.Count(curve.Pictures[i]), Tables.Percent(1 - curve.Errors[i]), Accuracy(curve.ErrorIntervals[i]).Percent(),
                    Tables.Percent(1 - curve.Law.At(curve.Pictures[i])));
            }

            table.Row(Tables.Count(curve.Outlook), "", Accuracy(curve.OutlookError).Percent(), Tables.Percent(1 - curve.Law.At(curve.Outlook)));
            console.Write(table);
            console.WriteLine($"{name}: new heads on parts of {train.Name}, tested on {Tables.Count(curve.Tested)} pictures of {test.Name}");
            console.WriteLine(sentence);
        });
        return 0;
    }

    private static Interval Accuracy(Interval error) => new(1 - error.High, 1 - error.Low);
}
