using System.Diagnostics;
using System.Globalization;

namespace ModelZoo.Tests.Runtime;

/// <summary>The memory of this process.</summary>
internal static class ResidentMemory
{
    /// <summary>Bytes that were allocated and are resident. On Linux without the pages of files, which come and go as the system likes.</summary>
    internal static long Allocated()
    {
        if (OperatingSystem.IsLinux())
        {
            string line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }

        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
