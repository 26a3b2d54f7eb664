using ModelZoo.Statistics;
using ModelZoo.Training;

namespace ModelZoo.Cli;

/// <summary><c>zoo eval a b --paired</c>: whether one of two models is better, on the same images.</summary>
internal static class PairedEvaluation
{
    internal static int Run(Session session, string[] specs, EvalSet set, int top)
    {
        EvaluationResult[] results = [.. Enumerable.Range(0, 2).Select(i => set.Alone(i, top))];
        set.Report(session);
        for (int i = 0; i < 2; i++)
        {
            Commands.EvalCommand.MustBeFinite(specs[i], set.Data, results[i]);
        }

        if (results[0].Count != results[1].Count)
        {
            throw new ZooException($"{set.Data.Name}: {specs[0]} could be shown {results[0].Count} images and {specs[1]} {results[1].Count}; a paired "
                + "comparison needs the same ones. Leave out --on-bad-image skip to see which.");
        }

        PairedTest test = PairedTest.Of(results[0].Hits, results[1].Hits);
        Interval difference = test.Bootstrap((ulong)session.Seed);
        string sentence = test.Sentence(specs[0], specs[1], difference);
        session.Show(new
        {
            data = set.Data.Name,
            images = test.Count,
            tta = set.Views?.Name,
            models = specs.Select((model, i) => new { model, accuracy = results[i].Accuracy, results[i].AccuracyInterval, loss = results[i].Loss }),
            test.Both,
            test.FirstOnly,
            test.SecondOnly,
            test.Neither,
            test.Difference,
            differenceInterval = difference,
            test.P,
            test.Decided,
            sentence,
        }, console =>
        {
            var table = Tables.New("model", ">accuracy", ">95 % confidence", ">right where the other is wrong", ">loss");
            int[] alone = [test.FirstOnly, test.SecondOnly];
            for (int i = 0; i < 2; i++)
            {
                table.Row(specs[i], Tables.Percent(results[i].Accuracy), results[i].AccuracyInterval.Percent(), Tables.Count(alone[i]),
                    results[i].Loss.ToString("F4", System.Globalization.CultureInfo.InvariantCulture));
            }

            console.Write(table);
            console.WriteLine($"on {set.Data.Name}, {Tables.Count(test.Count)} images, of which {Tables.Count(test.Both)} are right with both and "
                + $"{Tables.Count(test.Neither)} with neither");
            console.WriteLine(sentence);
        });
        return 0;
    }
}
