using System.CommandLine;
using System.CommandLine.Parsing;

namespace ModelZoo.Cli;

/// <summary>Reports what is wrong with a command line, with the nearest name for a mistyped one.</summary>
internal static class UsageErrors
{
    /// <summary>
    /// The first word that looks like a flag and is none. The parser would take it for a value of whatever takes several: a picture, a model. After <c>--</c>
    /// everything is a value, and so is what follows a flag's equals sign.
    /// </summary>
    internal static string? UnknownFlag(ParseResult parsed, string[] args) => parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash)
        .FirstOrDefault(t => t.Type == TokenType.Argument && LooksLikeFlag(t.Value) && args.Contains(t.Value))?.Value.Split('=')[0];

    internal static int Report(ParseResult parsed, string[] args)
    {
        Command command = parsed.CommandResult.Command;
        string path = PathOf(command);
        string? unknown = UnknownFlag(parsed, args) ?? (parsed.UnmatchedTokens is [var first, ..] ? first : null);
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

    private static bool LooksLikeFlag(string word) =>
        word is ['-', var letter, ..] && (char.IsAsciiLetter(letter) || (letter == '-' && word.Length > 2 && char.IsAsciiLetter(word[2])));

    private static string PathOf(Symbol command) =>
        command is RootCommand or not Command ? "zoo" : $"{command.Parents.Select(PathOf).FirstOrDefault("zoo")} {command.Name}";

    private static IEnumerable<string> Flags(Command command) =>
        command.Options.Select(o => o.Name).Concat(GlobalOptions.All.Select(o => o.Name)).Append("--help");

    private static string Hint(string given, IEnumerable<string> known) =>
        NearestName.Suggest(given, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";
}
