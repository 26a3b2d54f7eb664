using System.Diagnostics;
using ModelZoo.Distributed;
using ModelZoo.Statistics;
using ModelZoo.Training.Precision;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Measures a model on labeled examples.</summary>
public static class Evaluator
{
    /// <summary>Runs the model in eval mode without gradients; its mode is put back afterwards.</summary>
    /// <param name="model">[N,…] to logits [N,classes].</param>
    /// <param name="data">The examples.</param>
    /// <param name="batchSize">Examples per forward: memory, not the result, depends on it.</param>
    /// <param name="channelsLast">Whether images are laid out with their channels side by side: faster for most convolutional networks.</param>
    /// <param name="top">How many of the largest logits the label may be among.</param>
    /// <param name="ranks">Processes that share the batches; all get the result of all. Null: this one alone.</param>
    /// <exception cref="ZooException">The data has more classes than the model logits.</exception>
    public static EvaluationResult Evaluate(nn.Module<Tensor, Tensor> model, IBatchSource data, int batchSize = 256, bool channelsLast = false, int top = 5,
        RankGroup? ranks = null) => Evaluate([(model, data)], batchSize, channelsLast, top, ranks);

    /// <summary>The same for the average of several models' probabilities (<see cref="Ensemble"/>), each with the data as it wants them prepared.</summary>
    /// <param name="members">Models, and the same examples in the same order.</param>
    /// <param name="batchSize">Examples per forward.</param>
    /// <param name="channelsLast">As for one model.</param>
    /// <param name="top">How many of the largest probabilities the label may be among.</param>
    /// <param name="ranks">As for one model.</param>
    /// <exception cref="ZooException">The data has more classes than a model logits, or the members have different classes or examples.</exception>
    public static EvaluationResult Evaluate(IReadOnlyList<(nn.Module<Tensor, Tensor> Model, IBatchSource Data)> members, int batchSize = 256,
        bool channelsLast = false, int top = 5, RankGroup? ranks = null)
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
        var parts = RankBatches.Of(ranks);
        List<CountedBatch> counted = [];
        ModelMode[] modes = [.. members.Select(m => ModelMode.Eval(m.Model))];
        IEnumerator<Batch>[] batches = [.. members.Select(m => parts.InOrder(m.Data, batchSize).GetEnumerator())];
        try
        {
            using IDisposable off = no_grad();
            while (Array.TrueForAll(batches, b => b.MoveNext()))
            {
                using DisposeScope scope = NewDisposeScope();
                if (batches[0].Current.Count > 0)
                {
                    // [B,classes]
                    Tensor logits = Ensemble.Combine([.. members.Zip(batches, (member, batch) =>
                        Logits(member.Model, channelsLast ? ChannelsLast.Of(batch.Current.Inputs) : batch.Current.Inputs, data))]);
                    counted.Add(CountedBatch.Of(logits, batches[0].Current, top));
                }
                else
                {
                    counted.Add(CountedBatch.Nothing);
                }

                Array.ForEach(batches, b => b.Current.Dispose());
            }
        }
        finally
        {
            Array.ForEach(batches, b => b.Dispose());
            Array.ForEach(modes, m => m.Dispose());
        }

        return CountedBatch.Result(parts.Gather(counted), data.ClassNames, top, clock.Elapsed);
    }

    /// <summary>The same for whatever the data say of each example: one class, several labels or a number.</summary>
    /// <param name="model">[N,…] to outputs [N,K].</param>
    /// <param name="data">The examples.</param>
    /// <param name="task">What the outputs mean: the thresholds of labels, the scale of a number; null: as the data say.</param>
    /// <param name="batchSize">Examples per forward.</param>
    /// <param name="channelsLast">As for one class.</param>
    /// <param name="top">As for one class.</param>
    /// <param name="ranks">As for one class.</param>
    /// <returns>An <see cref="EvaluationResult"/>, <see cref="MultiLabelResult"/> or <see cref="RegressionResult"/>.</returns>
    /// <exception cref="ZooException">Model and data do not fit.</exception>
    public static Measurement Measure(nn.Module<Tensor, Tensor> model, IBatchSource data, PredictionTask? task = null, int batchSize = 256,
        bool channelsLast = false, int top = 5, RankGroup? ranks = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        if (data.Targets is not { } table)
        {
            return Evaluate(model, data, batchSize, channelsLast, top, ranks);
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        task ??= table.Task;
        var clock = Stopwatch.StartNew();
        var parts = RankBatches.Of(ranks);
        List<MeasuredBatch> measured = [];
        using ModelMode mode = ModelMode.Eval(model);
        using IDisposable off = no_grad();
        foreach (Batch read in parts.InOrder(data, batchSize))
        {
            using Batch batch = read;
            using DisposeScope scope = NewDisposeScope();
            measured.Add(batch.Count == 0
                ? new([], [])
                : new(Logits(model, channelsLast ? ChannelsLast.Of(batch.Inputs) : batch.Inputs, data).cpu().data<float>().ToArray(),
                    batch.Labels.cpu().data<long>().ToArray()));
        }

        measured = parts.Gather(measured);
        List<float> outputs = [.. measured.SelectMany(m => m.Outputs)];
        List<float> wanted = [.. measured.SelectMany(m => m.Rows).SelectMany(row => table.Row((int)row).ToArray())];

        return task.Kind == TaskKind.Regression
            ? OfNumbers(task, outputs, wanted, clock.Elapsed)
            : OfLabels(task, data.ClassNames, outputs, wanted, clock.Elapsed);
    }

    private static RegressionResult OfNumbers(PredictionTask task, List<float> outputs, List<float> wanted, TimeSpan elapsed)
    {
        double[] predictions = [.. outputs.Select(o => o * task.Scale + task.Offset)], numbers = [.. wanted.Select(w => (double)w)];
        RegressionResult result = RegressionResult.Of(predictions, numbers, 0, elapsed);
        return result with { Loss = result.MeanSquaredError / (task.Scale * task.Scale) };
    }

    // The stable form of −y·log σ(x) − (1 − y)·log(1 − σ(x)).
    private static MultiLabelResult OfLabels(PredictionTask task, IReadOnlyList<string> names, List<float> outputs, List<float> wanted, TimeSpan elapsed)
    {
        double loss = outputs.Zip(wanted, (x, y) => Math.Max(x, 0) - x * y + Math.Log(1 + Math.Exp(-Math.Abs(x)))).DefaultIfEmpty().Average();
        float[] probabilities = [.. outputs.Select(x => (float)(1 / (1 + Math.Exp(-x))))];
        return MultiLabelResult.Of(names, probabilities, [.. wanted], task.Thresholds, loss, elapsed);
    }

    internal static void CheckClasses(Tensor logits, IBatchSource data)
    {
        if (data.Targets is { } table && (logits.dim() != 2 || logits.shape[1] != table.Columns))
        {
            throw new ZooException($"The model returns [{string.Join(",", logits.shape)}], but {table.Columns} "
                + $"{(table.Columns == 1 ? "output is" : "outputs are")} needed for each example. Give the model a new head (zoo finetune), or use "
                + "other data.");
        }

        if (logits.dim() != 2 || logits.shape[1] < data.ClassNames.Count)
        {
            throw new ZooException(logits.dim() != 2
                ? $"The model returns [{string.Join(",", logits.shape)}], but logits [N,classes] are needed."
                : $"The model has {logits.shape[1]} outputs, the data {data.ClassNames.Count} classes. Give the model a new head (zoo finetune), or use "
                    + "other data.");
        }
    }

    private static Tensor Logits(nn.Module<Tensor, Tensor> model, Tensor inputs, IBatchSource data)
    {
        Tensor logits = model.call(inputs);
        CheckClasses(logits, data);
        return logits.dtype == ScalarType.Float32 ? logits : logits.to(ScalarType.Float32);
    }
}

/// <summary>How one class was recognized.</summary>
/// <param name="Name">The class.</param>
/// <param name="Count">Examples of it.</param>
/// <param name="Precision">Of those called so, the share that were; 0 where none was called so.</param>
/// <param name="Recall">Of those that were, the share called so; 0 where there are none.</param>
public sealed record ClassResult(string Name, int Count, double Precision, double Recall)
{
    /// <summary>The harmonic mean of precision and recall; 0 where both are.</summary>
    public double F1 => Precision + Recall == 0 ? 0 : 2 * Precision * Recall / (Precision + Recall);

    /// <summary>Examples that were called so.</summary>
    public int Called { get; init; }

    /// <summary>Where the precision on all such examples lies, with 95 % confidence.</summary>
    public Interval PrecisionInterval => Interval.OfShare(Precision, Called);

    /// <summary>Where the recall on all such examples lies, with 95 % confidence.</summary>
    public Interval RecallInterval => Interval.OfShare(Recall, Count);
}

#pragma warning disable CA1814 // A confusion matrix is square.

/// <summary>How well a model does on labeled examples. Its loss is the cross entropy, in nats.</summary>
public sealed record EvaluationResult : Measurement
{
    /// <summary>The share whose largest logit is the label, in [0,1].</summary>
    public required double Accuracy { get; init; }

    /// <summary>Where the accuracy on all examples like these lies, with 95 % confidence (<see cref="Interval.Wilson"/>).</summary>
    public Interval AccuracyInterval => Interval.OfShare(Accuracy, Count);

    /// <summary>How many of the largest logits <see cref="TopAccuracy"/> looks at; as many as there are, where that is fewer.</summary>
    public required int Top { get; init; }

    /// <summary>The share whose label is among the <see cref="Top"/> largest logits, in [0,1].</summary>
    public required double TopAccuracy { get; init; }

    /// <summary>The same for <see cref="TopAccuracy"/>.</summary>
    public Interval TopAccuracyInterval => Interval.OfShare(TopAccuracy, Count);

    /// <summary>[N], in the order of the examples: whether each label has the largest logit.</summary>
    public IReadOnlyList<bool> Hits { get; init; } = [];

    /// <summary>[N], likewise the labels.</summary>
    public IReadOnlyList<int> Labels { get; init; } = [];

    /// <summary>[label, prediction]: how many examples.</summary>
    public required int[,] Confusion { get; init; }

    /// <summary>In the order of the labels.</summary>
    public required IReadOnlyList<ClassResult> Classes { get; init; }

    /// <summary>The mean F1 of the classes that there are examples of, each counting alike.</summary>
    public double MeanF1 => Classes.Where(c => c.Count > 0).Select(c => c.F1).DefaultIfEmpty().Average();

    /// <summary>The mean recall of the classes that there are examples of, each counting alike however many they are: balanced accuracy.</summary>
    public double BalancedAccuracy => Classes.Where(c => c.Count > 0).Select(c => c.Recall).DefaultIfEmpty().Average();

    /// <inheritdoc/>
    public override double Score => Accuracy;

    /// <inheritdoc/>
    public override Interval? ScoreInterval => AccuracyInterval;

    /// <summary>[label, prediction]: the share of the label's examples, so that each row adds up to 1; a row of zeros where there are none.</summary>
    public double[,] NormalizedConfusion()
    {
        var shares = new double[Confusion.GetLength(0), Confusion.GetLength(1)];
        for (int label = 0; label < shares.GetLength(0); label++)
        {
            int count = Enumerable.Range(0, shares.GetLength(1)).Sum(p => Confusion[label, p]);
            for (int p = 0; p < shares.GetLength(1); p++)
            {
                shares[label, p] = count == 0 ? 0 : (double)Confusion[label, p] / count;
            }
        }

        return shares;
    }
}
