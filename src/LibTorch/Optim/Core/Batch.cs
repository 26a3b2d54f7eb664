using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The parameters of a group that have a gradient, with it and their states, at the same index.</summary>
internal readonly struct Batch<TState>(Tensor[] parameters, Tensor[] gradients, TState[] states) : IDisposable where TState : OptimizerState
{
    internal Tensor[] Parameters { get; } = parameters;

    /// <summary>Negated to maximise, with the weight decay added: what the update rule takes for the gradient.</summary>
    internal Tensor[] Gradients { get; } = gradients;

    internal TState[] States { get; } = states;

    internal bool IsEmpty => States.Length == 0;

    internal Tensor[] Pick(Func<TState, Tensor> field)
    {
        var picked = new Tensor[States.Length];
        for (int i = 0; i < picked.Length; i++)
        {
            picked[i] = field(States[i]);
        }

        return picked;
    }

    /// <summary>
    /// Batches of equal step number: one, unless some parameter had no gradient in some step. They share this batch's tensors, so only this one is disposed.
    /// </summary>
    internal Batch<TState>[] BySteps(Func<TState, long> step)
    {
        if (IsEmpty)
        {
            return [];
        }

        long first = step(States[0]);
        if (Array.TrueForAll(States, s => step(s) == first))
        {
            return [this];
        }

        (Tensor[] p, Tensor[] g, TState[] s) = (Parameters, Gradients, States);
        return [.. Enumerable.Range(0, s.Length).GroupBy(i => step(s[i])).Select(same =>
            new Batch<TState>([.. same.Select(i => p[i])], [.. same.Select(i => g[i])], [.. same.Select(i => s[i])]))];
    }

    public void Dispose() => Foreach.Dispose(Gradients);
}
