using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Inference;
using ModelZoo.Registry;
using Spectre.Console;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo verify</c>: every layer against the from-scratch reference, forward and backward.</summary>
internal static class VerifyCommand
{
    internal static Command Create()
    {
        var model = new Argument<string?>("model")
        {
            Description = "A model (lenet5), a model with shipped weights (lenet5:mnist), or a checkpoint file",
            Arity = ArgumentArity.ZeroOrOne
        };
        var weights = new WeightsArgument();
        var all = new Option<bool>("--all") { Description = "Verify the whole catalog, shipped weights included" };
        var checkpoint = new Option<string?>("--checkpoint")
        {
            Description = "Instead of a model: look through a weights file (safetensors, .pth, .dat) for "
            + "NaN, infinities, weights of zeros, copies and negative variances",
            HelpName = "file"
        };
        var batch = new Option<int>("--batch") { Description = "Images that run through the layers", HelpName = "n", DefaultValueFactory = _ => 2 };
        var family = new Option<string?>("--family") { Description = "With --all: only this family of the catalog", HelpName = "name" };
        var size = new Option<int?>("--size")
        {
            Description = "Rows and columns of the input (default: the model's own; with --all 64, or what the architecture needs, where its own is larger)",
            HelpName = "pixels"
        };
        var part = new Option<bool>("--no-end-to-end") { Description = "Leave out the comparison of the whole network in double with the reference" };
        Option<string> type = GlobalOptions.Choice("--dtype", "What the layers compute in", "float32", "float32", "bfloat16", "float16");
        Option<string> engine = GlobalOptions.Choice("--engine",
            "What runs the network: torch, forward and backward, or onnxruntime, every value of its ONNX file and the checks in it", "torch", "torch",
            "onnxruntime");
        var compiled = new Option<bool>("--compiled")
        {
            Description = "Verify the compiled network too: every fused operation against the reference, before and after its weights change"
        };
        var html = new Option<string?>("--html")
        {
            Description = "Write a page with the drawn network, a chart and every check; with --all a folder, or the file of the index",
            HelpName = "file"
        };
        var command = new Command("verify",
            "Check every layer's output and gradients against the reference, each element within its own rounding-error bound.\n\nExample: zoo verify "
                + "lenet5:mnist") { model, all, checkpoint, family, batch, size, part, type, compiled, engine, html };
        weights.AddTo(command, withSize: false);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            if (parsed.GetValue(checkpoint) is { } file)
            {
                return parsed.GetValue(model) is null && !parsed.GetValue(all)
                    ? Task.FromResult(WeightsScanView.Run(session, file))
                    : throw new UsageException("--checkpoint looks through a file alone; to verify a model with these weights, write --weights.");
            }

            string[] specs = parsed.GetValue(all)
                ? Whole(parsed.GetValue(family))
                : [parsed.GetValue(model) ?? throw new UsageException("zoo verify needs a model, a checkpoint or --all. See `zoo verify --help`.")];
            VerificationPages? pages = parsed.GetValue(html) is { } path
                ? VerificationPages.Open(path, parsed.GetValue(all), parsed.Tokens.Select(t => t.Value))
                : null;
            int images = parsed.GetValue(batch) is >= 1 and var n ? n : throw new UsageException($"--batch {parsed.GetValue(batch)}: it must be 1 or more.");
            bool foreign = parsed.GetValue(engine) != "torch";
            if (foreign && (pages is not null || parsed.GetValue(compiled) || TypeOf(parsed.GetValue(type)!) != ScalarType.Float32))
            {
                throw new UsageException("--engine onnxruntime goes with neither --html nor --compiled, and takes the --dtype that the file has.");
            }

            var plan = new VerifyPlan(images, parsed.GetValue(size), parsed.GetValue(all), !parsed.GetValue(part),
                TypeOf(parsed.GetValue(type)!), parsed.GetValue(compiled), foreign ? new OnnxRuntimeEngine() : null);
            if (plan.Compiled && plan.Type != ScalarType.Float32)
            {
                throw new UsageException("--compiled verifies what predictions are computed by, which is float32: leave out --dtype.");
            }

            return Task.FromResult(Run(session, specs, weights.Read(parsed), plan, pages));
        });
        return command;
    }

    private static string[] Whole(string? family)
    {
        ModelInfo[] models = [.. Session.Catalog.Models.Where(m => family is null || m.Family == family)];
        return models.Length > 0
            ? [.. models.SelectMany(m => m.Weights.Select(w => $"{m.Name}:{w.Name}").Prepend(m.Name))]
            : throw new UsageException("The catalog has no family "
                + $"'{family}'.{NearestName.Hint(family!, Session.Catalog.Models.Select(m => m.Family).Distinct())}");
    }

    private static int Run(Session session, string[] specs, WeightsChoice weights, VerifyPlan plan, VerificationPages? pages)
    {
        foreach (string spec in specs)
        {
            if (Session.Catalog.TryFind(spec.Split(':', 2)[0], out ModelInfo? info))
            {
                _ = Models.Catalog.CardOf(info); // what is missing is missed before the work, not after it
            }
        }

        var run = new VerifyRun(session, plan, weights, pages);
        IReadOnlyList<VerifyResult> results = VerifyProgress.Over(session, specs, run.Of);
        if (pages?.Finish() is { } page)
        {
            session.Say($"wrote {page}");
        }

        object[] documents = [.. results.Select(r => r.Document())];
        session.Show(plan.Whole ? documents : documents[0], console =>
        {
            foreach (VerifyResult r in results.Where(r => !plan.Whole || !r.Passed))
            {
                VerificationView.Show(console, r.Spec, r.Report, r.CardDifferences, brief: plan.Whole);
            }

            if (plan.Whole)
            {
                VerifySummary.Show(console, results);
            }
            else
            {
                string whole = results[0].EndToEnd is [_, .. var shape] ? $", end to end {Tables.Shape(shape)}" : "";
                console.WriteLine($"input {Tables.Shape(results[0].Input.Select(n => (long)n))}{whole}; {Tables.Seconds(results[0].Seconds)} in all");
            }
        });
        string[] files = [.. specs.Append(weights.File).OfType<string>().Where(f => File.Exists(f) && !ImportedGraph.IsOne(f))];
        bool sound = files.Aggregate(true, (all, file) => WeightsScanView.Sound(session, file) && all);
        return sound && results.All(r => r.Passed) ? 0 : 1;
    }

    private static ScalarType TypeOf(string name) => name switch
    {
        "bfloat16" => ScalarType.BFloat16,
        "float16" => ScalarType.Float16,
        _ => ScalarType.Float32,
    };
}
