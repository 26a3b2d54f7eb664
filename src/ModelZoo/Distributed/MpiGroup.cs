using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using ModelZoo.Runtime;
using static TorchSharp.torch;

namespace ModelZoo.Distributed;

/// <summary>
/// The processes that mpiexec or srun started together. All calls of MPI are made by one thread of each process (MPI_THREAD_FUNNELED, which every
/// implementation has), which moves messages on while the others compute, and hears whether the other ranks live.
/// </summary>
public sealed unsafe partial class MpiGroup : RankGroup
{
    private const uint Naps = 200; // microseconds between two looks at messages that nobody waits for yet, or that have not come for long
    private const int Looks = 500; // without a nap

    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<MpiOperation> begun = new();
    private readonly AutoResetEvent news = new(false);
    private readonly Thread thread;
    private readonly ManualResetEventSlim joined = new(false);
    private readonly Lock gate = new();
    private Exception? broken;
    private RankPulse? pulse;
    private RankWatch? watch;
    private IReadOnlyList<RankInfo> members = [];
    private bool ending;
    private int rank, size, communicator, looks;

    private MpiGroup()
    {
        thread = new Thread(Work) { IsBackground = true, Name = "messages" };
        thread.Start();
        joined.Wait();
        if (broken is { } error)
        {
            throw new ZooException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public override int Rank => rank;

    /// <inheritdoc/>
    public override int Size => size;

    /// <inheritdoc/>
    public override IReadOnlyList<RankInfo> Members => members;

    /// <summary>Whether this process was started together with others, by mpiexec, srun or the like.</summary>
    public static bool IsLaunched => Launcher.OfProcess is not null;

    /// <summary>Its number among them as the launcher says it, before <see cref="Join"/>; 0 where it was started alone.</summary>
    public static int LaunchedRank => Launcher.OfProcess?.Rank ?? 0;

    /// <summary>Joins the processes that were started together with this one. Once a process.</summary>
    /// <param name="lost">Is told, on a thread of its own and at once, of a process of this machine that has ended before its time: under mpiexec this process
    /// has a millisecond left.</param>
    /// <exception cref="ZooException">There is no MPI library of MPICH's interface, or the launcher is another implementation's.</exception>
    public static MpiGroup Join(Action<RankInfo>? lost = null)
    {
        // UCX, below MPICH, would take SIGSEGV, by which .NET knows a null reference, and write its warnings among the results.
        ProcessSettings.Suggest("UCX_ERROR_SIGNALS", "");
        ProcessSettings.Suggest("UCX_LOG_FILE", "stderr");
        string library = MpiLibrary.Require();
        var group = new MpiGroup();
        try
        {
            group.MustMatch(library);
            group.Introduce(lost);
            return group;
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    internal override IPending BeginSum(nint data, long count, ScalarType type)
    {
        int kind = type == ScalarType.Float32 ? MpiNative.Float : type == ScalarType.Float64 ? MpiNative.Double
            : throw new ArgumentException($"Sums are of float32 or float64, not of {type}.", nameof(type));
        return Put(() => Request(request => MpiNative.Iallreduce(MpiNative.InPlace, data, checked((int)count), kind, MpiNative.Sum, communicator, request),
            "MPI_Iallreduce"));
    }

    internal override void Broadcast(nint data, long bytes)
    {
        const int AtOnce = 1 << 30;
        for (long first = 0; first < bytes; first += AtOnce)
        {
            (nint part, int count) = (data + (nint)first, (int)Math.Min(AtOnce, bytes - first));
            Wait(Put(() => Request(request => MpiNative.Ibcast(part, count, MpiNative.Byte, 0, communicator, request), "MPI_Ibcast")));
        }
    }

    /// <inheritdoc/>
    public override byte[][] Gather(ReadOnlySpan<byte> own)
    {
        var lengths = new double[Size];
        lengths[Rank] = own.Length;
        Sum(lengths);
        int[] counts = GC.AllocateUninitializedArray<int>(Size, pinned: true), places = GC.AllocateUninitializedArray<int>(Size, pinned: true);
        int total = 0;
        for (int r = 0; r < Size; r++)
        {
            (counts[r], places[r]) = ((int)lengths[r], total);
            total = checked(total + counts[r]);
        }

        byte[] send = GC.AllocateUninitializedArray<byte>(Math.Max(1, own.Length), pinned: true);
        byte[] all = GC.AllocateUninitializedArray<byte>(Math.Max(1, total), pinned: true);
        own.CopyTo(send);
        Wait(Put(() => Request(request =>
        {
            fixed (byte* from = send, to = all)
            fixed (int* lengths = counts, starts = places)
            {
                return MpiNative.Iallgatherv((nint)from, counts[Rank], MpiNative.Byte, (nint)to, lengths, starts, MpiNative.Byte, communicator, request);
            }
        }, "MPI_Iallgatherv")));
        return [.. counts.Select((count, r) => all.AsSpan(places[r], count).ToArray())];
    }

    /// <inheritdoc/>
    public override void Abort(int exitCode)
    {
        watch?.Dispose();
        // The launcher ends the others and then this process; where it does not, nothing is left to do here either.
        Put(() => MpiNative.Abort(MpiNative.World, exitCode));
        thread.Join(TimeSpan.FromSeconds(5));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || ending)
        {
            return;
        }

        watch?.Dispose();
        if (broken is null)
        {
            Meet();
        }

        ending = true;
        news.Set();
        thread.Join(TimeSpan.FromSeconds(5));
        joined.Dispose();
        news.Dispose();
    }

    private void MustMatch(string library)
    {
        if (Launcher.OfProcess is { } launcher && launcher.Size != size)
        {
            throw new ZooException($"{launcher.Name} started {launcher.Size} processes, but {library} counts {size}: they are of different implementations. "
                + (launcher.Name.StartsWith("Open MPI", StringComparison.Ordinal) ? MpiLibrary.OpenMpiRefused
                    : launcher.Name == "srun" ? "Start with srun --mpi=pmi2 (srun --mpi=list shows what there is)."
                    : "Start with the mpiexec that came with it (mpiexec.mpich)."));
        }
    }

    private void Introduce(Action<RankInfo>? lost)
    {
        string own = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}\n{Environment.ProcessId}\n{RankWatch.Processors()}");
        members = [.. Gather(Encoding.UTF8.GetBytes(own)).Select((bytes, r) =>
        {
            string[] said = Encoding.UTF8.GetString(bytes).Split('\n');
            return new RankInfo(r, said[0], int.Parse(said[1], CultureInfo.InvariantCulture), said[2]);
        })];
        watch = RankWatch.Begin(members, rank, dead =>
        {
            lost?.Invoke(dead);
            Break(new ZooException($"{dead} has ended before the others."));
        });
        Meet();
        pulse?.Listen(members);
    }

    private MpiOperation Put(Func<int> begin)
    {
        var operation = new MpiOperation(begin);
        begun.Enqueue(operation);
        news.Set();
        return operation;
    }

    private void Break(Exception error)
    {
        lock (gate)
        {
            broken ??= error;
        }

        news.Set();
    }

    private void Work()
    {
        List<MpiOperation> active = [];
        try
        {
            Begin();
            joined.Set();
            for (bool waits = false; !ending;)
            {
                while (begun.TryDequeue(out MpiOperation? operation))
                {
                    active.Add(operation);
                    if (broken is null)
                    {
                        operation.Begin();
                    }
                }

                waits = false;
                for (int i = 0; i < active.Count && broken is null; i++)
                {
                    if (active[i].Test())
                    {
                        active[i].Complete();
                        active.RemoveAt(i--);
                        looks = 0;
                    }
                    else
                    {
                        waits |= active[i].Awaited;
                    }
                }

                pulse?.Beat();
                if (broken is { } error)
                {
                    active.ForEach(operation => operation.Fail(error));
                    active.Clear();
                }

                Rest(active.Count, waits);
            }

            pulse?.End();
            MpiNative.Check(MpiNative.Finish(), "MPI_Finalize");
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown to whoever waits, and to whoever begins something later.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Break(error);
            joined.Set();
            active.ForEach(operation => operation.Fail(broken!));
            while (!ending)
            {
                while (begun.TryDequeue(out MpiOperation? operation))
                {
                    operation.Fail(broken!);
                }

                news.WaitOne(Idle);
            }
        }
    }

    // What is waited for is looked at all the time, for a while; what is not gets a look now and then: this thread shares its core with the work, and where
    // there are more ranks than cores, with the ranks that it waits for.
    private void Rest(int active, bool waits)
    {
        if (active == 0)
        {
            news.WaitOne(Idle);
        }
        else if (waits && ++looks < Looks)
        {
            Thread.Yield();
        }
        else
        {
            RankWatch.Nap(looks < 20 * Looks ? Naps : 5 * Naps);
        }
    }

    private void Begin()
    {
        int initialized = 0, provided = 0, own = 0, all = 0, copy = 0;
        MpiNative.Check(MpiNative.Initialized(&initialized), "MPI_Initialized");
        if (initialized != 0)
        {
            throw new ZooException("MPI is in use in this process already.");
        }

        MpiNative.Check(MpiNative.InitThread(0, 0, MpiNative.ThreadFunneled, &provided), "MPI_Init_thread");
        if (provided < MpiNative.ThreadFunneled)
        {
            throw new ZooException("This MPI library is built without threads (MPI_THREAD_SINGLE); take one that gives MPI_THREAD_FUNNELED.");
        }

        MpiNative.Check(MpiNative.CommDup(MpiNative.World, &copy), "MPI_Comm_dup");
        MpiNative.Check(MpiNative.CommSetErrhandler(copy, MpiNative.ErrorsReturn), "MPI_Comm_set_errhandler");
        MpiNative.Check(MpiNative.CommRank(copy, &own), "MPI_Comm_rank");
        MpiNative.Check(MpiNative.CommSize(copy, &all), "MPI_Comm_size");
        (rank, size, communicator) = (own, all, copy);
        pulse = RankPulse.Create(own, all);
    }

    private static int Request(StartCall call, string name)
    {
        int request = MpiNative.NoRequest;
        MpiNative.Check(call(&request), name);
        return request;
    }

    private delegate int StartCall(int* request);
}
