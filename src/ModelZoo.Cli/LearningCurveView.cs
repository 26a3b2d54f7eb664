using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Statistics;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary><c>zoo finetune … --learning-curve</c>: whether more pictures would help.</summary>
internal static class LearningCurveView
{
    internal static int Show(Session session, string name, LabeledImages train, LabeledImages test, LearningCurve curve)
    {
        string sentence = Sentence(curve);
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

    /// <summary>Whether more pictures would help, and by how much.</summary>
    internal static string Sentence(LearningCurve curve)
    {
        string points = string.Create(CultureInfo.InvariantCulture, $"{100 * curve.Gain:+0.0;−0.0;0.0} points ({100 * curve.GainInterval.Low:+0.0;−0.0;0.0} … ")
            + string.Create(CultureInfo.InvariantCulture, $"{100 * curve.GainInterval.High:+0.0;−0.0;0.0} with 95 % confidence)");
        string twice = $"twice as many pictures ({Tables.Count(curve.Outlook)})";
        return curve.GainInterval.Low > 0 ? $"More pictures would help: {twice} bring about {points}, if the error goes on falling as it did."
            : curve.GainInterval.High < 0.005 ? $"More pictures of this kind would hardly help: {twice} bring about {points}."
            : $"It is not shown that more pictures would help: {twice} bring about {points}.";
    }

    private static Interval Accuracy(Interval error) => new(1 - error.High, 1 - error.Low);
}
