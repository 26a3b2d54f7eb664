using System.Runtime.InteropServices;
using ModelZoo.Training.Precision;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>The steps of a network for images of one size. Threads may share one; what the steps read of the model must not change meanwhile.</summary>
internal sealed class CompiledProgram : IDisposable
{
    private readonly int values;
    private readonly int output;
    private readonly Backend backend;
    private readonly PackCache packs;
    private readonly WeightsStamp stamp;
    private readonly bool team;

    public CompiledProgram(IReadOnlyList<Step> steps, int values, int output, Backend backend, long[] inputShape)
    {
        (Steps, this.values, this.output, this.backend) = (steps, values, output, backend);
        InputShape = inputShape;
        packs = new PackCache(batch => [.. steps.Select(s => s.Pack(batch))]);
        team = backend.Kernels && DirectConvolution.IsSupported && steps.All(s => s.OnTeam || s is LayerStep or FunctionStep or AffineStep);
        stamp = new WeightsStamp(steps.SelectMany(s => s.Sources));
    }

    /// <summary>In the order of execution.</summary>
    public IReadOnlyList<Step> Steps { get; }

    /// <summary>The shape that was traced, [N,…].</summary>
    public long[] InputShape { get; }

    /// <summary>For how many batch sizes packed weights are kept.</summary>
    public int PackedBatchSizes { set => packs.Capacity = value; }

    /// <summary>How many normalizations are inside a convolution.</summary>
    public int Folded => Steps.OfType<ConvolutionStep>().Sum(s => s.Layers.Count(l => l.Module is BatchNorm));

    /// <summary>Whether the model's tensors that went into the steps are what they were. Tests replace it.</summary>
    public Func<bool> IsCurrent => CurrentInstead ?? stamp.IsCurrent;

    /// <summary>For faults that tests plant.</summary>
    internal Func<bool>? CurrentInstead { get; set; }

    /// <summary>Whether every layer up to a node can compute in bfloat16: it has no parameters of its own, or such that a step copies.</summary>
    public static bool ComputesInHalf(nn.Module leaf) =>
        leaf is Conv2d { padding_mode: PaddingModes.Zeros, padding: not null } or Linear or BatchNorm2d || (!leaf.parameters().Any() && !leaf.buffers().Any());

    /// <summary>Computes a batch.</summary>
    /// <param name="input">[N,…]; it is not changed.</param>
    /// <param name="see">Given each step and what it made.</param>
    /// <param name="cancel">Tokens that end it between two steps.</param>
    /// <returns>What the last step made, contiguous; of bfloat16 float32. The caller's.</returns>
    /// <exception cref="OperationCanceledException">A token was canceled.</exception>
    /// <exception cref="ExternalException">libtorch could not compute it: for want of memory (<see cref="OutOfMemory"/>), or the message says what it
    /// refused.</exception>
    public Tensor Run(Tensor input, Action<Step, Tensor[]>? see = null, params CancellationToken[] cancel)
    {
        using IDisposable none = no_grad();
        using IDisposable quiet = LibtorchLog.Quiet();
        using DisposeScope scope = NewDisposeScope();
        var live = new Tensor?[values];
        try
        {
            return Run(input, live, see, cancel);
        }
        catch (RefusedOperatorException)
        {
            MustHaveMemory(input, live);
            throw;
        }
    }

    private Tensor Run(Tensor input, Tensor?[] live, Action<Step, Tensor[]>? see, CancellationToken[] cancel)
    {
        using PackCache.Use packed = packs.For(input.shape[0]);
        using ThreadTeam.Use threads = team ? ThreadTeam.Enter() : default;
        var given = new Tensor[8];
        live[0] = (backend.Kernels ? Kernels.ChannelsLast(input) : null)
            ?? ChannelsLast.Of(input.is_floating_point() ? input.to(backend.Type) : input).alias(); // the caller's object must not be disposed here
        for (int i = 0; i < Steps.Count; i++)
        {
            Step step = Steps[i];
            foreach (CancellationToken token in cancel)
            {
                token.ThrowIfCancellationRequested();
            }

            if (step.Inputs.Length > given.Length)
            {
                given = new Tensor[step.Inputs.Length];
            }

            Span<Tensor> x = given.AsSpan(0, step.Inputs.Length);
            for (int slot = 0; slot < x.Length; slot++)
            {
                x[slot] = live[step.Inputs[slot]]!;
            }

            if (!step.OnTeam)
            {
                threads.Team?.Rest();
            }

            if (step.Outputs.Length == 1)
            {
                live[step.Outputs[0]] = Own(step.Run(x, packed[i]), x);
            }
            else
            {
                Tensor[] all = step.RunAll(x, packed[i]);
                for (int slot = 0; slot < all.Length; slot++)
                {
                    live[step.Outputs[slot]] = Own(all[slot], x);
                }
            }

            see?.Invoke(step, [.. step.Outputs.Select(o => live[o]!)]);
            foreach (int dead in step.Dead)
            {
                live[dead]?.Dispose();
                live[dead] = null;
            }
        }

        Tensor last = live[output]!;
        Tensor result = (last.dtype == ScalarType.BFloat16 && backend.Type == ScalarType.BFloat16 ? last.to(ScalarType.Float32) : last).contiguous();
        return (output == 0 ? result.clone() : result.alias()).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        packs.Dispose();
        foreach (Step step in Steps)
        {
            step.Dispose();
        }
    }

    // What was refused is not told. If as much memory as an operator could want is not there, this throws libtorch's own words for that.
    private void MustHaveMemory(Tensor input, Tensor?[] live)
    {
        const long Least = 64L << 20;
        long largest = live.Max(t => t is null ? 0 : t.numel() * t.element_size());
        long weights = Steps.SelectMany(s => s.Sources).Max(s => s() is { } tensor ? (long?)(tensor.numel() * tensor.element_size()) : null) ?? 0;
        using Tensor room = zeros([Least + (4 * Math.Max(largest, input.numel() * input.element_size())) + (2 * weights)], ScalarType.Byte);
    }

    // A layer may hand its input on, and a step that works in place does; the input's object is disposed when the input dies.
    private Tensor Own(Tensor made, ReadOnlySpan<Tensor> inputs)
    {
        foreach (Tensor input in inputs)
        {
            if (ReferenceEquals(made, input))
            {
                made = made.alias();
                break;
            }
        }

        return made.dtype == backend.Type || !made.is_floating_point() ? made : made.to(backend.Type);
    }
}

/// <summary>Which tensors a program was made of, and how often they had been written to.</summary>
internal sealed class WeightsStamp
{
    private readonly (Func<Tensor?> Current, nint Handle, long Version)[] tensors;

    public WeightsStamp(IEnumerable<Func<Tensor?>> sources) =>
        tensors = [.. sources.Where(s => s() is not null).Select(s => (s, s()!.Handle, NativeOperators.CountsVersions ? NativeOperators.VersionOf(s()!) : 0))];

    /// <summary>Whether they are the same tensors, and nobody wrote to them since.</summary>
    public bool IsCurrent()
    {
        foreach ((Func<Tensor?> current, nint handle, long version) in tensors)
        {
            if (current() is not { } tensor || tensor.Handle != handle || (NativeOperators.CountsVersions && NativeOperators.VersionOf(tensor) != version))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>Packed weights for the batch sizes that were used last. A set that goes is freed when the last call that uses it has ended.</summary>
internal sealed class PackCache(Func<long, Tensor?[]> make) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<Entry> entries = []; // the latest first

    public int Capacity { get; set; } = 2;

    public Use For(long batch)
    {
        lock (gate)
        {
            Entry? found = entries.Find(e => e.Batch == batch);
            if (found is null)
            {
                while (entries.Count >= Math.Max(1, Capacity))
                {
                    Retire(entries[^1]); // first the old one goes: two sets are not there at once where one is wanted
                }

                found = new Entry(batch, make(batch));
            }
            else
            {
                entries.Remove(found);
            }

            entries.Insert(0, found);
            found.Users++;
            return new Use(this, found);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            while (entries.Count > 0)
            {
                Retire(entries[^1]);
            }
        }
    }

    private void Retire(Entry entry)
    {
        entries.Remove(entry);
        entry.Retired = true;
        if (entry.Users == 0)
        {
            entry.Free();
        }
    }

    private void Leave(Entry entry)
    {
        lock (gate)
        {
            if (--entry.Users == 0 && entry.Retired)
            {
                entry.Free();
            }
        }
    }

    internal readonly struct Use(PackCache cache, Entry entry) : IDisposable
    {
        public Tensor? this[int step] => entry.Packs[step];

        public void Dispose() => cache.Leave(entry);
    }

    internal sealed class Entry(long batch, Tensor?[] packs)
    {
        public long Batch { get; } = batch;

        public Tensor?[] Packs { get; } = packs;

        public int Users { get; set; }

        public bool Retired { get; set; }

        public void Free() => Array.ForEach(Packs, static p => p?.Dispose());
    }
}
