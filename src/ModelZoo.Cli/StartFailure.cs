namespace ModelZoo.Cli;

/// <summary>What a user sees where libtorch does not load. Nothing here may call the library: its initializer has failed, and would throw once more.</summary>
internal static class StartFailure
{
    /// <summary>Reports why: one message, and the trace with <c>--verbose</c>.</summary>
    /// <returns>The exit code.</returns>
    internal static int Report(Exception error, bool json, bool verbose)
    {
        Exception cause = error;
        while (cause is TypeInitializationException { InnerException: { } inner })
        {
            cause = inner;
        }

        string message = Plain(cause is OutOfMemoryException ? "out of memory, before the work began: allow the process more." : cause.Message);
        Console.Error.WriteLine($"zoo: {message}");
        if (json)
        {
            Console.Out.WriteLine(ErrorDocument.Of(message));
        }

        if (verbose)
        {
            Console.Error.WriteLine(error);
        }

        return 1;
    }

    // Names of folders are in it.
    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
