using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using ModelZoo.Cli.Commands;

namespace ModelZoo.Cli;

/// <summary>The commands of <c>zoo</c> and the flags that all of them take.</summary>
internal static class ZooCommandLine
{
    internal static RootCommand Create()
    {
        var root = new RootCommand("zoo: convolutional networks for .NET, verified layer by layer.\n\nExample: zoo quickstart")
        {
            QuickstartCommand.Create(),
            ListCommand.Create(),
            InfoCommand.Create(),
            SummaryCommand.Create(),
            PullCommand.Create(),
            DataCommand.Create(),
            TrainCommand.Create(),
            FinetuneCommand.Create(),
            LrFindCommand.Create(),
            FeaturesCommand.Create(),
            EvalCommand.Create(),
            ReportCommand.Create(),
            CalibrateCommand.Create(),
            AuditCommand.Create(),
            PredictCommand.Create(),
            ServeCommand.Create(),
            ExplainCommand.Create(),
            VerifyCommand.Create(),
            CompareCommand.Create(),
            ReproduceCommand.Create(),
            ForwardCommand.Create(),
            ImportCommand.Create(),
            ExportCommand.Create(),
            QuantizeCommand.Create(),
            DiagnoseCommand.Create(),
            NewCommand.Create(),
            CatalogCommand.Create(),
            ProgramProbe.Create(),
        };
        foreach (Option option in GlobalOptions.All)
        {
            root.Add(option);
        }

        ExampleHelp.AddTo(root);
        return root;
    }

    /// <summary>What a command does, on the thread of its caller; its token is canceled by Ctrl-C and SIGTERM.</summary>
    internal static void OnRun(this Command command, Func<ParseResult, CancellationToken, int> run) =>
        command.SetAction((parsed, cancel) => Task.FromResult(run(parsed, cancel)));
}

/// <summary>Help that ends with the command's example: the paragraph of its description that begins with "Example:".</summary>
internal sealed class ExampleHelp : SynchronousCommandLineAction
{
    private const string Mark = "\n\nExample: ";
    private readonly HelpAction standard;
    private readonly Dictionary<Command, string> examples = [];

    private ExampleHelp(HelpAction standard) => this.standard = standard;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>Takes the examples out of the descriptions, which the list of commands shows, and into the help of each command.</summary>
    internal static void AddTo(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        var help = new ExampleHelp((HelpAction)option.Action!);
        option.Action = help;
        foreach (Command command in root.Subcommands.SelectMany(command => command.Subcommands.Prepend(command)).Prepend(root))
        {
            string description = command.Description ?? "";
            int at = description.IndexOf(Mark, StringComparison.Ordinal);
            if (at >= 0)
            {
                help.examples[command] = description[(at + Mark.Length)..];
                command.Description = description[..at];
            }
        }
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = standard.Invoke(parseResult);
        if (examples.TryGetValue(parseResult.CommandResult.Command, out string? example))
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"Example: {example}");
        }

        return code;
    }
}
