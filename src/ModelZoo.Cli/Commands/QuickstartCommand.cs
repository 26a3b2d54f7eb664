using System.CommandLine;
using System.Diagnostics;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo quickstart</c>: the whole path on real handwritten digits, in under a minute.</summary>
internal static class QuickstartCommand
{
    private const string Pretrained = "lenet5:mnist";

    internal static Command Create()
    {
        var output = new Option<string>("--output")
        {
            Description = "The checkpoint to write",
            HelpName = "file",
            DefaultValueFactory = _ => Path.Combine("runs", "quickstart", "lenet5-digits.safetensors"),
        };
        var command = new Command("quickstart",
            "Load LeNet-5 trained on MNIST, verify it, fine-tune it on other handwritten digits, compare with training from scratch, predict.\n\nExample: zoo "
                + "quickstart") { output };
        command.SetAction((parsed, cancel) => Task.FromResult(Run(Session.Open(parsed, cancel), parsed.GetValue(output)!)));
        return command;
    }

    private static int Run(Session session, string output)
    {
        var clock = Stopwatch.StartNew();
        OutputFile.MustEndIn(output, OutputFile.Checkpoint, "a checkpoint", advice: OutputFile.OtherFormats);
        OutputFile.MustBeWritable(output);
        ImageDataset train = Digits.Load(DataSplit.Train), test = Digits.Load(DataSplit.Test);

        Step(session, 1, $"load {Pretrained}, the weights that ship with the zoo");
        using ResolvedModel pretrained = ModelArgument.Resolve(session, Pretrained, trained: true);
        WeightsCard card = Models.Catalog.CardOf(pretrained.Info).Weights["mnist"];
        session.Say($"   {Tables.Count(pretrained.Model.parameters().Sum(p => p.numel()))} parameters, {Tables.Percent(card.Accuracy ?? double.NaN)} of "
            + "MNIST's test images right");

        Step(session, 2, "verify every layer against the from-scratch reference, forward and backward");
        VerificationReport report = VerifyRun.Layers(session, pretrained,
            new VerifyPlan(Batch: 2, Size: null, Whole: false, EndToEnd: false, TorchSharp.torch.ScalarType.Float32));
        session.Say($"   {VerificationView.Verdict(Pretrained, report)}");
        if (!report.Passed)
        {
            throw new ZooException($"{Pretrained} does not compute what its description says: `zoo verify {Pretrained}` shows where.");
        }

        Step(session, 3,
            $"replace the head, freeze the backbone, fine-tune on {train.Name} ({Tables.Count(train.Count)} images by other writers than the test's)");
        Recipe recipe = Comparison.Recipe;
        var options = new FineTuneOptions
        {
            Recipe = recipe,
            Seed = (ulong)session.Seed,
            BackboneFrozen = true,
            Device = session.Device,
            CheckpointPath = output,
            NewHead = true, // both sides begin with a head that knows nothing
            Extra = Provenance.Of(session, train, recipe),
        };
        using FineTuneResult tuned = TrainingView.Show(session, "   fine-tune", progress =>
            FineTuner.Run(pretrained, train, test, options, progress, session.Cancel));
        session.Cancel.ThrowIfCancellationRequested();

        Step(session, 4, "train the same network from scratch on the same images, for comparison");
        var scratch = Comparison.FromScratch(session, pretrained, train, test, recipe);
        session.Cancel.ThrowIfCancellationRequested();

        Step(session, 5, $"save {output}, open it again, and classify test images that it has never seen");
        var comparison = Comparison.Of((tuned.Training, tuned.Preparation), scratch);
        return Finish(session, output, test, comparison, report, clock);
    }

    private static int Finish(Session session, string output, ImageDataset test, Comparison comparison, VerificationReport report, Stopwatch clock)
    {
        using ResolvedModel saved = ModelArgument.Resolve(session, output);
        using ImageClassifier classifier = ImageClassifier.FromResolved(saved);
        int[] chosen = [.. Enumerable.Range(0, 6).Select(i => i * 97 % test.Count)];
        ImageDataset pictures = test.Subset(chosen);
        IReadOnlyList<IReadOnlyList<Prediction>> predictions = classifier.Predict(pictures, top: 1);
        var rows = predictions.Select((p, i) =>
            new { index = chosen[i], label = test.Info.ClassNames[test.Labels[chosen[i]]], prediction = p[0].Label, probability = p[0].Probability }).ToArray();
        string[] next =
        [
            $"scripts/zoo eval {output} --data digits",
            $"scripts/zoo predict {output} --data digits --index 7 8 9",
            "scripts/zoo summary lenet5_classic",
            "scripts/zoo verify --all",
        ];
        session.Show(new
        {
            comparison.Transfer,
            comparison.Scratch,
            comparison.TargetAccuracy,
            verified = report.Passed,
            checks = report.Checks.Count,
            checkpoint = output,
            predictions = rows,
            seconds = clock.Elapsed.TotalSeconds,
            next
        }, console =>
        {
            console.WriteLine();
            string[] captions = [.. rows.Select(r => $"{r.prediction} ({100 * r.probability:F0} %){(r.prediction == r.label ? "" : $" is {r.label}")}")];
            foreach (string line in ImageDrawing.Of(pictures, captions, console.Profile.Width - 2))
            {
                console.WriteLine("  " + line);
            }

            console.WriteLine();
            comparison.Show(console);
            console.WriteLine($"checkpoint: {output}   done in {Tables.Seconds(clock.Elapsed.TotalSeconds)}");
            console.WriteLine("next:");
            foreach (string command in next)
            {
                console.WriteLine($"  {command}");
            }
        });
        return 0;
    }

    private static void Step(Session session, int n, string what) => session.Say($"{n}. {what}");
}
