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
    /// <exception cref="ZooException">The data has more classes than the model logits.</exception>
    public static EvaluationResult Evaluate(nn.Module<Tensor, Tensor> model, IBatchSource data, int batchSize = 256, bool channelsLast = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        var clock = Stopwatch.StartNew();
        var labels = new long[data.Count];
        var predictions = new long[data.Count];
        double loss = 0;
        int outputs = 0, seen = 0;
        using (ModelMode.Eval(model))
        using (no_grad())
        {
            foreach (Batch batch in data.InOrder(batchSize))
            {
                using DisposeScope scope = NewDisposeScope();
                using Batch read = batch;
                Tensor logits = model.call(channelsLast ? ChannelsLast.Of(batch.Inputs) : batch.Inputs); // [B,classes]
                CheckClasses(logits, data);
                outputs = (int)logits.shape[1];
                loss += nn.functional.cross_entropy(logits, batch.Labels, reduction: nn.Reduction.Sum).item<float>();
                logits.argmax(1).cpu().data<long>().CopyTo(predictions.AsSpan(seen, batch.Count));
                batch.Labels.cpu().data<long>().CopyTo(labels.AsSpan(seen, batch.Count));
                seen += batch.Count;
            }
        }

        return Summarise(labels[..seen], predictions[..seen], outputs, data.ClassNames, loss, clock.Elapsed);
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

    private static EvaluationResult Summarise(long[] labels, long[] predictions, int outputs, IReadOnlyList<string> names, double loss, TimeSpan elapsed)
    {
#pragma warning disable CA1814 // A confusion matrix is square.
        var confusion = new int[outputs, outputs];
#pragma warning restore CA1814
        var actual = new int[outputs];
        var called = new int[outputs];
        int right = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            confusion[labels[i], predictions[i]]++;
            actual[labels[i]]++;
            called[predictions[i]]++;
            right += labels[i] == predictions[i] ? 1 : 0;
        }

        return new EvaluationResult
        {
            Count = labels.Length,
            Accuracy = (double)right / Math.Max(labels.Length, 1),
            Loss = loss / Math.Max(labels.Length, 1),
            Confusion = confusion,
            Classes = [.. names.Select((name, c) => new ClassResult(name, actual[c], Share(confusion[c, c], called[c]), Share(confusion[c, c], actual[c])))],
            Elapsed = elapsed,
        };
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
