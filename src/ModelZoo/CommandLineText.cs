namespace ModelZoo;

/// <summary>A command line as it can be typed again.</summary>
public static class CommandLineText
{
    /// <summary>"zoo" and the arguments, quoted where a shell would take them apart.</summary>
    public static string Of(params IEnumerable<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return string.Join(' ', arguments.Select(Quoted).Prepend("zoo"));
    }

    private static string Quoted(string argument) =>
        argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,+@%".Contains(c, StringComparison.Ordinal))
        ? argument
        : $"'{argument.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
