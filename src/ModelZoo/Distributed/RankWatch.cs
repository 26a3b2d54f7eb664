using System.Runtime.InteropServices;

namespace ModelZoo.Distributed;

/// <summary>
/// Sees at once when another rank of this machine ends (Linux, pidfd_open): mpiexec kills all others a moment later, and its message has the number of a
/// process but not the rank.
/// </summary>
internal sealed unsafe partial class RankWatch : IDisposable
{
    private const long OpenProcess = 434; // the system call's number, on every architecture
    private const short Readable = 1;

    private volatile bool over;

    private RankWatch()
    {
    }

    /// <summary>Begins to look.</summary>
    /// <param name="members">All ranks.</param>
    /// <param name="rank">This one.</param>
    /// <param name="dead">Called once, with the first that has ended.</param>
    /// <returns>Null where the system cannot, or there is nobody else here.</returns>
    public static RankWatch? Begin(IReadOnlyList<RankInfo> members, int rank, Action<RankInfo> dead)
    {
        RankInfo[] others = [.. members.Where(m => m.Rank != rank && m.Host == members[rank].Host)];
        if (!OperatingSystem.IsLinux() || others.Length == 0)
        {
            return null;
        }

        var files = new Descriptor[others.Length];
        for (int i = 0; i < others.Length; i++)
        {
            files[i] = new Descriptor { File = (int)SystemCall(OpenProcess, others[i].Process, 0), Events = Readable };
            if (files[i].File < 0)
            {
                return null; // an older kernel, or a process of another name space
            }
        }

        var watch = new RankWatch();
        new Thread(() =>
        {
            fixed (Descriptor* all = files)
            {
                while (Poll(all, (nuint)files.Length, -1) <= 0)
                {
                    // interrupted by a signal
                }
            }

            if (!watch.over)
            {
                dead(others[Array.FindIndex(files, f => f.Found != 0)]);
            }
        })
        { IsBackground = true, Name = "other ranks", Priority = ThreadPriority.Highest }.Start();
        return watch;
    }

    /// <summary>The processors that this process may run on, as the system lists them; empty where it does not.</summary>
    public static string Processors()
    {
        const string Key = "Cpus_allowed_list:";
        return File.Exists("/proc/self/status")
            ? File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal))?[Key.Length..].Trim() ?? ""
            : "";
    }

    /// <summary>Sleeps for microseconds, where the system can.</summary>
    public static void Nap(uint microseconds)
    {
        if (OperatingSystem.IsWindows())
        {
            Thread.Yield();
        }
        else
        {
            _ = Sleep(microseconds);
        }
    }

    /// <summary>From now on the others may end.</summary>
    public void Dispose() => over = true;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, int process, uint flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Descriptor* files, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Descriptor
    {
        public int File;
        public short Events;
        public short Found;
    }
}
