using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training.Optimizers;

/// <summary>
/// Changes parameters by their gradients, with libtorch's own operators over lists (<see cref="TensorLists"/>). The state is plain tensors
/// under names, so that a run can be saved and gone on with.
/// </summary>
internal abstract class ParameterOptimizer(Recipe recipe) : IDisposable
{
    private readonly Scalar noDecay = 0.0;
    private readonly Scalar decay = recipe.WeightDecay;
    private OptimizerSlot[] slots = [];
    private bool[] grouped = [];
    private OptimizerGroup[] groups = [];

    public IReadOnlyList<OptimizerSlot> Slots => slots;

    /// <summary>Whether a step can be left out by a flag on the device.</summary>
    public abstract bool CanSkip { get; }

    protected Recipe Recipe { get; } = recipe;

    /// <summary>What is remembered about each parameter.</summary>
    protected abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>Makes the optimizer that a recipe names.</summary>
    public static ParameterOptimizer Create(Recipe recipe) => recipe.Optimizer switch
    {
        "adam" or "adamw" => new AdamRule(recipe),
        "rmsprop" => new RmsPropRule(recipe),
        _ => new SgdRule(recipe),
    };

    /// <summary>Says what is trained from now on: what was trained before keeps its state, the rest is forgotten.</summary>
    /// <exception cref="ZooException">A parameter does not lie densely in memory.</exception>
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

        Forget();
    }

    /// <summary>Takes hold of the gradients that a backward has made. What has none stays out of this step.</summary>
    public void CollectGradients()
    {
        bool alike = grouped.Length == slots.Length;
        for (int i = 0; i < slots.Length; i++)
        {
            bool has = slots[i].Collect();
            alike = alike && grouped[i] == has;
        }

        if (!alike)
        {
            Forget();
            grouped = [.. slots.Select(s => s.Gradient is not null)];
            groups = [.. slots.Where(s => s.Gradient is not null).GroupBy(OptimizerGroup.KeyOf).Select(g => new OptimizerGroup([.. g]))];
        }

        foreach (OptimizerGroup group in groups)
        {
            group.Fill();
        }
    }

    /// <summary>The Euclidean norm of all gradients together, [], on their device; null where there are none.</summary>
    public Tensor? GradientNorm()
    {
        Tensor[] norms = [.. groups.Select(g => TensorLists.Norm(g.Gradients))];
        return norms.Length > 1 ? TensorLists.Norm([.. norms.Select(n => n.to(norms[0].dtype, norms[0].device))]) : norms.FirstOrDefault();
    }

    /// <summary>Multiplies all gradients by a factor [].</summary>
    public void ScaleGradients(Tensor factor)
    {
        foreach (OptimizerGroup group in groups)
        {
            TensorLists.Scale(group.Gradients, factor.to(group.Weights[0].dtype, group.Weights[0].device));
        }
    }

    /// <summary>Cuts every element of every gradient to ± <paramref name="most"/>.</summary>
    public void ClipValues(double most)
    {
        foreach (OptimizerGroup group in groups)
        {
            TensorLists.Clamp(group.Gradients, most);
        }
    }

    /// <summary>One step for every parameter that has a gradient; in no_grad. The gradients may be changed.</summary>
    /// <param name="rate">The learning rate, before the groups' factors.</param>
    /// <param name="skip">[], float32: if it is 1, nothing is changed. Null: no such flag. Only where it <see cref="CanSkip"/>.</param>
    public void Step(double rate, Tensor? skip)
    {
        foreach (OptimizerGroup group in groups)
        {
            group.Count();
            using Scalar own = rate * group.RateFactor;
            Update(group, own, group.Decays ? decay : noDecay, skip);
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

    public void Dispose()
    {
        Forget();
        Array.ForEach(slots, s => s.Dispose());
    }

    /// <summary>The rule.</summary>
    protected abstract void Update(OptimizerGroup group, Scalar rate, Scalar decay, Tensor? skip);

    // The parameters are grouped anew at the next step.
    private void Forget()
    {
        Array.ForEach(groups, g => g.Dispose());
        (groups, grouped) = ([], []);
    }

    private OptimizerSlot Keep(TrainedParameter parameter, Dictionary<string, OptimizerSlot> before)
    {
        if (!before.TryGetValue(parameter.Name, out OptimizerSlot? old) || !ReferenceEquals(old.Trained.Parameter, parameter.Parameter))
        {
            return new OptimizerSlot(parameter, StateNames);
        }

        before.Remove(parameter.Name);
        return old.Renew(parameter)
            ? old
            : throw new InvalidOperationException($"{parameter.Name} was moved to another device, type or layout while it is trained.");
    }
}

/// <summary>A parameter as the optimizer sees it.</summary>
/// <param name="Name">As <c>named_parameters()</c> gives it: its state is kept under this name.</param>
/// <param name="Parameter">What is changed, and holds the gradient.</param>
/// <param name="RateFactor">What the learning rate is multiplied by.</param>
/// <param name="Decays">Whether the weight decay shrinks it.</param>
internal sealed record TrainedParameter(string Name, Parameter Parameter, double RateFactor = 1, bool Decays = true);
