using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// A moving average over the weights of all steps (Polyak averaging with exponential decay): a ← a + (1 − d)·(w − a) with d = min(decay, (1 + n)/(10 + n)) at step n, so that
/// the first random weights are soon forgotten. Running statistics are averaged too; counters are not.
/// </summary>
internal sealed class AveragedWeights : IDisposable
{
    private readonly double decay;
    private readonly (string Key, Tensor Source, Tensor Average)[] averages;

    /// <param name="decay">Per step.</param>
    /// <param name="state">What is averaged: the model's state under its keys, or where weights are trained in another precision, those.</param>
    public AveragedWeights(double decay, IEnumerable<KeyValuePair<string, Tensor>> state)
    {
        this.decay = decay;
        using IDisposable off = no_grad();
        averages = [.. state.Where(s => s.Value.is_floating_point()).Select(s => (s.Key, s.Value.detach().DetachFromDisposeScope(), s.Value.detach().clone().DetachFromDisposeScope()))];
    }

    /// <summary>Steps taken in.</summary>
    public long Steps { get; set; }

    /// <summary>The averages under their keys.</summary>
    public IEnumerable<(string Key, Tensor Value)> Values => averages.Select(a => (a.Key, a.Average));

    /// <summary>Takes in the weights after another step.</summary>
    public void Update()
    {
        Steps++;
        double share = 1 - Math.Min(decay, (1.0 + Steps) / (10.0 + Steps));
        using IDisposable off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((_, Tensor source, Tensor average) in averages)
        {
            average.mul_(1 - share).add_(source, share);
        }
    }

    /// <summary>Puts the averages in the model's place until the result is disposed.</summary>
    public IDisposable Lend() => new Loan(this);

    /// <summary>Puts the averages in the model's place for good.</summary>
    public void Give()
    {
        using IDisposable off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((_, Tensor source, Tensor average) in averages)
        {
            source.copy_(average);
        }
    }

    public void Dispose()
    {
        foreach ((_, Tensor source, Tensor average) in averages)
        {
            source.Dispose();
            average.Dispose();
        }
    }

    private sealed class Loan : IDisposable
    {
        private readonly AveragedWeights owner;
        private readonly Tensor[] kept;

        public Loan(AveragedWeights owner)
        {
            this.owner = owner;
            using IDisposable off = no_grad();
            kept = [.. owner.averages.Select(a => a.Source.clone().DetachFromDisposeScope())];
            owner.Give();
        }

        public void Dispose()
        {
            using IDisposable off = no_grad();
            using DisposeScope scope = NewDisposeScope();
            for (int i = 0; i < kept.Length; i++)
            {
                owner.averages[i].Source.copy_(kept[i]);
                kept[i].Dispose();
            }
        }
    }
}
