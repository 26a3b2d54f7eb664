namespace ModelZoo.Experiments.Comparing;

/// <summary>How times are measured.</summary>
/// <param name="Batch">Images of a forward and of a training step.</param>
/// <param name="Rounds">Turns of each model that count.</param>
/// <param name="Threads">Of one operation.</param>
/// <param name="Device">"cpu" or "cuda".</param>
/// <param name="Load">Processes that wanted to run on the machine when the measurement began, its own not among them; null where the system does not
/// tell.</param>
public sealed record TimingSettings(int Batch, int Rounds, int Threads, string Device, double? Load);

/// <summary>What one turn of a model measured.</summary>
/// <param name="ForwardSeconds">Of one forward of a batch in eval mode, without gradients.</param>
/// <param name="TrainingSeconds">Of one step: forward, loss, backward, SGD with momentum; null where a step is not possible.</param>
public sealed record Turn(double ForwardSeconds, double? TrainingSeconds)
{
    /// <summary>
    /// By how many bytes the process' resident memory rose at most from before the model was built to after a forward; null where not measured.
    /// </summary>
    public long? ForwardPeakBytes { get; init; }

    /// <summary>The same for a training step.</summary>
    public long? TrainingPeakBytes { get; init; }

    /// <summary>Why there is no training step; null where there is one.</summary>
    public string? TrainingProblem { get; init; }
}

/// <summary>What the turns of a model came to.</summary>
public sealed record ModelTiming
{
    /// <summary>Milliseconds per image of a forward, one value a round.</summary>
    public required Spread ForwardMilliseconds { get; init; }

    /// <summary>Milliseconds per image of a training step; null where there is none.</summary>
    public Spread? TrainingMilliseconds { get; init; }

    /// <summary>Resident memory of a forward of one batch, the weights included; null where not measured.</summary>
    public long? ForwardPeakBytes { get; init; }

    /// <summary>Resident memory of a training step of one batch: weights, gradients, momentum, activations.</summary>
    public long? TrainingPeakBytes { get; init; }

    /// <summary>Why there is no training step; null where there is one.</summary>
    public string? TrainingProblem { get; init; }

    /// <summary>Sums up: the first turn, the warm-up, gives the memory and no time.</summary>
    internal static ModelTiming Of(IReadOnlyList<Turn> turns, int batch)
    {
        double perImage = 1000.0 / batch;
        Turn[] counted = [.. turns.Skip(1)];
        return new()
        {
            ForwardMilliseconds = new([.. counted.Select(t => t.ForwardSeconds * perImage)]),
            TrainingMilliseconds = counted.All(t => t.TrainingSeconds is not null) ? new([.. counted.Select(t => t.TrainingSeconds!.Value * perImage)]) : null,
            ForwardPeakBytes = turns[0].ForwardPeakBytes,
            TrainingPeakBytes = turns[0].TrainingPeakBytes,
            TrainingProblem = turns.Select(t => t.TrainingProblem).FirstOrDefault(p => p is not null),
        };
    }
}

/// <summary>
/// Measures several things by turns, so that a machine that becomes slower or faster on the way favors none: every round has a turn for each, and who begins
/// alternates.
/// </summary>
public static class InterleavedRounds
{
    /// <summary>Runs one round to warm up (round 0) and then the rounds that count.</summary>
    /// <param name="count">How many things.</param>
    /// <param name="rounds">Rounds that count.</param>
    /// <param name="turn">Measures a thing in a round.</param>
    /// <returns>For each thing its turns: the warm-up first, then as many as there are rounds.</returns>
    public static IReadOnlyList<IReadOnlyList<T>> Run<T>(int count, int rounds, Func<int, int, T> turn)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(rounds);
        ArgumentNullException.ThrowIfNull(turn);
        List<T>[] turns = [.. Enumerable.Range(0, count).Select(_ => new List<T>())];
        for (int round = 0; round <= rounds; round++)
        {
            IEnumerable<int> order = Enumerable.Range(0, count);
            foreach (int thing in round % 2 == 0 ? order : order.Reverse())
            {
                turns[thing].Add(turn(thing, round));
            }
        }

        return turns;
    }
}
