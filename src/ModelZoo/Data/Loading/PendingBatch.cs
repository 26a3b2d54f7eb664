using static TorchSharp.torch;

namespace ModelZoo.Data.Loading;

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
        Memory = (channelsLast ? empty([indices.Length, shape.Height, shape.Width, shape.Channels], ScalarType.Float32) : empty([indices.Length, shape.Channels, shape.Height, shape.Width], ScalarType.Float32)).DetachFromDisposeScope();
        fixed (byte* first = Memory.bytes)
        {
            memory = (float*)first; // native memory: it stays where it is
        }
    }

    public ReadOnlyMemory<int> Indices { get; }

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
