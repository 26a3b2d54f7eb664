using System.CommandLine;
using System.Runtime.CompilerServices;
using ModelZoo.Cli;
using ModelZoo.Runtime;

// Exit codes: 0 done, 1 failed, 2 bad usage.
try
{
    LoadTorch();
}
catch (Exception e) when (Failure.Explain(e) is { } failure)
{
    return Failure.Report(failure.Message, failure.ExitCode, args.Contains("--json"));
}

RootCommand root = ZooCommandLine.Create();
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0 || UsageErrors.UnknownFlag(parsed, args) is not null)
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

// A method of its own: the library's initializer runs, and may fail, where its first caller is entered.
[MethodImpl(MethodImplOptions.NoInlining)]
static void LoadTorch() => TorchRuntime.Initialize();
