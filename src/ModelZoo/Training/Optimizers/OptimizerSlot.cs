using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>One parameter with its optimiser's memory of it.</summary>
internal sealed unsafe class OptimizerSlot : IDisposable
{
    private Tensor weights;
    private Tensor? gradient;

    public OptimizerSlot(TrainedParameter trained, IReadOnlyList<string> stateNames)
    {
        Trained = trained;
        weights = trained.Parameter.detach().DetachFromDisposeScope();
        Order = FlatMemory.OrderOf(weights);
        Count = (int)weights.numel();
        State = [.. stateNames.Select(_ => zeros_like(weights).DetachFromDisposeScope())];
        StateNames = stateNames;
        if (Order != MemoryOrder.Other)
        {
            Pin();
        }
    }

    public TrainedParameter Trained { get; private set; }

    public MemoryOrder Order { get; }

    public int Count { get; }

    /// <summary>What the optimiser remembers: the momentum, for instance, in the parameter's shape.</summary>
    public IReadOnlyList<Tensor> State { get; }

    public IReadOnlyList<string> StateNames { get; }

    /// <summary>Steps that this parameter has taken.</summary>
    public long Steps { get; set; }

    /// <summary>The weights, without their history.</summary>
    public Tensor Weights => weights;

    /// <summary>Of this step; null where the parameter has none.</summary>
    public Tensor? Gradient => gradient;

    // The same as flat arrays, where the order allows it. Two states are the most that a rule has.
    public float* W { get; private set; }

    public float* G { get; private set; }

    public float* S0 { get; private set; }

    public float* S1 { get; private set; }

    public bool IsFlat => G is not null;

    /// <summary>Finds the weights anew, which may lie elsewhere by now.</summary>
    /// <returns>Whether they lie in the same order as the state.</returns>
    public bool Renew(TrainedParameter trained)
    {
        Trained = trained;
        weights.Dispose();
        weights = trained.Parameter.detach().DetachFromDisposeScope();
        if (FlatMemory.OrderOf(weights) != Order)
        {
            return false;
        }

        if (Order != MemoryOrder.Other)
        {
            Pin();
        }

        return true;
    }

    /// <summary>Takes hold of the parameter's gradient for this step.</summary>
    public bool Collect()
    {
        Tensor? found = Trained.Parameter.grad;
        G = null;
        if (found is not null && Order != MemoryOrder.Other)
        {
            G = FlatMemory.Of(found, Order);
            if (G is null)
            {
                using Tensor other = found;
                found = empty_like(weights).copy_(other);
                G = FlatMemory.Of(found, Order);
            }
        }

        gradient = found;
        return found is not null;
    }

    /// <summary>Lets go of it, and empties the parameter's gradient.</summary>
    public void Release()
    {
        gradient?.Dispose();
        gradient = null;
        G = null;
        Trained.Parameter.grad = null;
    }

    public void Dispose()
    {
        gradient?.Dispose();
        weights.Dispose();
        foreach (Tensor state in State)
        {
            state.Dispose();
        }
    }

    private void Pin()
    {
        W = FlatMemory.Of(weights, Order);
        S0 = State.Count > 0 ? FlatMemory.Of(State[0], Order) : null;
        S1 = State.Count > 1 ? FlatMemory.Of(State[1], Order) : null;
    }
}
