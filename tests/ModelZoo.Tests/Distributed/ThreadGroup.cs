using System.Collections.Concurrent;
using ModelZoo.Distributed;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Distributed;

/// <summary>Ranks that are threads of this process: what the library does with ranks, without MPI. Calls that do not match are an error.</summary>
internal sealed class ThreadGroup : RankGroup
{
    private readonly Board board;
    private readonly int rank;
    private long calls;

    private ThreadGroup(Board board, int rank) => (this.board, this.rank) = (board, rank);

    public override int Rank => rank;

    public override int Size => board.Size;

    /// <summary>Every parameter in a message of its own, most of them sent while the backward goes on.</summary>
    internal override int MessageBytes => 1;

    /// <summary>Whether <see cref="Sums"/> is kept.</summary>
    public bool Watches { get; set; }

    /// <summary>What it adds up in float32, in order, each with whether a backward was under way.</summary>
    public List<(long Count, bool InBackward)> Sums { get; } = [];

    public override IReadOnlyList<RankInfo> Members => [.. Enumerable.Range(0, Size).Select(r => new RankInfo(r, "here", 100 + r, "0"))];

    /// <summary>Does the same on so many ranks at once.</summary>
    /// <returns>What each has made, by rank.</returns>
    /// <exception cref="AggregateException">What went wrong, on every rank.</exception>
    public static T[] Run<T>(int size, Func<RankGroup, T> work)
    {
        var board = new Board(size);
        var results = new T[size];
        var errors = new ConcurrentQueue<(int Rank, Exception Error)>();
        Thread[] threads = [.. Enumerable.Range(0, size).Select(r => new Thread(() =>
        {
            try
            {
                results[r] = work(new ThreadGroup(board, r));
            }
#pragma warning disable CA1031 // Thrown below.
            catch (Exception error)
#pragma warning restore CA1031
            {
                errors.Enqueue((r, error));
                board.Break();
            }
        }))];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        return errors.IsEmpty ? results : throw new AggregateException(errors.OrderBy(e => e.Rank).Select(e => e.Error));
    }

    internal override IPending BeginSum(nint data, long count, ScalarType type)
    {
        if (Watches && type == ScalarType.Float32)
        {
            Sums.Add((count, Environment.StackTrace.Contains(".backward(", StringComparison.Ordinal)));
        }

        return board.Join(calls++, rank, $"sum of {count} {type}", data, (_, all) =>
        {
            if (type == ScalarType.Float32)
            {
                Add<float>(all, count);
            }
            else
            {
                Add<double>(all, count);
            }
        });
    }

    internal override unsafe void Broadcast(nint data, long bytes) => board.Join(calls++, rank, $"broadcast of {bytes}", data, (_, all) =>
    {
        foreach (nint other in all.Skip(1))
        {
            Buffer.MemoryCopy((void*)all[0], (void*)other, bytes, bytes);
        }
    }).Wait();

    public override byte[][] Gather(ReadOnlySpan<byte> own)
    {
        byte[] copy = own.ToArray();
        Slot slot = board.Join(calls++, rank, "gather", 0, (_, _) => { }, copy);
        slot.Wait();
        return [.. slot.Bytes.Select(b => b.ToArray())];
    }

    public override void Abort(int exitCode) => board.Break();

    protected override void Dispose(bool disposing)
    {
    }

    private static unsafe void Add<T>(nint[] all, long count)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        for (long i = 0; i < count; i++)
        {
            T sum = ((T*)all[0])[i];
            for (int r = 1; r < all.Length; r++)
            {
                sum += ((T*)all[r])[i];
            }

            foreach (nint data in all)
            {
                ((T*)data)[i] = sum;
            }
        }
    }

    private sealed class Board(int size)
    {
        private readonly Dictionary<long, Slot> slots = [];
        private bool broken;

        public int Size => size;

        public Slot Join(long call, int rank, string what, nint data, Action<int, nint[]> act, byte[]? bytes = null)
        {
            lock (slots)
            {
                if (!slots.TryGetValue(call, out Slot? slot))
                {
                    slots.Add(call, slot = new Slot(size, what));
                }

                if (slot.What != what)
                {
                    throw new InvalidOperationException($"rank {rank} calls {what} where another called {slot.What}");
                }

                slot.Data[rank] = data;
                slot.Bytes[rank] = bytes ?? [];
                if (++slot.Arrived == size)
                {
                    act(rank, slot.Data);
                    slots.Remove(call);
                    slot.Finish(false);
                }
                else if (broken)
                {
                    slot.Finish(true);
                }

                return slot;
            }
        }

        public void Break()
        {
            lock (slots)
            {
                broken = true;
                foreach (Slot slot in slots.Values)
                {
                    slot.Finish(true);
                }
            }
        }
    }

    private sealed class Slot(int size, string what) : IPending
    {
        private readonly TaskCompletionSource<bool> failed = new();

        public string What => what;

        public nint[] Data { get; } = new nint[size];

        public byte[][] Bytes { get; } = new byte[size][];

        public int Arrived { get; set; }

        public void Finish(bool broke) => failed.TrySetResult(broke);

        public void Wait()
        {
            if (failed.Task.GetAwaiter().GetResult())
            {
                throw new ZooException("another rank has ended");
            }
        }
    }
}
