using ModelZoo.Data;
using ModelZoo.Training;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>What <c>train</c> and <c>finetune</c> print at the end.</summary>
internal static class TrainingReport
{
    internal static int Show(Session session, string name, LabeledImages train, DataSource source, TrainingResult result, string path, string? folder = null)
    {
        var epochs = result.Epochs.Select(e => new { e.Epoch, e.Loss, e.TrainAccuracy, e.TestAccuracy, e.Seconds }).ToArray();
        session.Show(new
        {
            model = name,
            data = train.Name,
            images = train.Count,
            epochs,
            testAccuracy = result.TestAccuracy,
            seconds = result.Elapsed.TotalSeconds,
            checkpoint = path,
            run = folder,
            bestEpoch = result.BestEpoch,
            stoppedEarly = result.StoppedEarly,
            interrupted = result.Canceled
        }, console =>
        {
            var table = Tables.New(">epoch", ">loss", ">train accuracy", ">test accuracy", ">time");
            foreach (var e in epochs)
            {
                table.Row($"{e.Epoch}", $"{e.Loss:F4}", Tables.Percent(e.TrainAccuracy), e.TestAccuracy is { } a
                    ? Tables.Percent(a)
                    : "", Tables.Seconds(e.Seconds));
            }

            console.Write(table);
            console.WriteLine($"{name} on {train.Name} ({Tables.Count(train.Count)} images): test accuracy "
                + $"{(result.TestAccuracy is { } t ? Tables.Percent(t) : "not measured")}, {Tables.Seconds(result.Elapsed.TotalSeconds)}");
            if (result.StoppedEarly)
            {
                console.WriteLine($"stopped early: epoch {result.BestEpoch} was the best");
            }

            console.WriteLine($"checkpoint: {path}" + (folder is null ? "" : $"   log, curves and best checkpoint: {folder}"));
            console.WriteLine($"next: zoo eval {path} --data {source}   zoo verify {path}");
        });
        if (!result.Canceled)
        {
            return 0;
        }

        session.Say($"zoo: interrupted; the state so far is kept in {path}." + (folder is null ? "" : $" Go on with: zoo train --resume {folder}"));
        return 1;
    }
}
