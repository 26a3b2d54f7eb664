using System.CommandLine;
using System.Diagnostics;
using ModelZoo.Data;
using ModelZoo.Downloads;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo data</c>: datasets into the cache.</summary>
internal static class DataCommand
{
    internal static Command Create() =>
        new("data",
            "Fetch datasets into the cache ($MODELZOO_HOME, else ~/.cache/modelzoo), for --data without a folder.\n\nExample: zoo data get "
            + "cifar10") { CreateList(), CreateGet() };

    private static Command CreateList()
    {
        var command = new Command("list", "Show what can be fetched.\n\nExample: zoo data list");
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            var rows = PublishedData.All.Select(data => new
            {
                data.Name,
                data.Description,
                data.Bytes,
                data.Terms,
                folder = DataCache.Has(data.Name)
                ? DataCache.FolderOf(data.Name)
                : null
            }).ToArray();
            session.Show(rows, console =>
            {
                var table = Tables.New("data", "what it is", ">MB", "terms", "fetched");
                foreach (var row in rows)
                {
                    table.Row(row.Name, row.Description, $"{row.Bytes / 1e6:F1}", row.Terms, row.folder is null ? "" : "yes");
                }

                console.Write(table);
            });
            return 0;
        });
        return command;
    }

    private static Command CreateGet()
    {
        var name = new Argument<string>("name") { Description = $"Which: {string.Join(", ", PublishedData.All.Select(data => data.Name))}" };
        var from = new Option<string?>("--from")
        {
            Description = "Take the files from here instead: the address of a folder, or a folder of this machine",
            HelpName = "url|folder"
        };
        var force = new Option<bool>("--force") { Description = "Fetch it even if it is there already" };
        var command = new Command("get", "Fetch a dataset.\n\nExample: zoo data get mnist") { name, from, force };
        command.SetAction((parsed, cancel) =>
            GetAsync(Session.Open(parsed, cancel), PublishedData.Find(parsed.GetRequiredValue(name)), parsed.GetValue(from), parsed.GetValue(force)));
        return command;
    }

    private static async Task<int> GetAsync(Session session, PublishedData data, string? from, bool force)
    {
        using var downloader = new Downloader();
        var clock = Stopwatch.StartNew();
        bool fetched;
        try
        {
            fetched = await DownloadView.ShowAsync(session, data.Name, progress =>
                DataCache.GetAsync(downloader, data, from, force, _ => progress, session.Cancel)).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            session.Say("What has come is kept: the same command goes on from there.");
            throw;
        }

        double seconds = clock.Elapsed.TotalSeconds;
        string folder = DataCache.FolderOf(data.Name);
        session.Show(new { data.Name, folder, fetched, seconds }, console =>
        {
            console.WriteLine($"{data.Name}: {folder}, {(fetched ? $"fetched in {Tables.Seconds(seconds)}" : "there already")}");
            console.WriteLine($"next: zoo train … --data {data.Name}");
        });
        return 0;
    }
}
