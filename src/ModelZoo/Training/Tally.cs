using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Counts what became of labelled examples, batch by batch.</summary>
internal sealed class Tally(int examples, int top)
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
            Classes = outputs == 0 ? [] : [.. names.Select((name, c) => new ClassResult(name, actual[c], Share(confusion[c, c], called[c]), Share(confusion[c, c], actual[c])))],
            Elapsed = elapsed,
        };
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
