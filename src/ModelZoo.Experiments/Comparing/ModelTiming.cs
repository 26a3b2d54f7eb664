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
