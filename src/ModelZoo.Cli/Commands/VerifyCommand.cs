using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using Spectre.Console;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo verify</c>: every layer against the from-scratch reference, forward and backward.</summary>
internal static class VerifyCommand
{
    internal static Command Create()
    {
        var model = new Argument<string?>("model") { Description = "A model (lenet5), a model with shipped weights (lenet5:mnist), or a checkpoint file", Arity = ArgumentArity.ZeroOrOne };
        var weights = new WeightsArgument();
        var all = new Option<bool>("--all") { Description = "Verify the whole catalogue, shipped weights included" };
        var batch = new Option<int>("--batch") { Description = "Images that run through the layers", HelpName = "n", DefaultValueFactory = _ => 2 };
        var cards = new Option<string?>("--write-cards") { Description = "Write the measured facts into the card.json files of this folder (models)", HelpName = "folder" };
        var data = new Option<string?>("--data") { Description = "With --write-cards: measure the shipped weights' accuracy on this", HelpName = "data" };
        var html = new Option<string?>("--html") { Description = "Write a page with the drawn network, a chart and every check; with --all a folder, or the file of the index", HelpName = "file" };
        var command = new Command("verify",
            "Check every layer's output and gradients against the reference, each element within its own rounding-error bound.\n\nExample: zoo verify lenet5:mnist") { model, all, batch, html, cards, data };
        weights.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string[] specs = parsed.GetValue(all)
                ? [.. Session.Catalog.Models.SelectMany(m => m.Weights.Select(w => $"{m.Name}:{w.Name}").Prepend(m.Name))]
                : [parsed.GetValue(model) ?? throw new UsageException("zoo verify needs a model, a checkpoint or --all. See `zoo verify --help`.")];
            if (parsed.GetValue(cards) is { } folder)
            {
                CardWriter.Write(session, folder, parsed.GetValue(data));
            }

            VerificationPages? pages = parsed.GetValue(html) is { } path ? VerificationPages.Open(path, parsed.GetValue(all), parsed.Tokens.Select(t => t.Value)) : null;
            return Task.FromResult(Run(session, specs, weights.Read(parsed), parsed.GetValue(batch), parsed.GetValue(all), pages));
        });
        return command;
    }

    private static int Run(Session session, string[] specs, WeightsChoice weights, int batch, bool all, VerificationPages? pages)
    {
        var results = new List<(string Spec, VerificationReport Report, IReadOnlyList<string> CardDifferences)>();
        foreach (string spec in specs)
        {
            session.Cancel.ThrowIfCancellationRequested();
            session.Say($"verifying {spec} …");
            using ResolvedModel resolved = ModelArgument.Resolve(session, spec, weights);
            results.Add((spec, Verify(session, resolved, batch), CardCheck.Differences(resolved.Info)));
            pages?.Add(session, spec, resolved, weights.File, batch, results[^1].Report, results[^1].CardDifferences);
        }

        if (pages?.Finish() is { } page)
        {
            session.Say($"wrote {page}");
        }

        bool passed = results.TrueForAll(r => r.Report.Passed && r.CardDifferences.Count == 0);
        var document = results.Select(r => new
        {
            model = r.Spec,
            passed = r.Report.Passed && r.CardDifferences.Count == 0,
            seconds = r.Report.Elapsed.TotalSeconds,
            firstFailure = r.Report.FirstFailure is { } f ? new { f.Name, f.Op, f.Quantity, cause = f.LikelyCause } : null,
            card = r.CardDifferences,
            checks = r.Report.WorstFirst.Select(c => new
            {
                c.Name, c.Op, c.Quantity, c.Shape, @checked = c.CheckedCount, of = c.TotalCount, error = c.MaxError, bound = c.BoundThere, ratio = c.WorstRatio, c.Passed, cause = c.LikelyCause, c.Note,
            }),
        }).ToArray();
        session.Show(all ? document : document[0], console =>
        {
            foreach (var (spec, report, differences) in results)
            {
                VerificationView.Show(console, spec, report, differences, brief: all);
            }
        });
        return passed ? 0 : 1;
    }

    /// <summary>Verifies on digits fitted to the model's input: real pictures, in every corner of the catalogue.</summary>
    internal static VerificationReport Verify(Session session, ResolvedModel resolved, int batch)
    {
        ImageDataset digits = Digits.Load(DataSplit.Test).Take(batch);
        using ImageTensors images = ImageTensors.From(digits, TransferLearning.PreprocessingFor(digits, resolved.Preprocessing), CPU);
        (Tensor x, Tensor labels) = images.Batch([.. Enumerable.Range(0, digits.Count)]);
        using (x)
        using (labels)
        {
            resolved.Model.to(CPU);
            VerificationReport report = Verifier.Verify(resolved.Model, x, new VerifyOptions { Seed = (ulong)session.Seed }, blueprint: Catalog.TryBlueprintOf(resolved.Info)?.For(resolved.Options));
            resolved.Model.to(session.Device);
            return report;
        }
    }
}
