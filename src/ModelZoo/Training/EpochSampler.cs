namespace ModelZoo.Training;

/// <summary>What decides one pass over the training examples.</summary>
/// <param name="Recipe">Batch size and augmentation.</param>
/// <param name="Seed">Of the whole run.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="FirstStep">Steps to leave out at the beginning, for a run that goes on where it was stopped.</param>
public sealed record EpochSampler(Recipe Recipe, ulong Seed, int Epoch, int FirstStep = 0)
{
    /// <summary>
    /// Whether a last batch of one example is joined to the batch before it: batch normalization needs two values for a variance. The trainer sets it where
    /// the model would have one (<see cref="LoneValue"/>).
    /// </summary>
    public bool JoinsLast { get; init; }

    /// <summary>The class of each example, for a recipe that samples classes evenly.</summary>
    public IReadOnlyList<int>? Classes { get; init; }

    /// <summary>Which part of every batch is wanted, where several processes share it; null: the whole. For sources that take shares
    /// (<see cref="IBatchSource.TakesShare"/>).</summary>
    public BatchShare? Share { get; init; }

    /// <summary>The steps of a whole pass.</summary>
    public int Steps(int examples)
    {
        (int whole, int left) = int.DivRem(examples, Recipe.BatchSize);
        return left == 0 || (left == 1 && whole > 0 && JoinsLast) ? whole : whole + 1;
    }

    /// <summary>
    /// The order of the examples, which seed and epoch decide: a permutation of 0 … <paramref name="examples"/> − 1, or with a recipe that samples classes
    /// evenly as many of them, some of them several times.
    /// </summary>
    /// <exception cref="InvalidOperationException">Classes are to be sampled evenly, and <see cref="Classes"/> has another number of them.</exception>
    public int[] Order(int examples)
    {
        var random = new SeededRandom(Mix(Seed, (ulong)Epoch));
        return !Recipe.SamplesEvenly ? random.Permutation(examples)
            : Classes?.Count == examples ? BalancedOrder.Draw(Classes, random)
            : throw new InvalidOperationException($"The plan of an epoch with even classes needs those of {examples} examples, and has {Classes?.Count ?? 0}.");
    }

    /// <summary>For each place of an order how often its example came before; null where none comes twice.</summary>
    internal int[]? Repeats(int[] order) => Recipe.SamplesEvenly ? BalancedOrder.Repeats(order) : null;

    /// <summary>The indices of a step, from 0 on, of an order: with a <see cref="Share"/> those of that part, which may be none.</summary>
    public ReadOnlyMemory<int> IndicesOf(int step, int[] order)
    {
        ArgumentNullException.ThrowIfNull(order);
        (int first, int end) = OwnPlaces(step, order.Length);
        return order.AsMemory(first..end);
    }

    /// <summary>Where a step, from 0 on, begins and ends in an order of so many examples.</summary>
    internal (int First, int End) Places(int step, int examples) =>
        (step * Recipe.BatchSize, step == Steps(examples) - 1 ? examples : (step + 1) * Recipe.BatchSize);

    /// <summary>The same of the part that is wanted.</summary>
    internal (int First, int End) OwnPlaces(int step, int examples)
    {
        (int first, int end) = Places(step, examples);
        (int from, int to) = Share?.Of(end - first) ?? (0, end - first);
        return (first + from, first + to);
    }

    /// <summary>The seed of everything that is drawn in a step, from 0 on, of this epoch.</summary>
    public ulong SeedOfStep(int step) => Mix(Mix(Seed, (ulong)Epoch), (ulong)step + 1);

    /// <summary>The seed of everything that is drawn for an example in this epoch, whatever step or thread it falls to.</summary>
    /// <param name="index">The example.</param>
    /// <param name="repeat">How often it came before in this epoch.</param>
    public ulong SeedOfExample(int index, int repeat = 0)
    {
        ulong seed = Mix(~Mix(Seed, (ulong)Epoch), (ulong)index);
        return repeat == 0 ? seed : Mix(~seed, (ulong)repeat);
    }

    // Neighboring seeds, epochs and steps must not give neighboring streams of SplitMix64.
    private static ulong Mix(ulong a, ulong b) => new SeededRandom(new SeededRandom(a).NextUInt64() ^ b).NextUInt64();
}

/// <summary>Which of an epoch's batches make one step together. Steps are cut from where the plan begins, which is always the first batch of a step.</summary>
/// <param name="plan">Batch size and first batch.</param>
/// <param name="examples">In the epoch.</param>
/// <param name="perStep">Batches; the last step takes what is left.</param>
internal sealed class StepSplit(EpochSampler plan, int examples, int perStep)
{
    private readonly int batches = plan.Steps(examples);

    /// <summary>Whether a batch, from 0 on in the epoch, is the last of its step.</summary>
    public bool EndsStep(int batch) => batch == LastOf(FirstOf(batch));

    /// <summary>The share of its step's examples that a batch holds.</summary>
    public double ShareOf(int batch, int count)
    {
        int first = FirstOf(batch), last = LastOf(first);
        return first == last ? 1 : (double)count / (plan.Places(last, examples).End - plan.Places(first, examples).First);
    }

    private int FirstOf(int batch) => batch - (batch - plan.FirstStep) % perStep;

    private int LastOf(int first) => Math.Min(first + perStep, batches) - 1;
}
