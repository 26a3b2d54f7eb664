using System.Runtime.InteropServices;
using System.Text.Json;

namespace ModelZoo.Cli;

/// <summary>What a user sees when something goes wrong: one message, no stack trace, and the right exit code.</summary>
internal static class Failure
{
    /// <summary>
    /// The message and exit code for an exception that a user can do something about; null for a defect of ours, which should show its trace.
    /// </summary>
    internal static (string Message, int ExitCode)? Explain(Exception e) => e switch
    {
        UsageException => (e.Message, 2),
        ZooException => (e.Message, 1),
        OperationCanceledException => ("interrupted.", 1),
        TypeInitializationException { InnerException: { } inner } => Explain(inner), // an assembly's initializer: libtorch does not load
        DllNotFoundException => (e.Message, 1),
        _ when OutOfMemory.Caused(e) => ("out of memory: take fewer or smaller images at once, a smaller model, or a machine with more memory.", 1),
        ExternalException => ($"libtorch: {WithoutFrames(e.Message)}", 1),
        IOException or UnauthorizedAccessException => (e.Message, 1),
        _ => null,
    };

    /// <summary>What libtorch says before it lists C++ functions.</summary>
    private static string WithoutFrames(string message)
    {
        int[] ends = [.. new[] { "\nframe #", "\nException raised from" }.Select(mark => message.IndexOf(mark, StringComparison.Ordinal)).Where(at => at >= 0)];
        return (ends.Length == 0 ? message : message[..ends.Min()]).TrimEnd();
    }

    internal static int Report(string message, int exitCode, bool json)
    {
        Console.Error.WriteLine($"zoo: {message}");
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new { error = message }, Session.JsonOptions));
        }

        return exitCode;
    }
}
