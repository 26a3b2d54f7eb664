using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Inference.Quantization;
using ModelZoo.Loading;
using ModelZoo.Statistics;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using Spectre.Console;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo quantize</c>: a network that computes on bytes, from a trained one and pictures.</summary>
internal static class QuantizeCommand
{
    private const long BatchValues = 8L * 3 * 224 * 224;

    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var output = new Option<string>("--output", "-o") { Description = "The checkpoint to write", HelpName = "file", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var split = DataArgument.CreateSplit();
        var images = new Option<int>("--images")
        {
            Description = "How many of the pictures ranges are measured on",
            HelpName = "n",
            DefaultValueFactory = _ => 100,
        };
        var observer = GlobalOptions.Choice("--observer", "How the range of a value is chosen", "mse", "minmax", "percentile", "mse");
        var correction = new Option<bool>("--no-bias-correction") { Description = "Leave biases as they are" };
        var floats = GlobalOptions.Choice("--float", "Which of the first and the last layer stay in float32", "last", "none", "first", "last", "both");
        var layers = new Option<string[]>("--float-layer") { Description = "A layer that stays in float32; several times for several", HelpName = "name" };
        var drop = new Option<double?>("--max-drop")
        {
            Description = "Leave the worst layers in float32 until no more than so many points of top-1 are lost on the data",
            HelpName = "points",
        };
        var data = new DataArgument();
        var weights = new WeightsArgument();
        var command = new Command("quantize",
            "Make a network compute on bytes (int8), with ranges measured on pictures.\n\nExample: zoo quantize resnet20:cifar10 --data "
            + "folder:pictures -o int8.safetensors")
        {
            model, output, force, split, images, observer, correction, floats, layers, drop,
        };
        data.AddTo(command);
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            var options = new QuantizeOptions
            {
                Observer = Enum.Parse<RangeObserver>(parsed.GetValue(observer)!, ignoreCase: true),
                BiasCorrection = !parsed.GetValue(correction),
                FloatFirst = parsed.GetValue(floats) is "first" or "both",
                FloatLast = parsed.GetValue(floats) is "last" or "both",
                FloatLayers = parsed.GetValue(layers) ?? [],
                Cancellation = cancel,
            };
            int count = parsed.GetValue(images);
            double? most = parsed.GetValue(drop);
            return count < 1 ? throw new UsageException($"--images {count}: it must be 1 or more.")
                : most is { } points && !(points >= 0) ? throw new UsageException($"--max-drop {points}: it must be 0 or more.")
                : Run(session, new(parsed.GetRequiredValue(model), weights.Read(parsed), parsed.GetRequiredValue(output), parsed.GetValue(force)),
                    data.Read(parsed), parsed.GetValue(split)!, count, options, most);
        });
        return command;
    }

    private static int Run(Session session, Files files, DataChoice choice, string part, int images, QuantizeOptions options, double? most)
    {
        OutputFile.MustEndIn(files.Output, OutputFile.Checkpoint, "a checkpoint", advice: OutputFile.OtherFormats);
        OutputFile.MustBeNew(files.Output, files.Force);
        using ResolvedModel resolved = ModelArgument.Resolve(session, files.Model, files.Weights);
        resolved.RequireHead("zoo quantize");
        resolved.Model.to(CPU);
        if (!resolved.Trained)
        {
            session.Say($"{files.Model} has fresh weights, not trained ones: that is what is quantized.");
        }

        LabeledImages all = (choice with { Labels = choice.Labels with { Kind = choice.Source.HasColumns ? resolved.Task.Kind : TaskKind.Classes } })
            .OpenPart(session, part);
        LabeledImages? labeled = Labeled(session, all, resolved);
        var clock = Stopwatch.StartNew();
        List<Tensor> batches = Calibration(session, labeled ?? all, resolved, choice, images);
        try
        {
            using Quantizer quantizer = Quantizer.Calibrate(resolved.Model, batches, options with { Progress = Progress(session) });
            double calibrated = clock.Elapsed.TotalSeconds;
            QuantizationResult result = quantizer.Measure(quantizer.Chosen());
            var report = new Report(files.Output, resolved, result, (int)batches.Sum(b => b.shape[0]), calibrated);
            using IImageBatches pictures = Open(labeled ?? all, resolved, choice);
            var search = new DropSearch(resolved.Model, pictures, labeled is not null, (int)Batch(resolved), session.Cancel);
            QuantizedAnswers answers;
            if (most is { } points)
            {
                (IReadOnlySet<string> layers, answers) = search.Hold(quantizer, result.Costs, points, (left, tried) =>
                    session.Say(string.Create(CultureInfo.InvariantCulture, $"{left} layers more in float32: {tried.Drop:F2} points lost")));
                result = result with
                {
                    Info = quantizer.Info(layers),
                    Costs = [.. result.Costs.Select(c => c with { Bytes = layers.Contains(c.Layer) })],
                };
            }
            else
            {
                answers = search.Measure(result.Info);
            }

            if (resolved.Calibration is not null)
            {
                session.Say($"{files.Model} is calibrated, and {files.Output} is not: its outputs differ a little. Calibrate it with `zoo calibrate`.");
            }

            Save(files.Output, resolved, result.Info);
            report = report with { Result = result, Answers = answers, FloatAccuracy = search.FloatAccuracy, Labeled = labeled is not null };
            report.Show(session, pictures.Count, clock.Elapsed.TotalSeconds);
            return 0;
        }
        finally
        {
            batches.ForEach(static b => b.Dispose());
        }
    }

    // Null where the pictures have other classes than the network: they serve calibration and agreement.
    private static LabeledImages? Labeled(Session session, LabeledImages data, ResolvedModel resolved)
    {
        if (!resolved.Trained || resolved.Task.Kind != TaskKind.Classes || data.Targets is not null)
        {
            return null;
        }

        try
        {
            return DataChoice.Matched(session, data, resolved);
        }
        catch (ZooException other)
        {
            session.Say($"The pictures do not have the network's classes ({other.Message.TrimEnd('.')}): what is measured is how often both networks agree.");
            return null;
        }
    }

    private static List<Tensor> Calibration(Session session, LabeledImages data, ResolvedModel resolved, DataChoice choice, int images)
    {
        using IImageBatches pictures = Open(data.Take(Math.Min(images, data.Count)), resolved, choice);
        List<Tensor> batches = [];
        foreach (Batch read in pictures.InOrder((int)Batch(resolved)))
        {
            using Batch batch = read;
            batches.Add(batch.Inputs.clone().DetachFromDisposeScope());
        }

        DataChoice.Report(session, pictures);
        return batches;
    }

    private static IImageBatches Open(LabeledImages data, ResolvedModel resolved, DataChoice choice) =>
        ImageBatches.Open(data, TransferLearning.PreprocessingToMeasure(data, resolved.Preprocessing), null, choice.Loader with { Device = CPU });

    private static long Batch(ResolvedModel resolved) =>
        Math.Clamp(BatchValues / Math.Max(1, (long)resolved.Options.InChannels * resolved.Options.InputHeight * resolved.Options.InputWidth), 1, 100);

    private static Action<string, int, int> Progress(Session session)
    {
        (string? last, int tenth) = (null, -1);
        return (what, done, of) =>
        {
            int now = 10 * done / Math.Max(1, of);
            if (what != last || now > tenth)
            {
                (last, tenth) = (what, now);
                session.Say($"{what}: {done} of {of}");
            }
        };
    }

    // A calibration was measured of the outputs in float.
    private static void Save(string path, ResolvedModel resolved, QuantizationInfo info) =>
        Checkpoint.Save(path, resolved.Model, (resolved with { Calibration = null }).Describe() with { Quantization = info });

    private sealed record Files(string Model, WeightsChoice Weights, string Output, bool Force);

    private sealed record Report(string Output, ResolvedModel Model, QuantizationResult Result, int Images, double Calibrated)
    {
        public QuantizedAnswers? Answers { get; init; }

        public double FloatAccuracy { get; init; }

        public bool Labeled { get; init; }

        public void Show(Session session, int measured, double seconds) => session.Show(new
        {
            model = Model.Info.Name,
            output = Output,
            observer = Result.Info.Observer,
            calibrationImages = Images,
            images = measured,
            int8Layers = Result.Info.Layers.Count,
            layers = Result.Costs,
            outputNoise = Result.Noise,
            floatAccuracy = Labeled ? FloatAccuracy : (double?)null,
            floatAccuracyInterval = Labeled ? Interval.OfShare(FloatAccuracy, measured) : (Interval?)null,
            accuracy = Labeled ? Answers!.Accuracy : (double?)null,
            accuracyInterval = Labeled ? Interval.OfShare(Answers!.Accuracy, measured) : (Interval?)null,
            agreement = Answers!.Agreement,
            drop = Answers.Drop,
            unavailable = CompiledModel.QuantizationUnavailable,
            calibrationSeconds = Calibrated,
            seconds,
        }, console =>
        {
            var table = Tables.New("layer", ">weights", "computes on", ">own noise, dB", ">output noise, dB");
            foreach (LayerCost cost in Result.Costs)
            {
                table.Row(cost.Layer, Tables.Count(cost.Weights), cost.Bytes ? "int8" : "float32", Decibels(cost.OwnNoise), Decibels(cost.OutputNoise));
            }

            console.Write(table);
            string answers = Labeled
                ? $"top-1 {Tables.Percent(Answers!.Accuracy, Interval.OfShare(Answers.Accuracy, measured))}, in float32 "
                    + $"{Tables.Percent(FloatAccuracy, Interval.OfShare(FloatAccuracy, measured))} "
                    + string.Create(CultureInfo.InvariantCulture, $"({Answers.Drop:F2} points lost)")
                : $"top-1 as in float32 for {Tables.Percent(Answers!.Agreement)}";
            console.WriteLine($"{Output}: {Model.Info.Name} with {Result.Info.Layers.Count} of {Result.Costs.Count} layers in int8 ({Result.Info.Observer}, "
                + $"{Tables.Count(Images)} pictures); on {Tables.Count(measured)} pictures {answers}; calibrated in {Tables.Seconds(Calibrated)}, "
                + $"{Tables.Seconds(seconds)} in all");
            if (CompiledModel.QuantizationUnavailable is { } why)
            {
                console.WriteLine($"Here it computes the same integers by plain operators, more slowly: {why}.");
            }
        });

        private static string Decibels(double value) => double.IsNaN(value) ? "" : value.ToString("F1", CultureInfo.InvariantCulture);
    }
}
