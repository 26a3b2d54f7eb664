using System.Globalization;

namespace ModelZoo.Runtime;

/// <summary>The most memory that this process had resident since <see cref="Restart"/>, read from Linux' /proc; unknown elsewhere.</summary>
public static class PeakMemory
{
    /// <summary>Collects garbage, gives free memory back to the system and forgets the peak so far.</summary>
    /// <returns>The bytes that are resident now; null where the system does not tell.</returns>
    public static long? Restart()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        ProcessSettings.ReturnFreedMemory(); // without glibc what is free may stay resident; growth is then reported a little too small
        return Forget() ? Status("VmRSS") : null;
    }

    /// <summary>Forgets the peak so far and keeps everything else as it is.</summary>
    /// <returns>Whether the system can do that.</returns>
    public static bool Forget()
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                return false;
            }

            File.WriteAllText("/proc/self/clear_refs", "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The most bytes that were resident since the peak was forgotten; null where the system does not tell.</summary>
    public static long? Read() => OperatingSystem.IsLinux() ? Status("VmHWM") : null;

    private static long? Status(string name)
    {
        try
        {
            string? line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
            return line is null ? null : 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
