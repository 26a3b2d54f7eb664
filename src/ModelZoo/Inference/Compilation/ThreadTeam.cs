using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// Threads that compute one network together. Between two operations of a few microseconds they wait for each other by spinning, which OpenMP's threads give up
/// too soon for: waking one takes as long as a small layer. They take parts of the work as they come, so that one that the system holds up holds up the others
/// for a part at most; when nothing comes for a while they sleep.
/// </summary>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private const long Closed = 0xFFFFFFFF; // as the number of the next part: there is no work
    private const int PartsOfThread = 8;
    private const int PausesBeforeYield = 400;
    private static readonly long SpinTicks = Stopwatch.Frequency / 5000; // 200 µs

    private static ThreadTeam? whole; // of the only user
    private static int users;

    [ThreadStatic]
    private static ThreadTeam? current;

    private readonly SemaphoreSlim wake = new(0);
    private readonly Thread[] others;
    private readonly int size;
    private long state = Closed; // generation · 2³² + the number of the next part; what a part is changes only while it is closed
    private long parts;
    private long finished;
    private int sleeping;
    private volatile bool resting;
    private volatile bool dismissed;
    private long count;
    private long length;
    private nint function;
    private nint context;

    private ThreadTeam(int size)
    {
        this.size = size;
        others = [.. Enumerable.Range(1, size - 1).Select(_ => new Thread(Work) { IsBackground = true, Name = "ModelZoo inference" })];
        Array.ForEach(others, static thread => thread.Start());
    }

    /// <summary>The team that the calling thread leads; null for none.</summary>
    public static ThreadTeam? Current => current;

    /// <summary>
    /// Makes the calling thread the leader of as many threads as libtorch uses, until the end of the use; where another one leads them, of none.
    /// </summary>
    public static Use Enter()
    {
        int size = get_num_threads();
        if (current is not null || size < 2 || Interlocked.CompareExchange(ref users, 1, 0) != 0)
        {
            return default;
        }

        if (whole?.size != size)
        {
            whole?.Dispose();
            whole = new ThreadTeam(size);
        }

        current = whole;
        return new Use(whole);
    }

    /// <summary>Runs a function over parts of [0, count).</summary>
    /// <param name="count">How many.</param>
    /// <param name="grain">No part but the last is smaller; larger ones are multiples of it.</param>
    /// <param name="part">From, to before, and the context.</param>
    /// <param name="context">What the function needs.</param>
    public void For(long count, long grain, delegate* unmanaged<long, long, void*, void> part, void* context)
    {
        long least = (count + (size * PartsOfThread) - 1) / (size * PartsOfThread);
        length = Math.Max(1, (least + grain - 1) / grain) * grain;
        parts = (count + length - 1) / length;
        (this.count, function, this.context, finished) = (count, (nint)part, (nint)context, 0);
        long generation = (Volatile.Read(ref state) >> 32) + 1;
        resting = false;
        Interlocked.Exchange(ref state, generation << 32);
        if (Volatile.Read(ref sleeping) > 0 && Interlocked.Exchange(ref sleeping, 0) is > 0 and var asleep)
        {
            wake.Release(asleep);
        }

        while (Take())
        {
        }

        for (int pauses = 0; Volatile.Read(ref finished) < parts; pauses++)
        {
            if (pauses < PausesBeforeYield)
            {
                X86Base.Pause();
            }
            else
            {
                Thread.Yield();
            }
        }

        Interlocked.Exchange(ref state, ((generation + 1) << 32) | Closed);
    }

    /// <summary>Sends the others to sleep until there is work again: what comes now has threads of its own.</summary>
    public void Rest() => resting = true;

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        dismissed = true;
        wake.Release(size);
        Array.ForEach(others, static thread => thread.Join());
        wake.Dispose();
    }

    // Computes a part that nobody has taken. Nothing that it reads changes between the two readings of the state, or the exchange fails.
    private bool Take()
    {
        long seen = Volatile.Read(ref state), next = seen & Closed;
        if (next == Closed || next >= Volatile.Read(ref parts))
        {
            return false;
        }

        (long begin, long end, nint part, nint with) = (next * length, Math.Min(count, (next + 1) * length), function, context);
        if (Interlocked.CompareExchange(ref state, seen + 1, seen) == seen)
        {
            ((delegate* unmanaged<long, long, void*, void>)part)(begin, end, (void*)with);
            Interlocked.Increment(ref finished);
        }

        return true;
    }

    private void Work()
    {
        long last = Stopwatch.GetTimestamp();
        while (!dismissed)
        {
            if (Take())
            {
                last = Stopwatch.GetTimestamp();
                continue;
            }

            if (resting || Stopwatch.GetTimestamp() - last > SpinTicks)
            {
                Interlocked.Increment(ref sleeping); // who brings work from now on wakes this thread; what came just before is seen here
                if (!Take() && !dismissed)
                {
                    wake.Wait();
                }

                last = Stopwatch.GetTimestamp();
            }

            X86Base.Pause();
        }
    }

    /// <summary>The time in which a thread leads the team.</summary>
    internal readonly struct Use(ThreadTeam? team) : IDisposable
    {
        /// <summary>Null where the calling thread leads none, or led it before.</summary>
        public ThreadTeam? Team => team;

        public void Dispose()
        {
            if (team is not null)
            {
                current = null;
                Volatile.Write(ref users, 0);
            }
        }
    }
}
