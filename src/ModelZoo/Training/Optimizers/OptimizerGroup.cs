using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training.Optimizers;

/// <summary>
/// Parameters that are stepped alike, as lists for <see cref="TensorLists"/>: of one rate, decay, number of steps, type and device, and all with a gradient.
/// </summary>
internal sealed class OptimizerGroup : IDisposable
{
    private readonly OptimizerSlot[] slots;
    private readonly Tensor step;

    /// <param name="slots">At least one.</param>
    public OptimizerGroup(OptimizerSlot[] slots)
    {
        this.slots = slots;
        OptimizerSlot first = slots[0];
        RateFactor = first.Trained.RateFactor;
        Decays = first.Trained.Decays;
        Weights = [.. slots.Select(s => s.Weights)];
        Gradients = new Tensor[slots.Length];
        States = [.. first.State.Select((_, i) => slots.Select(s => s.State[i]).ToArray())];
        step = zeros([], dtype: ScalarType.Float32, device: Weights[0].device).DetachFromDisposeScope();
        Steps = [.. slots.Select(_ => step)];
    }

    public double RateFactor { get; }

    public bool Decays { get; }

    /// <summary>The weights, without their history.</summary>
    public Tensor[] Weights { get; }

    /// <summary>Of this step.</summary>
    public Tensor[] Gradients { get; }

    /// <summary>For each name of the state, its tensors.</summary>
    public Tensor[][] States { get; }

    /// <summary>For each parameter the number of its steps, this one included, as a tensor [] on its device: all are the same one.</summary>
    public Tensor[] Steps { get; }

    /// <summary>What must be equal for parameters to be in one group.</summary>
    public static (double, bool, long, ScalarType, DeviceType, int) KeyOf(OptimizerSlot slot) =>
        (slot.Trained.RateFactor, slot.Trained.Decays, slot.Steps, slot.Weights.dtype, slot.Weights.device_type, slot.Weights.device_index);

    /// <summary>Takes this step's gradients over from the slots.</summary>
    public void Fill()
    {
        for (int i = 0; i < slots.Length; i++)
        {
            Gradients[i] = slots[i].Gradient!;
        }
    }

    /// <summary>Counts the step.</summary>
    public void Count()
    {
        long steps = ++slots[0].Steps;
        for (int i = 1; i < slots.Length; i++)
        {
            slots[i].Steps = steps;
        }

        step.fill_(steps);
    }

    public void Dispose() => step.Dispose();
}

/// <summary>One parameter with its optimizer's memory of it.</summary>
internal sealed class OptimizerSlot : IDisposable
{
    private readonly long[] shape;
    private readonly long[] strides;

    /// <exception cref="ZooException">The parameter does not lie densely in memory.</exception>
    public OptimizerSlot(TrainedParameter trained, IReadOnlyList<string> stateNames)
    {
        Trained = trained;
        Weights = trained.Parameter.detach().DetachFromDisposeScope();
        (shape, strides) = (Weights.shape, Weights.stride());
        if (!IsDense(shape, strides))
        {
            Weights.Dispose();
            throw new ZooException(
                $"The parameter {trained.Name} [{string.Join(",", shape)}] does not lie densely in memory (strides [{string.Join(",", strides)}]): it is"
                + " a part of another tensor, or expanded. Make it contiguous() before it is trained.");
        }

        State = [.. stateNames.Select(_ => zeros_like(Weights).DetachFromDisposeScope())];
        StateNames = stateNames;
    }

    public TrainedParameter Trained { get; private set; }

    /// <summary>What the optimizer remembers: the momentum, for instance, in the parameter's shape and strides.</summary>
    public IReadOnlyList<Tensor> State { get; }

    public IReadOnlyList<string> StateNames { get; }

    /// <summary>Steps that this parameter has taken.</summary>
    public long Steps { get; set; }

    /// <summary>The weights, without their history.</summary>
    public Tensor Weights { get; private set; }

    /// <summary>Of this step, in the weights' strides; null where the parameter has none.</summary>
    public Tensor? Gradient { get; private set; }

    /// <summary>Finds the weights anew, which may lie elsewhere by now.</summary>
    /// <returns>Whether they still lie like the state.</returns>
    public bool Renew(TrainedParameter trained)
    {
        (Device device, ScalarType type) = (Weights.device, Weights.dtype);
        Trained = trained;
        Weights.Dispose();
        Weights = trained.Parameter.detach().DetachFromDisposeScope();
        return Weights.dtype == type && Weights.device_type == device.type && LiesLikeWeights(Weights);
    }

    /// <summary>Takes hold of the parameter's gradient for this step.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Collect()
    {
        Gradient?.Dispose();
        Gradient = Trained.Parameter.grad;
        if (Gradient is not null && !LiesLikeWeights(Gradient))
        {
            using Tensor other = Gradient;
            Gradient = empty_like(Weights).copy_(other).DetachFromDisposeScope();
        }

        return Gradient is not null;
    }

    /// <summary>Lets go of it, and empties the parameter's gradient.</summary>
    public void Release()
    {
        if (Gradient is not null)
        {
            Gradient.Dispose();
            Gradient = null;
            Trained.Parameter.grad = null;
        }
    }

    public void Dispose()
    {
        Gradient?.Dispose();
        Weights.Dispose();
        foreach (Tensor state in State)
        {
            state.Dispose();
        }
    }

    // The stride of a dimension of one element is never used.
    private bool LiesLikeWeights(Tensor tensor)
    {
        long[] other = tensor.stride();
        for (int d = 0; d < strides.Length; d++)
        {
            if (other[d] != strides[d] && shape[d] != 1)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDense(long[] shape, long[] strides)
    {
        long next = 1;
        foreach (int d in Enumerable.Range(0, shape.Length).Where(d => shape[d] != 1).OrderBy(d => strides[d]))
        {
            if (strides[d] != next)
            {
                return false;
            }

            next *= shape[d];
        }

        return true;
    }
}
