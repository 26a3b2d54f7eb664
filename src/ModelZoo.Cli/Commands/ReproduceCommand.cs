using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Experiments;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo reproduce</c>: tries the textbooks' claims and writes one page about all of them.</summary>
internal static class ReproduceCommand
{
    private const int MostSeeds = 100;

    internal static Command Create()
    {
        var names = new Argument<string[]>("experiment") { Description = "Names of experiments (zoo reproduce --list)", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Run every experiment" };
        var list = new Option<bool>("--list") { Description = "Show the experiments and their claims" };
        var group = new Option<string?>("--group") { Description = $"Only experiments of this kind: {string.Join(", ", Groups)}", HelpName = "name" };
        var quick = new Option<bool>("--quick") { Description = "Small sizes, minutes on two cores; the default" };
        var full = new Option<bool>("--full") { Description = "As large as the papers, for a GPU" };
        var data = DataArgument.Create();
        var seeds = new Option<int?>("--seeds")
        {
            Description = $"How often training experiments are repeated, from --seed on (default: {Preset.Quick.Seeds}, with --full {Preset.Full.Seeds})",
            HelpName = "n"
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder of the results and the page",
            HelpName = "folder",
            DefaultValueFactory = _ => Path.Combine("runs", "reproduce")
        };
        var fresh = new Option<bool>("--fresh") { Description = "Run again what is finished already" };
        var strict = new Option<bool>("--strict") { Description = "Exit code 1 where a claim is not reproduced" };
        var command = new Command("reproduce",
            "Try claims of papers and textbooks, with a verdict computed from the result.\n\nExample: zoo reproduce bn-bias --quick") { names, all, list, group,
            quick, full, data, seeds, output, fresh, strict };
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            Experiment[] chosen = Choose(parsed.GetValue(names) ?? [], parsed.GetValue(all) || parsed.GetValue(list), parsed.GetValue(group));
            if (parsed.GetValue(list))
            {
                return Task.FromResult(List(session, chosen));
            }

            if (parsed.GetValue(quick) && parsed.GetValue(full))
            {
                throw new UsageException("--quick and --full exclude each other.");
            }

            Preset preset = parsed.GetValue(full) ? Preset.Full : Preset.Quick;
            int count = parsed.GetValue(seeds) ?? preset.Seeds;
            if (count is < 1 or > MostSeeds)
            {
                throw new UsageException($"--seeds takes a number from 1 to {MostSeeds}, not '{count}'.");
            }

            var context = new ExperimentContext
            {
                Preset = preset,
                Seed = session.Seed,
                Seeds = [.. Enumerable.Range(0, count).Select(i => session.Seed + i)],
                Data = DataSource.Parse(parsed.GetValue(data)!),
                Device = session.Device,
                Cancel = session.Cancel,
            };
            bool named = parsed.GetValue(names) is { Length: > 0 };
            Experiment[] left = [.. chosen.Where(e => !named && e.Info.NeedsFolder && context.Data.Name != "folder")];
            foreach (Experiment e in left)
            {
                session.Say($"left out: {e.Name} needs photographs (`zoo reproduce {e.Name} --data folder:<path>`)");
            }

            var run = new ReproduceRun(session, new ResultStore(parsed.GetValue(output)!), context, parsed.GetValue(fresh));
            return Task.FromResult(run.Over([.. chosen.Except(left)], parsed.GetValue(strict)));
        });
        return command;
    }

    private static string[] Groups => [.. Enum.GetNames<ExperimentGroup>().Select(g => g.ToLowerInvariant())];

    private static Experiment[] Choose(string[] names, bool all, string? group)
    {
        if (group is not null && !Groups.Contains(group))
        {
            throw new UsageException($"There is no kind of experiment '{group}'.{NearestName.Hint(group, Groups)} Use {string.Join(", ", Groups)}.");
        }

        Experiment[] named = [.. names.Distinct().Select(ExperimentCatalog.Experiments.Find)];
        return names.Length > 0 && (all || group is not null)
            ? throw new UsageException("Name experiments, or choose them with --all or --group; not both.")
            : named.Length > 0 ? named
            : all || group is not null
                ? [.. ExperimentCatalog.Experiments.All.Where(e => group is null || e.Info.Group.ToString().Equals(group, StringComparison.OrdinalIgnoreCase))]
            : throw new UsageException("zoo reproduce needs experiments, --all, --group or --list. See `zoo reproduce --help`.");
    }

    private static int List(Session session, Experiment[] experiments)
    {
        session.Show(experiments.Select(e => e.Info).ToArray(), console =>
        {
            TextTable table = Tables.New("experiment", "kind", "claim", "source");
            foreach (Experiment e in experiments)
            {
                table.Row(e.Name, e.Info.Group.ToString().ToLowerInvariant(), e.Info.Claim, e.Info.Source);
            }

            console.Write(table);
            console.WriteLine($"{experiments.Length} experiments; run one with `zoo reproduce {experiments.FirstOrDefault()?.Name ?? "<name>"}`, all with `zoo "
                + "reproduce --all`");
        });
        return 0;
    }
}
