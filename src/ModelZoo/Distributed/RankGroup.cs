using System.Diagnostics;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Distributed;

/// <summary>One of the processes that work together.</summary>
/// <param name="Rank">From 0.</param>
/// <param name="Host">The machine's name.</param>
/// <param name="Process">The number of the process there.</param>
/// <param name="Processors">Which processors it may run on, as the system lists them.</param>
public sealed record RankInfo(int Rank, string Host, int Process, string Processors)
{
    /// <summary>"rank 3 (process 4711 on node2)".</summary>
    public override string ToString() => $"rank {Rank} (process {Process} on {Host})";
}

/// <summary>
/// Processes that work together, each with a number, its rank. What is called here is called by all of them, in the same order: each call waits for the
/// others, or ends with a message when one of them is gone.
/// </summary>
public abstract class RankGroup : IDisposable
{
    /// <summary>Bytes of gradients in a message. Smaller ones begin earlier and cost more.</summary>
    public const int UsualMessageBytes = 8 << 20;

    private readonly Stopwatch waiting = new();
    private (bool Asked, Nccl? Joined) gpus;

    /// <summary>Which of them this process is, from 0. Rank 0 is the one that writes files and speaks.</summary>
    public abstract int Rank { get; }

    /// <summary>How many they are.</summary>
    public abstract int Size { get; }

    /// <summary>All of them, by rank.</summary>
    public abstract IReadOnlyList<RankInfo> Members { get; }

    internal virtual int MessageBytes => UsualMessageBytes;

    /// <summary>How long this process has waited for messages so far.</summary>
    public TimeSpan Waited => waiting.Elapsed;

    /// <summary>Whether this process is the one that writes and speaks.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>How many processes of this machine may run on the same processors as this one, itself included.</summary>
    public int Sharing => Math.Max(1, Members.Count(m => m.Host == Members[Rank].Host && m.Processors == Members[Rank].Processors));

    /// <summary>Adds up numbers over all ranks, in place, while this process goes on.</summary>
    /// <param name="data">Memory that stays where it is until the result is waited for.</param>
    /// <param name="count">Numbers in it, the same on every rank.</param>
    /// <param name="type">Float32 or Float64.</param>
    /// <returns>What to wait for; every one is waited for.</returns>
    internal abstract IPending BeginSum(nint data, long count, ScalarType type);

    /// <summary>Copies memory of rank 0 to all others.</summary>
    internal abstract void Broadcast(nint data, long bytes);

    /// <summary>Everybody's bytes, by rank; they may be of different length.</summary>
    public abstract byte[][] Gather(ReadOnlySpan<byte> own);

    /// <summary>Ends the processes of all ranks, this one too, whatever they are doing.</summary>
    /// <param name="exitCode">Of the launcher.</param>
    public abstract void Abort(int exitCode);

    /// <summary>Sums between the ranks' GPUs; null where a rank has no NCCL. All ranks ask.</summary>
    internal Nccl? JoinGpus()
    {
        gpus = gpus.Asked ? gpus : (true, Nccl.Join(this));
        return gpus.Joined;
    }

    /// <summary>Waits for what was begun.</summary>
    /// <exception cref="ZooException">Another rank is gone; the message names it where that is known.</exception>
    internal void Wait(IPending pending)
    {
        waiting.Start();
        try
        {
            pending.Wait();
        }
        finally
        {
            waiting.Stop();
        }
    }

    /// <summary>The sums over all ranks, in place.</summary>
    internal unsafe void Sum(Span<double> values)
    {
        double[] pinned = GC.AllocateUninitializedArray<double>(values.Length, pinned: true);
        values.CopyTo(pinned);
        fixed (double* data = pinned)
        {
            Wait(BeginSum((nint)data, values.Length, ScalarType.Float64));
        }

        pinned.CopyTo(values);
    }

    /// <summary>The sum over all ranks.</summary>
    internal double Sum(double value)
    {
        Span<double> one = [value];
        Sum(one);
        return one[0];
    }

    /// <summary>Whether it is so on any rank.</summary>
    internal bool Any(bool value) => Sum(value ? 1 : 0) > 0;

    /// <summary>Waits until all ranks are here.</summary>
    public void Meet() => Sum(0);

    /// <summary>Gives a tensor the values that it has on rank 0.</summary>
    /// <param name="values">Of the same shape, type and strides everywhere; anywhere.</param>
    internal unsafe void Broadcast(Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable off = no_grad();
        Tensor plain = values.detach().cpu().contiguous();
        if (plain.numel() == 0)
        {
            return;
        }

        fixed (byte* data = plain.bytes)
        {
            Broadcast((nint)data, plain.bytes.Length);
        }

        if (!IsFirst)
        {
            values.detach().copy_(plain);
        }
    }

    /// <summary>Rank 0's text.</summary>
    internal unsafe string Broadcast(string text)
    {
        byte[] own = IsFirst ? Encoding.UTF8.GetBytes(text) : [];
        byte[] all = GC.AllocateUninitializedArray<byte>((int)Sum(own.Length), pinned: true);
        own.CopyTo(all.AsSpan());
        fixed (byte* data = all)
        {
            Broadcast((nint)data, all.Length);
        }

        return Encoding.UTF8.GetString(all);
    }

    /// <summary>Leaves the group, after all others are ready to.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Leaves the group.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>A message under way.</summary>
internal interface IPending
{
    /// <exception cref="ZooException">It will never come.</exception>
    void Wait();
}
