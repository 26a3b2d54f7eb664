using System.CommandLine;
using ModelZoo.Cli;

// Exit codes: 0 done, 1 failed, 2 bad usage.
RootCommand root = ZooCommandLine.Create();
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    return UsageErrors.Report(parsed, args);
}

using var interrupt = new InterruptSource();
try
{
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await parsed.InvokeAsync(configuration, interrupt.Token).ConfigureAwait(false);
}
catch (Exception e) when (Failure.Explain(e) is { } failure)
{
    return Failure.Report(failure.Message, failure.ExitCode, parsed.GetValue(GlobalOptions.Json));
}
