namespace ModelZoo.Experiments.Comparing;

/// <summary>A point of a learning curve.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Seconds">Of training so far, without tests.</param>
/// <param name="Loss">Mean over the epoch.</param>
/// <param name="TrainAccuracy">In [0,1], over the epoch.</param>
/// <param name="TestAccuracy">In [0,1], after the epoch.</param>
public sealed record CurvePoint(int Epoch, double Seconds, double Loss, double TrainAccuracy, double TestAccuracy);

/// <summary>One training.</summary>
/// <param name="Seed">Of weights, order of images and dropout.</param>
/// <param name="Steps">Taken.</param>
/// <param name="Images">Seen.</param>
/// <param name="Points">At least one, unless there is a problem.</param>
public sealed record SeedRun(long Seed, int Steps, long Images, IReadOnlyList<CurvePoint> Points)
{
    /// <summary>Why it ended early; null where it did not.</summary>
    public string? Problem { get; init; }
}

/// <summary>The trainings of a model.</summary>
/// <param name="Recipe">What it was trained with: the recipe with the budget's epochs.</param>
/// <param name="Runs">One a seed.</param>
public sealed record TrainedModel(string Recipe, IReadOnlyList<SeedRun> Runs)
{
    /// <summary>Final test accuracy over the seeds, in percent; null where no training came to its end.</summary>
    public Spread? TestAccuracy => Over(p => 100 * p.TestAccuracy);

    /// <summary>Accuracy over the last epoch's training images, in percent.</summary>
    public Spread? TrainAccuracy => Over(p => 100 * p.TrainAccuracy);

    /// <summary>Seconds of training, tests not counted.</summary>
    public Spread? Seconds => Over(p => p.Seconds);

    private SeedRun[] Finished => [.. Runs.Where(r => r.Problem is null && r.Points.Count > 0)];

    /// <summary>The curves of the seeds, cut to the shortest.</summary>
    internal IReadOnlyList<IReadOnlyList<CurvePoint>> Curves()
    {
        int shortest = Finished.Select(r => r.Points.Count).DefaultIfEmpty(0).Min();
        return [.. Finished.Select(r => (IReadOnlyList<CurvePoint>)[.. r.Points.Take(shortest)])];
    }

    private Spread? Over(Func<CurvePoint, double> value) => Finished.Length == 0 ? null : new([.. Finished.Select(r => value(r.Points[^1]))]);
}
