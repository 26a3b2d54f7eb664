using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Changes parameters by their gradients. On the CPU each rule is one pass over weights, gradient and state, in blocks that the threads share; elsewhere it is torch's operators.
/// The state is plain tensors under names, so that a run can be saved and gone on with.
/// </summary>
internal abstract unsafe class ParameterOptimizer(Recipe recipe) : IDisposable
{
    private const int BlockElements = 1 << 15;
    private const int ParallelFrom = 1 << 17;

    private OptimizerSlot[] slots = [];
    private (OptimizerSlot Slot, int First, int Count)[] blocks = [];
    private int threads = 1;
    private int next;

    public IReadOnlyList<OptimizerSlot> Slots => slots;

    protected Recipe Recipe { get; } = recipe;

    /// <summary>What is remembered about each parameter.</summary>
    protected abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>Says what is trained from now on: what was trained before keeps its state, the rest is forgotten.</summary>
    public void Train(IReadOnlyList<TrainedParameter> parameters)
    {
        Dictionary<string, OptimizerSlot> before = slots.ToDictionary(s => s.Trained.Name);
        using (no_grad())
        {
            slots = [.. parameters.Where(p => p.RateFactor != 0).Select(p => Keep(p, before))];
        }

        foreach (OptimizerSlot gone in before.Values)
        {
            gone.Dispose();
        }

        blocks = [.. slots.Where(s => s.Order != MemoryOrder.Other).SelectMany(s => Enumerable.Range(0, (s.Count + BlockElements - 1) / BlockElements)
            .Select(b => (s, b * BlockElements, Math.Min(BlockElements, s.Count - b * BlockElements))))];
        threads = slots.Sum(s => (long)s.Count) < ParallelFrom ? 1 : Math.Max(1, get_num_threads());
    }

    /// <summary>Takes hold of the gradients that a backward has made.</summary>
    public void CollectGradients()
    {
        foreach (OptimizerSlot slot in slots)
        {
            slot.Collect();
        }
    }

    /// <summary>The Euclidean norm of all gradients together; the same whatever the number of threads.</summary>
    public double GradientNorm()
    {
        var sums = new double[blocks.Length];
        Share(i => sums[i] = SumOfSquares(blocks[i].Slot, blocks[i].First, blocks[i].Count));
        double sum = sums.Sum();
        foreach (OptimizerSlot slot in slots)
        {
            if (slot is { IsFlat: false, Gradient: { } gradient })
            {
                using Tensor norm = gradient.norm();
                double value = norm.to(ScalarType.Float64).item<double>();
                sum += value * value;
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Cuts every element of every gradient to ± <paramref name="most"/>.</summary>
    public void ClipValues(double most)
    {
        foreach (OptimizerSlot slot in slots)
        {
            slot.Gradient?.clamp_(-most, most);
        }
    }

    /// <summary>One step for every parameter that has a gradient.</summary>
    /// <param name="rate">The learning rate, before the groups' factors.</param>
    /// <param name="scale">What the gradients are multiplied by first.</param>
    public void Step(double rate, double scale)
    {
        foreach (OptimizerSlot slot in slots)
        {
            slot.Steps += slot.Gradient is null ? 0 : 1;
        }

        Share(i =>
        {
            (OptimizerSlot slot, int first, int count) = blocks[i];
            if (slot.IsFlat)
            {
                Update(slot, first, count, rate * slot.Trained.RateFactor, (float)scale, (float)DecayOf(slot));
            }
        });
        using IDisposable off = no_grad();
        foreach (OptimizerSlot slot in slots)
        {
            if (slot is { IsFlat: false, Gradient: { } gradient })
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor scaled = gradient.to(slot.Weights.dtype).mul(scale);
                Update(slot, scaled, rate * slot.Trained.RateFactor, DecayOf(slot));
            }
        }
    }

    /// <summary>Empties the gradients.</summary>
    public void ReleaseGradients()
    {
        foreach (OptimizerSlot slot in slots)
        {
            slot.Release();
        }
    }

    public void Dispose() => Array.ForEach(slots, s => s.Dispose());

    /// <summary>The rule for elements of flat arrays.</summary>
    protected abstract void Update(OptimizerSlot slot, int first, int count, double rate, float scale, float decay);

    /// <summary>The rule by torch's operators; the gradient may be changed.</summary>
    protected abstract void Update(OptimizerSlot slot, Tensor gradient, double rate, double decay);

    private double DecayOf(OptimizerSlot slot) => slot.Trained.Decays ? Recipe.WeightDecay : 0;

    private OptimizerSlot Keep(TrainedParameter parameter, Dictionary<string, OptimizerSlot> before)
    {
        if (!before.TryGetValue(parameter.Name, out OptimizerSlot? old) || !ReferenceEquals(old.Trained.Parameter, parameter.Parameter))
        {
            return new OptimizerSlot(parameter, StateNames);
        }

        before.Remove(parameter.Name);
        if (!old.Renew(parameter))
        {
            throw new InvalidOperationException($"{parameter.Name} was moved to another device or layout while it is trained.");
        }

        return old;
    }

    // Which thread does which block changes nothing: blocks do not touch one another.
    private void Share(Action<int> work)
    {
        if (threads == 1)
        {
            for (int i = 0; i < blocks.Length; i++)
            {
                work(i);
            }

            return;
        }

        next = -1;
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ =>
        {
            for (int i = Interlocked.Increment(ref next); i < blocks.Length; i = Interlocked.Increment(ref next))
            {
                work(i);
            }
        });
    }

    private static double SumOfSquares(OptimizerSlot slot, int first, int count)
    {
        if (!slot.IsFlat)
        {
            return 0;
        }

        double sum = 0;
        foreach (float value in new ReadOnlySpan<float>(slot.G + first, count))
        {
            sum += (double)value * value;
        }

        return sum;
    }
}
