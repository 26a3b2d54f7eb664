using System.Text.Json;
using ModelZoo.Distributed;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>What became of the labeled examples of a batch.</summary>
/// <param name="Labels">[B].</param>
/// <param name="Predictions">[B], the largest logit of each.</param>
/// <param name="Loss">The sum of the cross entropies.</param>
/// <param name="AmongTop">How many labels are among the largest logits.</param>
/// <param name="Outputs">Logits of each example.</param>
internal sealed record CountedBatch(long[] Labels, long[] Predictions, double Loss, long AmongTop, int Outputs)
{
    /// <summary>Of a batch of which nothing could be read.</summary>
    public static CountedBatch Nothing { get; } = new([], [], 0, 0, 0);

    /// <param name="logits">[B,classes], float32.</param>
    /// <param name="batch">The labels.</param>
    /// <param name="top">How many of the largest logits the label may be among.</param>
    public static CountedBatch Of(Tensor logits, Batch batch, int top)
    {
        int outputs = (int)logits.shape[1];
        (_, Tensor largest) = logits.topk(Math.Min(top, outputs), 1); // [B,top]
        return new(
            batch.Labels.cpu().data<long>().ToArray(),
            logits.argmax(1).cpu().data<long>().ToArray(),
            nn.functional.cross_entropy(logits, batch.Labels, reduction: nn.Reduction.Sum).item<float>(),
            largest.eq(batch.Labels.unsqueeze(1)).sum().item<long>(),
            outputs);
    }

    /// <summary>All batches together.</summary>
    public static EvaluationResult Result(IReadOnlyList<CountedBatch> batches, IReadOnlyList<string> names, int top, TimeSpan elapsed)
    {
        int outputs = batches.Select(b => b.Outputs).DefaultIfEmpty().Max();
        long[] labels = [.. batches.SelectMany(b => b.Labels)], predictions = [.. batches.SelectMany(b => b.Predictions)];
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

        int count = Math.Max(labels.Length, 1);
        return new EvaluationResult
        {
            Count = labels.Length,
            Accuracy = (double)right / count,
            Top = outputs == 0 ? top : Math.Min(top, outputs),
            TopAccuracy = (double)batches.Sum(b => b.AmongTop) / count,
            Loss = batches.Sum(b => b.Loss) / count,
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

/// <summary>A batch's outputs, [B,K] row by row, and the rows of the table of targets that they should be.</summary>
internal sealed record MeasuredBatch(float[] Outputs, long[] Rows);

/// <summary>Whole batches dealt to processes in turn, and their results put together again in the batches' order: one process would get the same.</summary>
internal readonly record struct RankBatches(RankGroup? Ranks)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    public static RankBatches Of(RankGroup? ranks) => new(ranks is { Size: > 1 } ? ranks : null);

    /// <summary>This process's batches.</summary>
    public IEnumerable<Batch> InOrder(IBatchSource data, int batchSize) => Ranks is null ? data.InOrder(batchSize)
        : data.InOrder(batchSize, Ranks.Rank, Ranks.Size);

    /// <summary>Everybody's results.</summary>
    public List<T> Gather<T>(List<T> own)
    {
        if (Ranks is null)
        {
            return own;
        }

        byte[][] said = Ranks.Gather(JsonSerializer.SerializeToUtf8Bytes(own, Options));
        T[][] all = [.. said.Select(bytes => JsonSerializer.Deserialize<T[]>(bytes, Options)!)];
        return [.. Enumerable.Range(0, all.Max(part => part.Length))
            .SelectMany(turn => all.Where(part => turn < part.Length).Select(part => part[turn]))];
    }
}
