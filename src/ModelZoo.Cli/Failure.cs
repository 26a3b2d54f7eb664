using System.Runtime.InteropServices;

namespace ModelZoo.Cli;

/// <summary>What a user sees when something goes wrong: one message, no stack trace, and the right exit code.</summary>
internal static class Failure
{
    /// <summary>The message and exit code for an exception that a user can do something about; null for a defect of ours (<see cref="Defect"/>).</summary>
    internal static (string Message, int ExitCode)? Explain(Exception e) => e switch
    {
        UsageException => (e.Message, 2),
        ZooException => (e.Message, 1),
        OperationCanceledException => ("interrupted.", 1),
        TypeInitializationException { InnerException: { } inner } => Explain(inner), // an assembly's initializer: libtorch does not load
        DllNotFoundException => (e.Message, 1),
        _ when OutOfMemory.Caused(e) => ("out of memory: take fewer or smaller images at once, a smaller model, or a machine with more memory.", 1),
        ExternalException => ($"libtorch: {TorchError.Summary(e)}", 1),
        IOException or UnauthorizedAccessException => (e.Message, 1),
        _ => null,
    };

    /// <summary>Reports any exception. A defect of the zoo is said to be one; with <c>--verbose</c> every trace follows.</summary>
    /// <returns>The exit code.</returns>
    internal static int Report(Exception e, bool json, bool verbose)
    {
        (string message, int exitCode) = Explain(e) ?? Defect(e);
        int code = Report(message, exitCode, json);
        if (verbose)
        {
            Write(Console.Error, Printable.Message(e.ToString()));
        }

        return code;
    }

    internal static int Report(string message, int exitCode, bool json)
    {
        string prefix = RankRun.Prefix();
        Write(Console.Error, $"zoo: {prefix}{Printable.Message(message)}");
        if (json)
        {
            Write(Console.Out, Printable.Json(ErrorDocument.Of(message)));
        }

        return exitCode;
    }

    private static (string Message, int ExitCode) Defect(Exception e) =>
        ($"this is a defect of zoo, not of what you gave it: {e.GetType().Name}: {TorchError.Summary(e)} Please report it with the command line and what "
            + "the same command prints with --verbose.", 1);

    /// <summary>Writes a line; where even this cannot be written (a full disk, /dev/full), the exit code has to say it.</summary>
    internal static void Write(TextWriter writer, string text)
    {
        try
        {
            writer.WriteLine(text);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
        }
    }
}
