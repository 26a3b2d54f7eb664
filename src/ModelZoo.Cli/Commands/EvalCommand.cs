using System.CommandLine;
using System.Globalization;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Spectre.Console;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo eval</c>: accuracy, loss, precision and recall on a data set.</summary>
internal static class EvalCommand
{
    internal static Command Create()
    {
        var model = new Argument<string[]>("model")
        {
            Description = "A model (lenet5), a model with weights (lenet5:mnist), or a checkpoint file; of several, the average of their probabilities",
            Arity = ArgumentArity.OneOrMore,
        };
        var weights = new WeightsArgument();
        var program = new ProgramArgument();
        var data = new DataArgument();
        var split = DataArgument.CreateSplit();
        var tenCrop = new Option<bool>("--ten-crop") { Description = "Average the answers for the corners, the middle and their mirror images" };
        var top = new Option<int>("--top")
        {
            Description = "How many of the most probable classes the label may be among",
            HelpName = "k",
            DefaultValueFactory = _ => 5
        };
        var command = new Command("eval",
            "Measure a trained model's accuracy on a data set; several models vote as an ensemble.\n\nExample: zoo eval lenet5:mnist --data "
            + "mnist:data/mnist") { model, split, tenCrop, top };
        data.AddTo(command);
        weights.AddTo(command);
        program.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            WeightsChoice choice = weights.Read(parsed);
            string[] specs = parsed.GetRequiredValue(model);
            if (specs.Length > 1 && choice.File is not null)
            {
                throw new UsageException("--weights goes with one model; name checkpoints to average several.");
            }

            int k = parsed.GetValue(top);
            return k < 1
                ? throw new UsageException($"--top {k}: it must be 1 or more.")
                : Run(session, specs, Open, data.Read(parsed), parsed.GetValue(split)!, parsed.GetValue(tenCrop), k);

            ResolvedModel Open(string spec) => Resolve(session, spec, program.Resolve(session, parsed, spec, choice));
        });
        return command;
    }

    private static int Run(
        Session session, string[] specs, Func<string, ResolvedModel> open, DataChoice choice, string part, bool tenCrop, int top)
    {
        LoaderOptions loader = choice.Loader with { Device = session.Device };
        List<ResolvedModel> models = [];
        List<IImageBatches> images = [];
        List<CompiledModel> compiled = [];
        try
        {
            models.AddRange(specs.Select(open));
            PredictionTask task = models[0].Task;
            if (task.Kind != TaskKind.Classes && (models.Count > 1 || tenCrop))
            {
                throw new UsageException($"{(tenCrop ? "--ten-crop" : "An ensemble")} averages probabilities of classes; {specs[0]} predicts "
                    + $"{(task.Kind == TaskKind.Regression ? "a number" : "several labels")}.");
            }

            LabeledImages data = (choice with { Labels = choice.Labels with { Kind = task.Kind } }).OpenPart(session, part);
            FolderSummaries.Say(session, data);
            data = DataChoice.Matched(session, data, models[0]);
            images.AddRange(models.Select(m => TransferLearning.PreprocessingToMeasure(data, m.Preprocessing))
                .Select(p => tenCrop ? TenCrop.Open(data, p, loader) : ImageBatches.Open(data, p, null, loader)));
            string name = string.Join(" + ", specs);
            compiled.AddRange(models.Select(m => m.Compile()));
            Measurement measured = task.Kind == TaskKind.Classes
                ? Evaluator.Evaluate([.. models.Select((m, i) =>
                    Averaged(Reordered.By(compiled[i].AsModule(), m.Labels, models[0].Labels, specs[i]), images[i]))],
                    batchSize: tenCrop ? 16 : 256, top: top)
                : Evaluator.Measure(compiled[0].AsModule(), images[0], task);
            DataChoice.Report(session, [.. images]);
            if (!double.IsFinite(measured.Loss))
            {
                throw new ZooException($"{name} on {data.Name}: the loss is {measured.Loss}, because the network's output is not finite.");
            }

            Show(session, name, data, measured);
            return 0;
        }
        finally
        {
            images.ForEach(i => i.Dispose());
            compiled.ForEach(c => c.Dispose());
            models.ForEach(m => m.Dispose());
        }

        (nn.Module<Tensor, Tensor> Network, IBatchSource Images) Averaged(nn.Module<Tensor, Tensor> network, IBatchSource images) =>
            (tenCrop ? TenCrop.Average(network) : network, images);
    }

    private static ResolvedModel Resolve(Session session, string spec, ResolvedModel resolved)
    {
        resolved.RequirePredictions("zoo eval");
        if (!resolved.Trained)
        {
            session.Say($"{spec} has fresh weights, not trained ones: expect the accuracy of guessing. Trained: "
                + $"{string.Join(" ", Session.Catalog.Models.SelectMany(m => m.Weights.Select(w => $"{m.Name}:{w.Name}")))}, or a checkpoint.");
        }

        return resolved;
    }

    private static void Show(Session session, string name, LabeledImages data, Measurement measured)
    {
        switch (measured)
        {
            case EvaluationResult classes:
                Show(session, name, data, classes);
                break;
            case MultiLabelResult labels:
                Show(session, name, data, labels);
                break;
            case RegressionResult numbers:
                Show(session, name, data, numbers);
                break;
        }
    }

    private static void Show(Session session, string name, LabeledImages data, RegressionResult numbers)
    {
        session.Show(new
        {
            model = name,
            data = data.Name,
            images = numbers.Count,
            numbers.R2,
            numbers.MeanSquaredError,
            numbers.RootMeanSquaredError,
            numbers.MeanAbsoluteError,
            seconds = numbers.Elapsed.TotalSeconds,
        }, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} on {data.Name}: R² {numbers.R2:F4}, root mean squared error ")
            + string.Create(CultureInfo.InvariantCulture, $"{numbers.RootMeanSquaredError:G5}, mean absolute error {numbers.MeanAbsoluteError:G5}, ")
            + $"{Tables.Count(numbers.Count)} images in {Tables.Seconds(numbers.Elapsed.TotalSeconds)}"));
    }

    private static void Show(Session session, string name, LabeledImages data, MultiLabelResult result)
    {
        session.Show(new
        {
            model = name,
            data = data.Name,
            images = result.Count,
            result.MeanAveragePrecision,
            result.MeanF1,
            result.ExactMatch,
            loss = result.Loss,
            seconds = result.Elapsed.TotalSeconds,
            labels = result.Labels.Select(l => new { label = l.Name, l.Count, l.AveragePrecision, l.Threshold, l.Precision, l.Recall, l.F1 }),
        }, console =>
        {
            var table = Tables.New("label", ">images", ">average precision", ">threshold", ">precision", ">recall", ">F1");
            foreach (LabelResult l in result.Labels)
            {
                table.Row(l.Name, Tables.Count(l.Count), l.Count == 0 ? "" : Tables.Percent(l.AveragePrecision), Tables.Number(l.Threshold),
                    Tables.Percent(l.Precision), Tables.Percent(l.Recall), Tables.Percent(l.F1));
            }

            console.Write(table);
            console.WriteLine($"{name} on {data.Name}: mean average precision {Tables.Percent(result.MeanAveragePrecision)}, all labels right "
                + $"{Tables.Percent(result.ExactMatch)}, loss {result.Loss.ToString("F4", CultureInfo.InvariantCulture)}, {Tables.Count(result.Count)} images "
                + $"in {Tables.Seconds(result.Elapsed.TotalSeconds)}");
        });
    }

    private static void Show(Session session, string name, LabeledImages data, EvaluationResult result)
    {
        var classes = result.Classes.Select(c => new { label = c.Name, c.Count, c.Precision, c.Recall, c.F1 }).ToArray();
        session.Show(new
        {
            model = name,
            data = data.Name,
            images = result.Count,
            folders = FolderSummaries.Of(data),
            accuracy = result.Accuracy,
            result.Top,
            result.TopAccuracy,
            loss = result.Loss,
            result.MeanF1,
            seconds = result.Elapsed.TotalSeconds,
            classes,
            confusion = Rows(result.Confusion),
            normalizedConfusion = Rows(result.NormalizedConfusion()),
        }, console =>
        {
            var table = Tables.New("class", ">images", ">precision", ">recall", ">F1", "most often taken for");
            foreach (int c in Enumerable.Range(0, classes.Length).Where(c => classes[c].Count > 0))
            {
                table.Row(classes[c].label, Tables.Count(classes[c].Count), Tables.Percent(classes[c].Precision), Tables.Percent(classes[c].Recall),
                    Tables.Percent(classes[c].F1), TakenFor(result, c));
            }

            console.Write(table);
            if (classes.Count(c => c.Count == 0) is > 0 and var lacking)
            {
                console.WriteLine($"{Tables.Count(lacking)} of the model's {Tables.Count(classes.Length)} classes {(lacking == 1 ? "has" : "have")} no images "
                    + "in this data.");
            }

            console.WriteLine($"{name} on {data.Name}: accuracy {Tables.Percent(result.Accuracy)}, top {result.Top} {Tables.Percent(result.TopAccuracy)}, loss "
                + $"{result.Loss:F4}, {Tables.Count(result.Count)} images in {Tables.Seconds(result.Elapsed.TotalSeconds)}");
        });
    }

    private static string TakenFor(EvaluationResult result, int label)
    {
        int other = Enumerable.Range(0, result.Classes.Count).Where(p => p != label).DefaultIfEmpty(label).MaxBy(p => result.Confusion[label, p]);
        return other == label || result.Confusion[label, other] == 0 ? "" : $"{result.Classes[other].Name} ({Tables.Count(result.Confusion[label, other])})";
    }

    private static T[][] Rows<T>(T[,] matrix) =>
        [.. Enumerable.Range(0, matrix.GetLength(0)).Select(i => Enumerable.Range(0, matrix.GetLength(1)).Select(j => matrix[i, j]).ToArray())];
}
