using ModelZoo.Data;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>
/// One pass over the images: workers take the next example in the pass's order, whatever batch it belongs to, and write it into its place in its batch;
/// finished batches are handed out in order. At most <see cref="LoaderOptions.Prefetch"/> batches are under way beside the one in use. What a batch holds does
/// not depend on the workers' number or timing.
/// </summary>
internal sealed class LoaderPass : IDisposable
{
    /// <summary>Writes example <paramref name="index"/>, which is at <paramref name="place"/> of the order, into <paramref name="destination"/>.</summary>
    internal delegate void Writer(int place, int index, Span<float> destination);

    private readonly object gate = new();
    private readonly int[] order;
    private readonly Func<int, (int First, int End)> places;
    private readonly ImageShape shape;
    private readonly LoaderOptions options;
    private readonly Writer write;
    private readonly Dictionary<int, PendingBatch> pending = [];
    private readonly Thread[] workers;
    private Exception? broken;
    private int turn; // whose examples are being taken
    private int slot; // the next of them
    private int current;
    private bool stopped;

    /// <param name="order">The indices of the examples, in the pass's order.</param>
    /// <param name="places">Where in the order each batch of this pass, from 0 on, begins and ends; it may be empty.</param>
    /// <param name="batches">How many batches there are.</param>
    /// <param name="shape">[C,H,W] of an example.</param>
    /// <param name="options">Workers, prefetch.</param>
    /// <param name="write">Makes an example; called by several threads.</param>
    public LoaderPass(int[] order, Func<int, (int First, int End)> places, int batches, ImageShape shape, LoaderOptions options, Writer write)
    {
        (this.order, this.places, this.shape, this.options, this.write) = (order, places, shape, options, write);
        Batches = batches;
        int examples = batches == 0 ? 0 : places(batches - 1).End - places(0).First;
        workers = [.. Enumerable.Range(0, Math.Min(options.WorkerCount, Math.Max(1, examples)))
            .Select(_ => new Thread(Work) { IsBackground = true, Name = "image loader" })];
        Array.ForEach(workers, worker => worker.Start());
    }

    /// <summary>Batches of the pass.</summary>
    public int Batches { get; }

    /// <summary>Waits for the next batch.</summary>
    /// <returns>Its inputs, the caller's from now on, [B,C,H,W] in memory order as the options say, and the positions within it that could not be
    /// made.</returns>
    public PendingBatch Next()
    {
        PendingBatch? batch;
        lock (gate)
        {
            while (broken is null && (!pending.TryGetValue(current, out batch) || batch.Missing > 0))
            {
                Monitor.Wait(gate);
            }

            batch = broken is null ? pending[current] : throw new InvalidOperationException($"The images cannot be loaded any more: {broken.Message}", broken);

            pending.Remove(current++);
            Monitor.PulseAll(gate);
        }

        return batch;
    }

    /// <summary>Stops the workers, waits until they have ended, and frees what nobody took.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            stopped = true;
            Monitor.PulseAll(gate);
        }

        Array.ForEach(workers, worker => worker.Join());
        foreach (PendingBatch batch in pending.Values)
        {
            batch.Dispose();
        }

        pending.Clear();
    }

    private void Work()
    {
        while (Take() is var (batch, slot) && batch is not null)
        {
            Exception? failure = null;
            try
            {
                write(batch.First + slot, batch.Indices.Span[slot], batch.Example(slot));
            }
#pragma warning disable CA1031 // Whatever it is, it is thrown to whoever asks for the batch.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }

            lock (gate)
            {
                batch.Failures[slot] = failure;
                if (--batch.Missing == 0)
                {
                    Monitor.PulseAll(gate);
                }
            }
        }
    }

    // The next example's batch and place in it, or null where there is none any more.
    private (PendingBatch? Batch, int Slot) Take()
    {
        lock (gate)
        {
            while (true)
            {
                while (!stopped && turn < Batches && turn > current + options.Prefetch)
                {
                    Monitor.Wait(gate);
                }

                if (stopped || turn >= Batches || (slot == 0 && Begin(turn) is null))
                {
                    return default;
                }

                if (pending.TryGetValue(turn, out PendingBatch? batch) && slot < batch.Indices.Length)
                {
                    return (batch, slot++);
                }

                (turn, slot) = (turn + 1, 0);
                Monitor.PulseAll(gate); // one without examples is ready at once
            }
        }
    }

    private PendingBatch? Begin(int turn)
    {
        try
        {
            (int first, int end) = places(turn);
            return pending[turn] = new PendingBatch(order.AsMemory(first..end), shape, options.ChannelsLast) { First = first };
        }
#pragma warning disable CA1031 // Thrown to whoever asks for the next batch.
        catch (Exception e)
#pragma warning restore CA1031
        {
            (broken, stopped) = (e, true);
            Monitor.PulseAll(gate);
            return null;
        }
    }
}

/// <summary>A batch that workers fill.</summary>
internal sealed unsafe class PendingBatch : IDisposable
{
    private readonly float* memory;
    private readonly int length;
    private readonly bool channelsLast;

    public PendingBatch(ReadOnlyMemory<int> indices, ImageShape shape, bool channelsLast)
    {
        (Indices, length, Missing, this.channelsLast) = (indices, shape.Length, indices.Length, channelsLast);
        Failures = new Exception?[indices.Length];
        Memory = (channelsLast
            ? empty([indices.Length, shape.Height, shape.Width, shape.Channels], ScalarType.Float32)
            : empty([indices.Length, shape.Channels, shape.Height, shape.Width], ScalarType.Float32)).DetachFromDisposeScope();
        fixed (byte* first = Memory.bytes)
        {
            memory = (float*)first; // native memory: it stays where it is
        }
    }

    public ReadOnlyMemory<int> Indices { get; }

    /// <summary>Where in the order it begins.</summary>
    public int First { get; init; }

    /// <summary>[B,C,H,W], or [B,H,W,C] with channels last.</summary>
    public Tensor Memory { get; }

    /// <summary>Of each place: what went wrong.</summary>
    public Exception?[] Failures { get; }

    /// <summary>Examples that are not written yet.</summary>
    public int Missing { get; set; }

    public Span<float> Example(int slot) => new(memory + (long)slot * length, length);

    /// <summary>The examples at these places as [B,C,H,W]; this batch is used up by it.</summary>
    public Tensor TakeInputs(int[] places)
    {
        Tensor chosen = Memory;
        if (places.Length < Indices.Length)
        {
            using Tensor index = tensor([.. places.Select(p => (long)p)]);
            chosen = Memory.index_select(0, index);
            Memory.Dispose();
        }

        if (!channelsLast)
        {
            return chosen;
        }

        using (chosen)
        {
            return chosen.permute(0, 3, 1, 2);
        }
    }

    public void Dispose() => Memory.Dispose();
}
