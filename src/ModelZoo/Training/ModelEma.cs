using ModelZoo.Training.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// A moving average over the weights of all steps (Polyak averaging with exponential decay): a ← a + (1 − d)·(w − a) with d = min(decay, (1 + n)/(10 + n)) at
/// step n, so that the first random weights are soon forgotten. Running statistics are averaged too; counters are not.
/// </summary>
internal sealed class ModelEma : IDisposable
{
    private readonly double decay;
    private readonly (string Key, Tensor Average)[] averages;
    private readonly Tensor[] targets;
    private Tensor[] sources = [];

    /// <param name="decay">Per step.</param>
    /// <param name="state">What is averaged, from its present values on.</param>
    public ModelEma(double decay, IReadOnlyDictionary<string, Tensor> state)
    {
        this.decay = decay;
        using IDisposable off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        averages = [.. state.Where(s => s.Value.is_floating_point()).Select(s => (s.Key, s.Value.detach().clone().DetachFromDisposeScope()))];
        targets = [.. averages.Select(a => a.Average)];
    }

    /// <summary>Steps taken in.</summary>
    public long Steps { get; set; }

    /// <summary>The averages under their keys.</summary>
    public IEnumerable<(string Key, Tensor Value)> Values => averages;

    /// <summary>Says which tensors hold the weights from now on: the model's, or those that stand behind them where it computes in another precision.</summary>
    public void Follow(IReadOnlyDictionary<string, Tensor> state) => sources = [.. averages.Select(a => state[a.Key])];

    /// <summary>Takes in the weights after another step.</summary>
    public void Update()
    {
        Steps++;
        double share = 1 - Math.Min(decay, (1.0 + Steps) / (10.0 + Steps));
        using IDisposable off = no_grad();
        TensorLists.Lerp(targets, sources, share);
    }

    /// <summary>Puts the averages into a model until the result is disposed.</summary>
    public IDisposable Lend(nn.Module model) => new Loan(this, model.state_dict());

    /// <summary>Puts the averages into a model for good.</summary>
    public void Give(nn.Module model) => Give(model.state_dict());

    public void Dispose()
    {
        foreach ((_, Tensor average) in averages)
        {
            average.Dispose();
        }
    }

    private void Give(Dictionary<string, Tensor> state)
    {
        using IDisposable off = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((string key, Tensor average) in averages)
        {
            state[key].copy_(average);
        }
    }

    private sealed class Loan : IDisposable
    {
        private readonly Dictionary<string, Tensor> state;
        private readonly (string Key, Tensor Value)[] kept;

        public Loan(ModelEma owner, Dictionary<string, Tensor> state)
        {
            this.state = state;
            using IDisposable off = no_grad();
            kept = [.. owner.averages.Select(a => (a.Key, state[a.Key].clone().DetachFromDisposeScope()))];
            owner.Give(state);
        }

        public void Dispose()
        {
            using IDisposable off = no_grad();
            using DisposeScope scope = NewDisposeScope();
            foreach ((string key, Tensor value) in kept)
            {
                state[key].copy_(value);
                value.Dispose();
            }
        }
    }
}
