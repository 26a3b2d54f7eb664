using System.Diagnostics;
using ModelZoo.Training.Precision;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Measures a model on labelled examples.</summary>
public static class Evaluator
{
    /// <summary>Runs the model in eval mode without gradients; its mode is put back afterwards.</summary>
    /// <param name="model">[N,…] to logits [N,classes].</param>
    /// <param name="data">The examples.</param>
    /// <param name="batchSize">Examples per forward: memory, not the result, depends on it.</param>
    /// <param name="channelsLast">Whether images are laid out with their channels side by side: faster for most convolutional networks.</param>
    /// <param name="top">How many of the largest logits the label may be among.</param>
    /// <exception cref="ZooException">The data has more classes than the model logits.</exception>
    public static EvaluationResult Evaluate(nn.Module<Tensor, Tensor> model, IBatchSource data, int batchSize = 256, bool channelsLast = false, int top = 5) =>
        Evaluate([(model, data)], batchSize, channelsLast, top);

    /// <summary>The same for the average of several models' probabilities (<see cref="Ensemble"/>), each with the data as it wants them prepared.</summary>
    /// <param name="members">Models, and the same examples in the same order.</param>
    /// <param name="batchSize">Examples per forward.</param>
    /// <param name="channelsLast">As for one model.</param>
    /// <param name="top">How many of the largest probabilities the label may be among.</param>
    /// <exception cref="ZooException">The data has more classes than a model logits, or the members have different classes or examples.</exception>
    public static EvaluationResult Evaluate(IReadOnlyList<(nn.Module<Tensor, Tensor> Model, IBatchSource Data)> members, int batchSize = 256, bool channelsLast = false, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentOutOfRangeException.ThrowIfZero(members.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        IBatchSource data = members[0].Data;
        if (members.FirstOrDefault(m => m.Data.Count != data.Count).Data is { } other)
        {
            throw new ZooException($"The models of an ensemble must see the same examples: one has {data.Count}, another {other.Count}.");
        }

        var clock = Stopwatch.StartNew();
        var tally = new Tally(data.Count, top);
        ModelMode[] modes = [.. members.Select(m => ModelMode.Eval(m.Model))];
        IEnumerator<Batch>[] batches = [.. members.Select(m => m.Data.InOrder(batchSize).GetEnumerator())];
        try
        {
            using IDisposable off = no_grad();
            while (Array.TrueForAll(batches, b => b.MoveNext()))
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor logits = Ensemble.Combine([.. members.Zip(batches, (member, batch) => Logits(member.Model, channelsLast ? ChannelsLast.Of(batch.Current.Inputs) : batch.Current.Inputs, data))]); // [B,classes]
                tally.Add(logits, batches[0].Current);
                Array.ForEach(batches, b => b.Current.Dispose());
            }
        }
        finally
        {
            Array.ForEach(batches, b => b.Dispose());
            Array.ForEach(modes, m => m.Dispose());
        }

        return tally.Result(data.ClassNames, clock.Elapsed);
    }

    internal static void CheckClasses(Tensor logits, IBatchSource data)
    {
        if (logits.dim() != 2 || logits.shape[1] < data.ClassNames.Count)
        {
            throw new ZooException(logits.dim() != 2
                ? $"The model returns [{string.Join(",", logits.shape)}], but logits [N,classes] are needed."
                : $"The model has {logits.shape[1]} outputs, the data {data.ClassNames.Count} classes. Give the model a new head (zoo finetune), or use other data.");
        }
    }

    private static Tensor Logits(nn.Module<Tensor, Tensor> model, Tensor inputs, IBatchSource data)
    {
        Tensor logits = model.call(inputs);
        CheckClasses(logits, data);
        return logits.dtype == ScalarType.Float32 ? logits : logits.to(ScalarType.Float32);
    }
}
