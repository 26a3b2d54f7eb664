using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

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
