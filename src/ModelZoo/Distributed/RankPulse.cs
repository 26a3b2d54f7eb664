using System.Diagnostics;
using System.Globalization;

namespace ModelZoo.Distributed;

/// <summary>
/// Signs of life between the ranks: all send one to rank 0 every two seconds, rank 0 to all. Whose stay away for too long is taken for dead and named,
/// also where its machine or the network is gone and nothing else would tell. A rank whose disk is slow goes on sending them. Used by the communication
/// thread alone.
/// </summary>
internal sealed unsafe class RankPulse
{
    /// <summary>The environment variable with the seconds of silence after which a rank is taken for dead.</summary>
    public const string Variable = "MODELZOO_RANK_TIMEOUT";

    private const int Tag = 1;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(20);

    private readonly int rank, communicator;
    private readonly int[] peers;
    private readonly int[] sends;
    private readonly long[] heard;
    private readonly int[] own = GC.AllocateUninitializedArray<int>(1, pinned: true), other = GC.AllocateUninitializedArray<int>(1, pinned: true);
    private readonly TimeSpan patience;
    private IReadOnlyList<RankInfo>? members;
    private int receive = MpiNative.NoRequest;
    private long sent, looked;

    private RankPulse(int rank, int size, int communicator)
    {
        (this.rank, this.communicator) = (rank, communicator);
        peers = rank == 0 ? [.. Enumerable.Range(1, size - 1)] : [0];
        sends = [.. peers.Select(_ => MpiNative.NoRequest)];
        heard = new long[peers.Length];
        own[0] = rank;
        patience = double.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && seconds >= 1 ? TimeSpan.FromSeconds(seconds) : Usual;
    }

    /// <summary>For a group of one there is nothing to hear.</summary>
    public static RankPulse? Create(int rank, int size)
    {
        if (size == 1)
        {
            return null;
        }

        int copy = 0;
        MpiNative.Check(MpiNative.CommDup(MpiNative.World, &copy), "MPI_Comm_dup");
        MpiNative.Check(MpiNative.CommSetErrhandler(copy, MpiNative.ErrorsReturn), "MPI_Comm_set_errhandler");
        return new RankPulse(rank, size, copy);
    }

    /// <summary>From now on silence counts.</summary>
    /// <param name="all">Who to name.</param>
    public void Listen(IReadOnlyList<RankInfo> all) => Volatile.Write(ref members, all);

    /// <summary>Sends and hears what is due.</summary>
    /// <exception cref="ZooException">A rank is silent for too long.</exception>
    public void Beat()
    {
        if (Volatile.Read(ref members) is not { } known)
        {
            return;
        }

        long now = Stopwatch.GetTimestamp();
        if (receive == MpiNative.NoRequest && looked == 0)
        {
            Array.Fill(heard, now);
            looked = now;
            Receive();
        }

        // Where this process itself was stopped, the others' messages only wait to be read.
        TimeSpan away = Stopwatch.GetElapsedTime(looked, now);
        looked = now;
        if (away > Every)
        {
            for (int p = 0; p < heard.Length; p++)
            {
                heard[p] += (long)(away.TotalSeconds * Stopwatch.Frequency);
            }
        }

        Hear(now);
        if (Stopwatch.GetElapsedTime(sent, now) < Every)
        {
            return;
        }

        sent = now;
        for (int p = 0; p < peers.Length; p++)
        {
            if (Stopwatch.GetElapsedTime(heard[p], now) > patience)
            {
                throw new ZooException(string.Create(CultureInfo.InvariantCulture,
                    $"{known[peers[p]]} has given no sign of life for {patience.TotalSeconds:0} s: it is stopped, or its machine or the network is gone."));
            }

            Send(p);
        }
    }

    /// <summary>Takes back what waits.</summary>
    public void End()
    {
        if (receive != MpiNative.NoRequest)
        {
            int request = receive;
            MpiNative.Check(MpiNative.Cancel(&request), "MPI_Cancel");
            MpiNative.Check(MpiNative.Wait(&request, MpiNative.IgnoreStatus), "MPI_Wait");
        }
    }

    private void Hear(long now)
    {
        while (Done(ref receive))
        {
            int p = rank == 0 ? other[0] - 1 : 0;
            if ((uint)p < (uint)heard.Length)
            {
                heard[p] = now;
            }

            Receive();
        }
    }

    private void Send(int p)
    {
        if (sends[p] != MpiNative.NoRequest && !Done(ref sends[p]))
        {
            return; // the one before has not gone out yet
        }

        fixed (int* data = own)
        fixed (int* request = &sends[p])
        {
            MpiNative.Check(MpiNative.Isend((nint)data, sizeof(int), MpiNative.Byte, peers[p], Tag, communicator, request), "MPI_Isend");
        }
    }

    private void Receive()
    {
        fixed (int* data = other)
        fixed (int* request = &receive)
        {
            int from = rank == 0 ? MpiNative.AnySource : 0;
            MpiNative.Check(MpiNative.Irecv((nint)data, sizeof(int), MpiNative.Byte, from, Tag, communicator, request), "MPI_Irecv");
        }
    }

    private static bool Done(ref int request)
    {
        int done = 0;
        fixed (int* own = &request)
        {
            MpiNative.Check(MpiNative.Test(own, &done, MpiNative.IgnoreStatus), "a sign of life");
        }

        return done != 0;
    }
}
