using System.Diagnostics;
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
    /// <exception cref="ZooException">The data has more classes than the model logits.</exception>
    public static EvaluationResult Evaluate(nn.Module<Tensor, Tensor> model, IBatchSource data, int batchSize = 256, bool channelsLast = false, int top = 5) =>
        Evaluate([(model, data)], batchSize, channelsLast, top);

    /// <summary>The same for the average of several models' probabilities (<see cref="Ensemble"/>), each with the data as it wants them prepared.</summary>
    /// <param name="members">Models, and the same examples in the same order.</param>
    /// <param name="batchSize">Examples per forward.</param>
    /// <param name="channelsLast">As for one model.</param>
    /// <param name="top">How many of the largest probabilities the label may be among.</param>
    /// <exception cref="ZooException">The data has more classes than a model logits, or the members have different classes or examples.</exception>
    public static EvaluationResult Evaluate(IReadOnlyList<(nn.Module<Tensor, Tensor> Model, IBatchSource Data)> members, int batchSize = 256,
        bool channelsLast = false, int top = 5)
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
        var counter = new TopKCounter(data.Count, top);
        ModelMode[] modes = [.. members.Select(m => ModelMode.Eval(m.Model))];
        IEnumerator<Batch>[] batches = [.. members.Select(m => m.Data.InOrder(batchSize).GetEnumerator())];
        try
        {
            using IDisposable off = no_grad();
            while (Array.TrueForAll(batches, b => b.MoveNext()))
            {
                using DisposeScope scope = NewDisposeScope();
                // [B,classes]
                Tensor logits = Ensemble.Combine([.. members.Zip(batches, (member, batch) =>
                    Logits(member.Model, channelsLast ? ChannelsLast.Of(batch.Current.Inputs) : batch.Current.Inputs, data))]);
                counter.Add(logits, batches[0].Current);
                Array.ForEach(batches, b => b.Current.Dispose());
            }
        }
        finally
        {
            Array.ForEach(batches, b => b.Dispose());
            Array.ForEach(modes, m => m.Dispose());
        }

        return counter.Result(data.ClassNames, clock.Elapsed);
    }

    /// <summary>The same for whatever the data say of each example: one class, several labels or a number.</summary>
    /// <param name="model">[N,…] to outputs [N,K].</param>
    /// <param name="data">The examples.</param>
    /// <param name="task">What the outputs mean: the thresholds of labels, the scale of a number; null: as the data say.</param>
    /// <param name="batchSize">Examples per forward.</param>
    /// <param name="channelsLast">As for one class.</param>
    /// <param name="top">As for one class.</param>
    /// <returns>An <see cref="EvaluationResult"/>, <see cref="MultiLabelResult"/> or <see cref="RegressionResult"/>.</returns>
    /// <exception cref="ZooException">Model and data do not fit.</exception>
    public static Measurement Measure(nn.Module<Tensor, Tensor> model, IBatchSource data, PredictionTask? task = null, int batchSize = 256,
        bool channelsLast = false, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        if (data.Targets is not { } table)
        {
            return Evaluate(model, data, batchSize, channelsLast, top);
        }

        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        task ??= table.Task;
        var clock = Stopwatch.StartNew();
        List<float> outputs = [], wanted = [];
        using ModelMode mode = ModelMode.Eval(model);
        using IDisposable off = no_grad();
        foreach (Batch read in data.InOrder(batchSize))
        {
            using Batch batch = read;
            using DisposeScope scope = NewDisposeScope();
            outputs.AddRange(Logits(model, channelsLast ? ChannelsLast.Of(batch.Inputs) : batch.Inputs, data).cpu().data<float>().ToArray());
            foreach (long row in batch.Labels.cpu().data<long>().ToArray())
            {
                wanted.AddRange(table.Row((int)row));
            }
        }

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

/// <summary>Counts what became of labeled examples, batch by batch.</summary>
internal sealed class TopKCounter(int examples, int top)
{
    private readonly List<long> labels = new(examples);
    private readonly List<long> predictions = new(examples);
    private double loss;
    private long amongTop;
    private int outputs;

    /// <param name="logits">[B,classes], float32.</param>
    /// <param name="batch">The labels.</param>
    public void Add(Tensor logits, Batch batch)
    {
        outputs = (int)logits.shape[1];
        loss += nn.functional.cross_entropy(logits, batch.Labels, reduction: nn.Reduction.Sum).item<float>();
        (_, Tensor largest) = logits.topk(Math.Min(top, outputs), 1); // [B,top]
        amongTop += largest.eq(batch.Labels.unsqueeze(1)).sum().item<long>();
        predictions.AddRange(logits.argmax(1).cpu().data<long>().ToArray());
        labels.AddRange(batch.Labels.cpu().data<long>().ToArray());
    }

    public EvaluationResult Result(IReadOnlyList<string> names, TimeSpan elapsed)
    {
#pragma warning disable CA1814 // A confusion matrix is square.
        var confusion = new int[outputs, outputs];
#pragma warning restore CA1814
        var actual = new int[outputs];
        var called = new int[outputs];
        int right = 0;
        for (int i = 0; i < labels.Count; i++)
        {
            confusion[labels[i], predictions[i]]++;
            actual[labels[i]]++;
            called[predictions[i]]++;
            right += labels[i] == predictions[i] ? 1 : 0;
        }

        int count = Math.Max(labels.Count, 1);
        return new EvaluationResult
        {
            Count = labels.Count,
            Accuracy = (double)right / count,
            Top = outputs == 0 ? top : Math.Min(top, outputs),
            TopAccuracy = (double)amongTop / count,
            Loss = loss / count,
            Confusion = confusion,
            Classes = outputs == 0
                ? []
                : [.. names.Select((name, c) => new ClassResult(name, actual[c], Share(confusion[c, c], called[c]), Share(confusion[c, c], actual[c]))
                {
                    Called = called[c],
                })],
            Labels = [.. labels.Select(label => (int)label)],
            Hits = [.. labels.Zip(predictions, (label, said) => label == said)],
            Elapsed = elapsed,
        };
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
