using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Experiments.Selecting;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo compare</c>: models side by side, as tables and as one page.</summary>
internal static class CompareCommand
{
    private const string StandardPage = "compare.html", StandardBudget = "5e";
    private const int StandardRounds = 5, StandardBatch = 8, StandardSeeds = 3;

    internal static Command Create()
    {
        var models = new Argument<string[]>("models")
        {
            Description = "Models (resnet50), models with shipped or published weights (lenet5:mnist), checkpoints; with --data also ONNX models and folders "
                + "(default with --data: all trained ones at hand)",
            Arity = ArgumentArity.ZeroOrMore
        };
        var html = new Option<string>("--html")
        {
            Description = "The page to write; one that is there is replaced",
            HelpName = "file",
            DefaultValueFactory = _ => StandardPage
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "Turns of each model that are timed",
            HelpName = "n",
            DefaultValueFactory = _ => StandardRounds
        };
        var batch = new Option<int>("--batch")
        {
            Description = "Images of a timed forward and training step",
            HelpName = "n",
            DefaultValueFactory = _ => StandardBatch
        };
        var still = new Option<bool>("--no-timing") { Description = "Count only: measure neither times nor memory" };
        var data = new Option<string?>("--data")
        {
            Description = "Which of the trained networks suits this? Models without weights are trained on it: " + string.Join(", ", DataSource.Forms),
            HelpName = "data"
        };
        var limit = new Option<int?>("--limit") { Description = "With --data: n images only", HelpName = "n" };
        var selection = new SelectionArgument();
        var recipe = new Option<string?>("--recipe")
        {
            Description = "With --data: one recipe for all, a JSON file or the name of a model (default: each model's own)",
            HelpName = "file|model"
        };
        var budget = new Option<string?>("--budget")
        {
            Description = $"With --data: how long each model trains, a time (90s, 2m, 1h) or epochs (default: {StandardBudget})",
            HelpName = "time|epochs"
        };
        var seeds = new Option<int?>("--seeds")
        {
            Description = $"With --data: how often each model trains, from --seed on (default: {StandardSeeds})",
            HelpName = "n"
        };
        var suite = new Option<string?>("--suite")
        {
            Description = $"With --data, instead of models: {SuiteRun.Names}, its networks by one recipe search and one budget of processor time each"
                + "; resumable",
            HelpName = "name"
        };
        var results = new Option<string?>("--results")
        {
            Description = "With --suite: the folder of its results, beside which the page lies (default: runs/<suite>)",
            HelpName = "folder"
        };
        var command = new Command("compare",
            "Compare models: size, cost, time and memory measured by turns, accuracies with their sources, and training under one budget; tables and a "
            + "page.\n\nExample: zoo compare alexnet vgg16 googlenet resnet50\n\nWith --data: which trained network to use for these pictures, with a "
            + "new head for each, judged by cross-validation.\n\nExample: zoo compare --data folder:photos --max-ms 20")
        {
            models, html, rounds, batch, still, data, limit, recipe, budget, seeds, suite, results,
        };
        var architecture = new ArchitectureArgument();
        architecture.AddTo(command, fromData: true);
        selection.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            InRange("--rounds", parsed.GetValue(rounds), 1, 1000);
            InRange("--batch", parsed.GetValue(batch), 1, 65536);
            InRange("--seeds", parsed.GetValue(seeds) ?? StandardSeeds, 1, 100);
            InRange("--limit", parsed.GetValue(limit) ?? 1, 1, int.MaxValue);
            string? source = parsed.GetValue(data);
            if (parsed.GetValue(suite) is { } name)
            {
                Option[] others = [html, rounds, batch, still, recipe];
                return Task.FromResult(SuiteRun.Run(session, name, source, parsed.GetValue(budget), parsed.GetValue(seeds), parsed.GetValue(limit),
                    parsed.GetValue(results),
                    [.. parsed.GetValue(models)!, .. others.Where(o => parsed.GetResult(o) is { Implicit: false }).Select(o => o.Name)]));
            }

            foreach (Option given in new Option[] { limit, recipe, budget, seeds }.Where(o => source is null && parsed.GetResult(o) is { Implicit: false }))
            {
                throw new UsageException($"{given.Name} is about training: say on what with --data.");
            }

            string[] named = parsed.GetValue(models)!;
            string page = parsed.GetValue(html)!;
            OutputFile.MustEndIn(page, ".html", "a page", "--html");
            if (source is not null && (named.Length == 0 || named.Any(NetworkAtHand.HasWeights)))
            {
                return Task.FromResult(Select(DataSource.Parse(source)));
            }

            if (selection.Given(parsed) is { } about)
            {
                throw new UsageException($"{about} is about trained networks and --data: {(source is null ? "say on what with --data" : "name weights")}.");
            }

            IReadOnlyList<ModelChoice> choices = named.Length > 0 ? ModelChoice.Read(named, architecture.Read(parsed), session.MaxMemory)
                : throw new UsageException("zoo compare needs <models>, or with --data <data> compares the trained ones at hand. See `zoo compare --help`.");
            OutputFile.MustBeWritable(page, "--html");
            ModelComparison comparison = ModelComparison.Run(new()
            {
                Models = choices,
                Rounds = parsed.GetValue(still) ? 0 : parsed.GetValue(rounds),
                Batch = parsed.GetValue(batch),
                Training = source is null
                    ? null
                    : Plan(session, DataSource.Parse(source), parsed.GetValue(limit), parsed.GetValue(recipe),
                        Budget.Parse(parsed.GetValue(budget) ?? StandardBudget), parsed.GetValue(seeds) ?? StandardSeeds),
                Device = session.Device,
                Command = CommandLineText.Of(parsed.Tokens.Select(t => t.Value)),
                Say = session.Say,
                Cancel = session.Cancel,
            });
            AtomicFile.Write(page, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(ComparisonPage.Write(comparison))));
            CompareView.Show(session, comparison, page);
            return Task.FromResult(0);

            int Select(DataSource pictures)
            {
                IReadOnlyList<NetworkAtHand> networks = SelectionRun.Networks(session, named, pictures);
                bool trains = selection.FromScratch(parsed);
                if (architecture.Given(parsed) is { } built)
                {
                    throw new UsageException($"{built} is for models without weights; the others keep the size and the layers that they were trained with.");
                }

                foreach (Option given in new Option[] { seeds, recipe, budget }
                    .Where(o => parsed.GetResult(o) is { Implicit: false } && (!trains || o == seeds)))
                {
                    throw new UsageException($"{given.Name} is about training from scratch: "
                        + $"{(given == seeds ? "trained networks are judged by --folds" : "add --from-scratch")}.");
                }

                SelectionRequest request = selection.Read(parsed, new()
                {
                    Networks = networks,
                    Data = SelectionRun.Pictures(session, pictures, parsed.GetValue(limit)),
                    Source = pictures.ToString(),
                    Seed = (ulong)session.Seed,
                    Rounds = parsed.GetValue(still) ? 0 : parsed.GetValue(rounds),
                    Batch = parsed.GetResult(batch) is { Implicit: false } ? parsed.GetValue(batch) : 1,
                    Budget = parsed.GetValue(budget) is { } budgeted ? Budget.Parse(budgeted) : null,
                    Recipe = parsed.GetValue(recipe) is { } name ? ReadRecipe(name) : null,
                    MaxMemory = session.MaxMemory,
                    Device = session.Device,
                    Command = CommandLineText.Of(parsed.Tokens.Select(t => t.Value)),
                    Say = session.Say,
                    Cancel = session.Cancel,
                }, pictures.ShortName);
                OutputFile.MustBeWritable(page, "--html");
                return SelectionRun.Run(session, request, page);
            }
        });
        return command;
    }

    private static TrainingPlan Plan(Session session, DataSource source, int? limit, string? recipe, Budget budget, int seeds)
    {
        LabeledImages train = source.Open(DataSplit.Train), test = source.Open(DataSplit.Test);
        train.MustTeach();
        return new()
        {
            Train = limit is { } n ? train.Take(n) : train,
            Test = test,
            Source = source.ToString(),
            Budget = budget,
            Seeds = [.. Enumerable.Range(0, seeds).Select(i => session.Seed + i)],
            Recipe = recipe is null ? null : ReadRecipe(recipe),
            RecipeName = recipe is null ? "" : Session.Catalog.TryFind(recipe, out _) ? $"{recipe}'s" : Path.GetFileName(recipe),
        };
    }

    private static Recipe ReadRecipe(string name)
    {
        if (Session.Catalog.TryFind(name, out ModelInfo? info))
        {
            return Catalog.RecipeOf(info);
        }

        if (!File.Exists(name))
        {
            throw new UsageException($"--recipe {name}: no such file, and no model of the "
                + $"catalog.{NearestName.Hint(name, Session.Catalog.Models.Select(m => m.Name))}");
        }

        try
        {
            return Recipe.Parse(File.ReadAllText(name), name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ZooException($"--recipe {name}: {e.Message}", e);
        }
    }

    private static void InRange(string flag, int value, int least, int most)
    {
        if (value < least || value > most)
        {
            throw new UsageException($"{flag} takes a number from {least} to {most}, not '{value}'.");
        }
    }
}
