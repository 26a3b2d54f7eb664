using System.CommandLine;
using System.CommandLine.Parsing;

namespace ModelZoo.Cli;

/// <summary>Reports what is wrong with a command line, with the nearest name for a mistyped one.</summary>
internal static class UsageErrors
{
    internal static int Report(ParseResult parsed, string[] args)
    {
        Command command = parsed.CommandResult.Command;
        string path = command is RootCommand ? "zoo" : $"zoo {command.Name}";
        string? unknown = parsed.UnmatchedTokens is [var first, ..] ? first : null;
        string message;
        if (unknown is not null && command is RootCommand)
        {
            message = $"'{unknown}' is not a command of zoo.{Hint(unknown, command.Subcommands.Select(c => c.Name).Concat(Flags(command)))}";
        }
        else if (unknown is not null && unknown.StartsWith('-'))
        {
            message = $"{path} has no flag '{unknown}'.{Hint(unknown, Flags(command))}";
        }
        else if (unknown is not null)
        {
            message = $"{path} does not know what to do with '{unknown}'.";
        }
        else if (parsed.Errors[0].SymbolResult is ArgumentResult { Tokens.Count: 0, Argument: var missing } and not { Parent: OptionResult })
        {
            message = $"{path} needs a <{missing.Name}>.";
        }
        else
        {
            message = parsed.Errors[0].Message;
        }

        return Failure.Report($"{message} See `{path} --help`.", exitCode: 2, args.Contains("--json"));
    }

    private static IEnumerable<string> Flags(Command command) =>
        command.Options.Select(o => o.Name).Concat(GlobalOptions.All.Select(o => o.Name)).Append("--help");

    private static string Hint(string given, IEnumerable<string> known) =>
        NearestName.Suggest(given, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";
}
