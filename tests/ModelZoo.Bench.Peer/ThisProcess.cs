using System.Runtime.InteropServices;

namespace ModelZoo.PlainTorchSharp;

/// <summary>What only a process itself can tell: for the bench, that it is in the packages' defaults, and for tests of the library's Runtime.</summary>
internal static partial class ThisProcess
{
    /// <summary>A variable as native libraries see it, which is neither what .NET nor what /proc/self/environ says; "unset" where there is none.</summary>
    internal static string NativeEnvironment(string name) => Marshal.PtrToStringUTF8(GetEnv(name)) ?? "unset";

    /// <summary>The files of that name that are mapped into the process, by '|'.</summary>
    internal static string Mapped(string file) =>
        string.Join('|', File.ReadLines("/proc/self/maps").Select(line => line.IndexOf('/') is >= 0 and int at ? line[at..] : "")
            .Where(path => Path.GetFileName(path).StartsWith(file, StringComparison.Ordinal)).Distinct());

    /// <summary>Page faults so far that needed no disk (proc(5), stat, field 10).</summary>
    internal static long Faults()
    {
        string stat = File.ReadAllText("/proc/self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], System.Globalization.CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnv(string name);
}
