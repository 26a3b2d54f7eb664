using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Data.Loading;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo eval</c>: accuracy, loss, precision and recall on a data set.</summary>
internal static class EvalCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var weights = new WeightsArgument();
        var data = new DataArgument();
        var split = GlobalOptions.Choice("--split", "Which part of the data", "test", "test", "train");
        var tenCrop = new Option<bool>("--ten-crop") { Description = "Average the answers for the corners, the middle and their mirror images" };
        var command = new Command("eval", "Measure a trained model's accuracy on a data set.\n\nExample: zoo eval lenet5:mnist --data mnist:data/mnist") { model, split, tenCrop };
        data.AddTo(command);
        weights.AddTo(command);
        command.SetAction(parsed =>
        {
            Session session = Session.Open(parsed);
            DataSplit part = parsed.GetValue(split) == "train" ? DataSplit.Train : DataSplit.Test;
            return Run(session, parsed.GetRequiredValue(model), weights.Read(parsed), data.Read(parsed), part, parsed.GetValue(tenCrop));
        });
        return command;
    }

    private static int Run(Session session, string spec, WeightsChoice weights, DataChoice choice, DataSplit part, bool tenCrop)
    {
        LabelledImages data = choice.Open(part, limited: true);
        using ResolvedModel resolved = ModelArgument.Resolve(session, spec, weights);
        resolved.Info.RequireClasses("zoo eval");
        DataChoice.MustMatch(data, resolved);
        if (!resolved.Trained)
        {
            session.Say($"{spec} has fresh weights, not trained ones: expect the accuracy of guessing. Trained: {string.Join(" ", Session.Catalog.Models.SelectMany(m => m.Weights.Select(w => $"{m.Name}:{w.Name}")))}, or a checkpoint.");
        }

        Preprocessing preprocessing = TransferLearning.PreprocessingFor(data, resolved.Preprocessing);
        LoaderOptions loader = choice.Loader with { Device = session.Device };
        using IImageBatches images = tenCrop ? TenCrop.Open(data, preprocessing, loader) : ImageBatches.Open(data, preprocessing, null, loader);
        EvaluationResult result = tenCrop ? Evaluator.Evaluate(TenCrop.Average(resolved.Model), images, batchSize: 16) : Evaluator.Evaluate(resolved.Model, images);
        DataChoice.Report(session, images);
        var classes = result.Classes.Select(c => new { label = c.Name, c.Count, c.Precision, c.Recall }).ToArray();
        session.Show(new { model = spec, data = data.Name, images = result.Count, accuracy = result.Accuracy, loss = result.Loss, seconds = result.Elapsed.TotalSeconds, classes, confusion = Rows(result.Confusion) }, console =>
        {
            var table = Tables.New("class", ">images", ">precision", ">recall");
            foreach (var c in classes)
            {
                table.Row(c.label, Tables.Count(c.Count), Tables.Percent(c.Precision), Tables.Percent(c.Recall));
            }

            console.Write(table);
            console.WriteLine($"{spec} on {data.Name}: accuracy {Tables.Percent(result.Accuracy)}, loss {result.Loss:F4}, {Tables.Count(result.Count)} images in {Tables.Seconds(result.Elapsed.TotalSeconds)}");
        });
        return 0;
    }

    private static int[][] Rows(int[,] matrix) =>
        [.. Enumerable.Range(0, matrix.GetLength(0)).Select(i => Enumerable.Range(0, matrix.GetLength(1)).Select(j => matrix[i, j]).ToArray())];
}
