namespace ModelZoo.Cli;

/// <summary>A command line as it can be typed again.</summary>
internal static class CommandLineText
{
    /// <summary>"zoo" and the arguments, quoted where a shell would take them apart.</summary>
    internal static string Of(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(Quoted).Prepend("zoo"));

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal))
        ? argument
        : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
