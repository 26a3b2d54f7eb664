using System.CommandLine;
using System.Globalization;
using System.Text;
using ModelZoo.Audit;
using ModelZoo.Cli.Inputs;
using ModelZoo.Inference;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo audit</c>: what is wrong with labeled pictures, and a listing without it.</summary>
internal static class AuditCommand
{
    internal static Command Create()
    {
        var source = new Argument<string?>("data")
        {
            Description = "The data: a folder, a CSV file, or as for --data elsewhere (folder:<path>, csv:<file>, cifar10, …)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var model = new Option<string?>("--model")
        {
            Description = $"Whose features are looked at; {ModelArgument.Kinds} (default: {PublishedPull.DefaultModel}, fetched from its NuGet package if "
                + "need be)",
            HelpName = "model"
        };
        var output = new Option<string?>("--output")
        {
            Description = "The folder of the result: audit.html, fixes.csv, audit.json (default: runs/<data>-audit); with --apply the listing, a .csv "
                + "(default: cleaned.csv beside the fixes)",
            HelpName = "path"
        };
        var apply = new Option<string?>("--apply")
        {
            Description = "Write a listing of the pictures as this table's marked lines say; no picture is moved, changed or deleted",
            HelpName = "fixes.csv"
        };
        var cache = new Option<string?>("--feature-cache")
        {
            Description = "Keep features in this folder, for an audit that goes on and for `zoo finetune` (default: features in the result's folder)",
            HelpName = "folder"
        };
        var force = new Option<bool>("--force") { Description = "Replace an audit, or with --apply a listing, that is there already" };
        var data = new DataArgument();
        var weights = new WeightsArgument();
        var command = new Command("audit",
            "Find duplicates, leaks from train to test, wrong labels, and pictures that are odd, blurred, dark, tiny or unreadable; write a page, and a table "
            + "of what to do about them.\n\nExample: zoo audit photos") { source, model, output, apply, cache, force };
        data.AddToAudit(command);
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            if (parsed.GetValue(apply) is { } fixes)
            {
                return Apply(session, fixes, parsed.GetValue(source) is { } given ? data.ReadForAudit(parsed, given) : null, parsed.GetValue(output),
                    parsed.GetValue(force));
            }

            DataChoice choice = data.ReadForAudit(parsed, parsed.GetValue(source)
                ?? throw new UsageException("zoo audit needs <data>: a folder, a CSV file, or a name such as cifar10. See `zoo audit --help`."));
            string folder = parsed.GetValue(output) ?? Path.Combine("runs", $"{choice.Source.ShortName}-audit");
            if (File.Exists(folder))
            {
                throw new UsageException($"--output {folder} is a file; the result of an audit is a folder.");
            }

            if (File.Exists(Path.Combine(folder, "fixes.csv")) && !parsed.GetValue(force))
            {
                throw new UsageException($"--output {folder} has a fixes.csv already, which somebody may have gone through; choose another folder, or "
                    + "replace it with --force.");
            }

            var pictures = AuditData.Open(choice.Source, choice.Labels, choice.Limit);
            OutputFile.MustBeWritable(Path.Combine(folder, AuditRecord.FileName));
            AuditView.SayOpened(session, pictures);
            // libtorch's threads are counted for this thread
            string spec = parsed.GetValue(model) ?? PublishedPull.DefaultAsync(session).GetAwaiter().GetResult();
            using ResolvedModel resolved = ModelArgument.Resolve(session, spec, weights.Read(parsed), trained: true);
            if (!resolved.Trained)
            {
                throw new UsageException($"'{spec}' has fresh weights, whose features say nothing. Name shipped weights ({resolved.Info.Name}:…, see "
                    + "`zoo list`), a checkpoint, or --weights.");
            }

            return Run(session, resolved, pictures, choice, folder, parsed.GetValue(cache) ?? Path.Combine(folder, "features"), Command(choice, spec, session));
        });
        return command;
    }

    private static int Run(Session session, ResolvedModel model, AuditData data, DataChoice choice, string folder, string cache, string command)
    {
        var options = new AuditOptions
        {
            Seed = (ulong)session.Seed,
            FeatureCache = cache,
            Loader = choice.Loader with { Device = session.Device },
        };
        AuditReport report = AuditView.Watch(session, progress => Auditor.Run(model, data, options, progress, session.Cancel));
        (string page, string fixes, string record) = (Path.Combine(folder, "audit.html"), Path.Combine(folder, "fixes.csv"),
            Path.Combine(folder, AuditRecord.FileName));
        string html = AuditPage.Write(report, command, session.Cancel);
        AtomicFile.Write(page, stream => stream.Write(Encoding.UTF8.GetBytes(html)));
        FixesTable.Write(fixes, report);
        AuditRecord.Write(record, report, choice, command);
        AuditView.Show(session, report, page, fixes);
        return 0;
    }

    private static int Apply(Session session, string fixes, DataChoice? given, string? output, bool force)
    {
        string path = output ?? Path.Combine(Path.GetDirectoryName(fixes) ?? "", "cleaned.csv");
        OutputFile.MustEndIn(path, ".csv", "a listing");
        OutputFile.MustBeNew(path, force);
        DataChoice choice = given ?? AuditRecord.ReadChoice(fixes);
        var data = AuditData.Open(choice.Source, choice.Labels, choice.Limit);
        IReadOnlyList<Fix> marked = FixesTable.Read(fixes, data);
        ListingResult result = CleanedListing.Write(path, data, marked);
        session.Show(new { listing = path, result.Changes, result.Pictures, result.Dropped, result.Relabeled, result.Remarks }, console =>
        {
            foreach (string remark in result.Remarks)
            {
                console.WriteLine($"remark: {remark}");
            }

            console.WriteLine($"{path}: {Tables.Count(result.Pictures)} of {Tables.Count(data.Pictures.Count)} pictures, {Tables.Count(result.Dropped)} left "
                + $"out, {Tables.Count(result.Relabeled)} with another label; read it with --data csv:{path}");
            console.WriteLine($"{result.Changes} names each that was left out or relabeled. No picture was touched: to undo a change, take its mark off "
                + $"{fixes} and apply it again; to undo all, use the data as they were");
        });
        return 0;
    }

    private static string Command(DataChoice choice, string model, Session session) => string.Create(CultureInfo.InvariantCulture,
        $"zoo audit {choice.Source} --model {model} --seed {session.Seed}{(choice.Limit > 0 ? $" --limit {choice.Limit}" : "")}");
}
