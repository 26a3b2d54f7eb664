using System.CommandLine;
using ModelZoo.Data;
using ModelZoo.Models;
using ModelZoo.Registry;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo catalog</c>: the generated files of the models, for those who work on the zoo itself (CONTRIBUTING.md).</summary>
internal static class CatalogCommand
{
    internal static Command Create() =>
        new("catalog", "Work on the catalog in a checkout of ModelZoo.\n\nExample: zoo catalog add mobilenet_v2") { CreateAdd() };

    private static Command CreateAdd()
    {
        var names = new Argument<string[]>("model") { Description = "Models that the catalog lists", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Every model" };
        var root = new Option<string?>("--root") { Description = "The checkout (default: the one that this folder is in)", HelpName = "folder" };
        var data = new Option<string?>("--data") { Description = "Measure the accuracy of shipped weights on this, too", HelpName = "data" };
        var command = new Command("add",
            "Write the files that are generated of a model: card, blueprint, the tests' manifest and, of a model that torchvision has, its golden values.\n\n"
            + "Example: zoo catalog add mobilenet_v2") { names, all, root, data };
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string[] given = parsed.GetValue(names) ?? [];
            if (parsed.GetValue(all) == given.Length > 0)
            {
                throw new UsageException("zoo catalog add needs the names of models, or --all.");
            }

            ModelInfo[] models = given.Length == 0 ? [.. Session.Catalog.Models] : [.. given.Select(Session.Catalog.Find)];
            var files = CatalogFiles.Find(parsed.GetValue(root) is { } folder ? Path.GetFullPath(folder) : Environment.CurrentDirectory);
            LabeledImages? test = parsed.GetValue(data) is { } source ? DataSource.Parse(source).Open(DataSplit.Test) : null;
            CatalogAddition[] added = [.. models.Select(info =>
            {
                session.Cancel.ThrowIfCancellationRequested();
                session.Say(info.Name);
                return files.Add(info, test, session.Device);
            })];
            session.Show(added.Length == 1 ? added[0] : added, console =>
            {
                foreach (CatalogAddition one in added)
                {
                    foreach (string path in one.Written)
                    {
                        console.WriteLine($"wrote {path}");
                    }
                }

                foreach (string remaining in added.SelectMany(a => a.Remaining).Distinct())
                {
                    console.WriteLine($"left to do: {remaining}");
                }
            });
            return Task.FromResult(0);
        });
        return command;
    }
}
