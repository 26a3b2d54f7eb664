using System.CommandLine;
using System.Runtime.CompilerServices;
using ModelZoo;
using ModelZoo.Cli;
using ModelZoo.Runtime;

// Exit codes: 0 done, 1 failed, 2 bad usage, 130 and 143 interrupted (Ctrl-C, SIGTERM).
(bool json, bool verbose) = (args.Contains("--json"), args.Contains("--verbose"));
bool loaded = false;
AppDomain.CurrentDomain.UnhandledException += (_, failed) =>
    Environment.Exit(Explained(failed.ExceptionObject as Exception ?? new InvalidOperationException($"{failed.ExceptionObject}")));
using var interrupt = new InterruptSource();
try
{
    if (json)
    {
        ErrorDocument.Prepare();
    }

    LibtorchPackage.Find();
    LoadTorch();
    loaded = true;
    NativeTermination.Explain(json);
    RootCommand root = ZooCommandLine.Create();
    ParseResult parsed = root.Parse(args);
    if (parsed.Errors.Count > 0 || UsageErrors.UnknownFlag(parsed, args) is not null)
    {
        return RankRun.LeavesUsageToOthers(args) ? 2 : UsageErrors.Report(parsed, args);
    }

    RankRun.MustShare(parsed);
    json = parsed.GetValue(GlobalOptions.Json);
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    int code = interrupt.ExitCode(await parsed.InvokeAsync(configuration, interrupt.Token).ConfigureAwait(false));
    RankRun.Leave();
    return code;
}
catch (OperationCanceledException) when (interrupt.Signaled)
{
    return Ended(Failure.Report("interrupted.", interrupt.ExitCode(0), json));
}
catch (UsageException) when (RankRun.Group is null && RankRun.LeavesUsageToOthers(args))
{
    return 2;
}
catch (Exception e)
{
    return Explained(e);
}

// Where the library does not load, every method of it throws that again.
int Explained(Exception e) => loaded ? Ended(Failure.Report(e, json, verbose)) : StartFailure.Report(e, json, verbose);

static int Ended(int code)
{
    RankRun.Abort(code);
    return code;
}

// A method of its own: the library's initializer runs, and may fail, where its first caller is entered.
[MethodImpl(MethodImplOptions.NoInlining)]
static void LoadTorch() => TorchRuntime.Initialize();
