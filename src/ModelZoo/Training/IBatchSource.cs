using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Where a trainer gets its examples from: tensors in memory (<see cref="ModelZoo.Loading.ImageTensors"/>), or files that are decoded while it trains.
/// </summary>
public interface IBatchSource
{
    /// <summary>The number of examples.</summary>
    int Count { get; }

    /// <summary>The shape of one example as the model takes it: [C,H,W] or [features].</summary>
    long[] Shape { get; }

    /// <summary>One name for each label, from label 0 on.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Several labels or a number for each example, its label being its row there; null where each has one class.</summary>
    TargetTable? Targets => null;

    /// <summary>The label of each example (a class, or its row of <see cref="Targets"/>) without reading it; null where that is not known before.</summary>
    IReadOnlyList<int>? ExampleLabels => null;

    /// <summary>
    /// Whether <see cref="Shuffled"/> gives, of every batch, the part that the plan's <see cref="EpochSampler.Share"/> names (of every batch one, which may be
    /// empty) for this recipe. Where it does not, each of several processes makes whole batches and takes its part.
    /// </summary>
    bool TakesShare(Recipe recipe) => false;

    /// <summary>
    /// One pass for training: every example once, in the order of the plan, changed at random as the recipe says, normalized. What a step sees depends on the
    /// plan's seed, epoch and the step's number alone, so that a pass may begin at any step. The last batch holds what is left.
    /// </summary>
    /// <param name="plan">Seed, epoch, batch size, first step, augmentation.</param>
    /// <returns>The batches; whoever reads them disposes each.</returns>
    IEnumerable<Batch> Shuffled(EpochSampler plan);

    /// <summary>One pass for measuring: every example once, in its own order, unchanged but for the preprocessing, normalized.</summary>
    /// <param name="batchSize">Examples in a batch; the last may hold fewer.</param>
    IEnumerable<Batch> InOrder(int batchSize);

    /// <summary>
    /// Of the batches of <see cref="InOrder(int)"/> every so many-th, for one of several processes; one of which nothing can be read is empty.
    /// </summary>
    /// <param name="batchSize">Examples in a batch.</param>
    /// <param name="first">The first batch that is wanted, from 0.</param>
    /// <param name="every">From one to the next.</param>
    IEnumerable<Batch> InOrder(int batchSize, int first, int every)
    {
        int number = 0;
        foreach (Batch batch in InOrder(batchSize))
        {
            if (number++ % every == first)
            {
                yield return batch;
            }
            else
            {
                batch.Dispose();
            }
        }
    }
}

/// <summary>Some examples and their labels.</summary>
/// <param name="Inputs">[B,C,H,W] normalized images or [B,features].</param>
/// <param name="Labels">[B], int64: the classes, or the rows of the source's <see cref="IBatchSource.Targets"/>.</param>
public sealed record Batch(Tensor Inputs, Tensor Labels) : IDisposable
{
    /// <summary>[B,K] float, the share of every class, each row summing to 1, where images were mixed with others; null: each has its label alone.</summary>
    public Tensor? Targets { get; init; }

    /// <summary>The number of examples.</summary>
    public int Count => (int)Labels.shape[0];

    /// <summary>Frees the tensors.</summary>
    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
        Targets?.Dispose();
    }
}

/// <summary>Data that can be told from other data of the same size, so that a run is resumed only with its own.</summary>
public interface IFingerprinted
{
    /// <summary>A hash of all that a training sees of the data, in a form for people: "sha256 9f86d081884c7d65".</summary>
    string Fingerprint { get; }
}
