using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using ModelZoo;
using ModelZoo.Bench;

// Exit codes: 0 done, 1 failed, 2 bad usage.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
ParseResult parsed = BenchCommandLine.Create().Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"bench: {parsed.Errors[0].Message} See `scripts/bench --help`.");
    return 2;
}

try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (TypeInitializationException e) when (e.InnerException is ZooException)
{
    Console.Error.WriteLine($"bench: {e.InnerException.Message}");
    return 1;
}
catch (Exception e) when (e is ZooException or IOException or UnauthorizedAccessException or DllNotFoundException or ExternalException)
{
    Console.Error.WriteLine($"bench: {e.Message}");
    return e is UsageException ? 2 : 1;
}
