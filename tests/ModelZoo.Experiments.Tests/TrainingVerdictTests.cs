using ModelZoo.Experiments.Training;
using Xunit;

namespace ModelZoo.Experiments.Tests;

/// <summary>What each training claim makes of planted runs: the effect that is claimed, the opposite, and none beyond the seeds' noise.</summary>
public class TrainingVerdictTests
{
    // direction 1: as claimed, −1: the opposite, 0: nothing but noise, of which each variant has its own
    private static readonly Dictionary<string, (TrainingExperiment Experiment, Func<string, int, double, Measured> Run)> Claims = new()
    {
        ["plain-against-residual"] = (new Degradation(), (v, d, n) => Planted.Run(train: 30 + (v == "plain56" ? 20 * d : 0) + n)),
        ["bn-learning-rate"] = (new NormalizationRate(), (v, d, n) => Rate(v) > (IsFirst(v, "with-") == (d > 0) || d == 0 ? 0.1 : 0.01)
            ? Planted.Run(loss: 2.2) with { Diverged = true }
            : Planted.Sudden((d == 0 ? 100 : IsFirst(v, "with-") == (d > 0) ? 30 : 200) + n)),
        ["norms-by-batch"] = (new NormsByBatch(), (v, d, n) => Planted.Run(test: 20 + (v == "batch-2" ? 10 * d : 0) + n)),
        ["vanishing-gradients"] = (new VanishingGradients(), (v, d, n) => Planted.Run(loss: 1 + (IsFirst(v, "sigmoid") ? 0.9 * d : 0) + (0.01 * n),
            more: [("start", [1, Math.Pow(10, (IsFirst(v, "sigmoid") ? -4 * d : 0) + (d == 0 ? 0.9 + n : 0)), 1, 1, 1, 1, 1, 1]),
                ("end", [1, 1, 1, 1, 1, 1, 1, 1])])),
        ["relu-speed"] = (new RectifierSpeed(), (v, d, n) => Planted.Sudden(100 + (IsFirst(v, "relu") ? -60 * d : 0) + n)),
        ["optimizers"] = (new OptimizerRace(), (v, d, n) =>
            Planted.Run(trainLoss: 1 + (d * (IsFirst(v, "gd") ? 0.5 : IsFirst(v, "sgd") ? 0 : -0.5)) + (0.001 * n))),
        ["zero-padding"] = (new ZeroPadding(), (v, d, n) => Planted.Run(test: 20 + (v == "padded" ? -8 * d : 0) + n,
            more: [("pixels", [.. Enumerable.Range(0, 16).Select(i => i is 5 or 6 or 9 or 10 ? 1 : 1 + (v == "padded" ? 0.5 * d : 0) + (0.001 * n))])])),
        ["dropout"] = (new DropoutOverfitting(), (v, d, n) =>
            Planted.Run(test: 20 + (v == "none" ? 5 * d : 0) + n, testLoss: 1 + (v == "none" ? 0.4 * d : 0) + (0.001 * n))),
        ["augmentation"] = (new AugmentationOverfitting(), (v, d, n) =>
            Planted.Run(test: 20 + (v == "none" ? 5 * d : 0) + n, testLoss: 1 + (v == "none" ? 0.4 * d : 0) + (0.001 * n))),
        ["ensemble"] = (new AveragedMembers(), (_, d, n) =>
            Planted.Run(more: [("own", [5, 6, 7]), ("together", [6, 6 - d, 6 - (2 * d) + n]), ("loss", [1, 1, 1])])),
        ["transfer-time"] = (new TransferTime(), (v, d, n) => v == "scratch" ? Planted.Sudden(100 + n) : Planted.Sudden((d > 0 ? 20 : d < 0 ? 100 : 50) + n)),
        ["transfer-by-data"] = (new TransferByData(), (v, d, n) => Planted.Run(test: 20 + (v == "scratch-20" ? 20 * d : 0) + n)),
        ["whitening"] = (new WhitenedInputs(), (v, d, n) => Planted.Sudden(200 - (d * (IsFirst(v, "norm") ? 150 : IsFirst(v, "zca") ? 100 : 0)) + n)),
    };

    public static TheoryData<string> Names => [.. Claims.Keys];

    [Fact]
    public void Every_training_claim_is_tried_here() =>
        Assert.Equal(ExperimentCatalog.Experiments.All.OfType<TrainingExperiment>().Select(e => e.Name).Order(), Claims.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_claimed_is_reproduced_and_its_opposite_is_not(string name)
    {
        Assert.Equal(Verdict.Reproduced, Judge(name, 1).Verdict);
        Assert.Equal(Verdict.NotReproduced, Judge(name, -1).Verdict);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Noise_is_not_decidable_and_neither_is_a_single_seed(string name)
    {
        Assert.Equal(Verdict.NotDecidable, Judge(name, 0).Verdict);
        (TrainingExperiment experiment, Func<string, int, double, Measured> run) = Claims[name];
        Assert.Equal(Verdict.NotDecidable, experiment.Judge(Planted.Table(experiment, (v, n) => run(v, 1, n), 0.01)).Verdict);
    }

    [Fact]
    public void A_difference_counts_beyond_twice_its_standard_error()
    {
        var difference = new SeedDifference([1, 2, 3]); // mean 2, standard error 1/√3
        Assert.Equal(2, difference.Mean, 12);
        Assert.Equal(1 / Math.Sqrt(3), difference.StandardError, 12);
        Assert.Equal(Verdict.Reproduced, difference.Above());
        Assert.Equal(Verdict.Reproduced, difference.Above(2 - (2.01 / Math.Sqrt(3))));
        Assert.Equal(Verdict.NotDecidable, difference.Above(2 - (1.99 / Math.Sqrt(3))));
        Assert.Equal(Verdict.NotDecidable, difference.Above(2 + (1.99 / Math.Sqrt(3))));
        Assert.Equal(Verdict.NotReproduced, difference.Above(2 + (2.01 / Math.Sqrt(3))));
        Assert.Equal(Verdict.NotDecidable, new SeedDifference([1]).Above());
        Assert.Equal(Verdict.NotDecidable, new SeedDifference([0, 0, 0]).Above());
        Assert.Equal(Verdict.NotDecidable, new SeedDifference([1, double.NaN, 2]).Above());
    }

    [Theory]
    [InlineData(0, new[] { 1, -0.5, 0.4 })]
    [InlineData(0, new[] { 1.2, -3, 5, -1.5 })]
    [InlineData(1, new[] { 1.5, 0.9, 1.1 })]
    public void What_it_would_take_decides_and_one_seed_less_does_not(double least, double[] values)
    {
        var difference = new SeedDifference(values);
        Assert.Equal(Verdict.NotDecidable, difference.Above(least));
        long seeds = difference.SeedsToDecide(least)!.Value;
        double deviation = difference.StandardError * Math.Sqrt(values.Length), over = Math.Abs(difference.Mean - least);
        Assert.True(over > 2 * deviation / Math.Sqrt(seeds));
        Assert.False(over > 2 * deviation / Math.Sqrt(seeds - 1));
        Assert.Contains($"about {seeds} seeds would decide it, which were "
            + $"{values.Length}", new ClaimParts(("more", difference, least)).Note, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_number_of_seeds_is_known_none_is_promised()
    {
        Assert.Null(new SeedDifference([1]).SeedsToDecide());
        Assert.Null(new SeedDifference([1, -1]).SeedsToDecide());
        Assert.Contains("not with 1,000 seeds either", new ClaimParts(("more", new SeedDifference([1, -0.999]), 0)).Note, StringComparison.Ordinal);
        var parts = new ClaimParts(("first", new SeedDifference([1, 1.1]), 0), ("second", new SeedDifference([-1, -1.1]), 0));
        Assert.Equal((Verdict.NotReproduced, "Parts: first: reproduced; second: not reproduced."), (parts.Verdict, parts.Note));
    }

    [Fact]
    public void A_claim_of_parts_is_as_good_as_its_worst()
    {
        Assert.Equal(Verdict.Reproduced, SeedDifference.All(Verdict.Reproduced, Verdict.Reproduced));
        Assert.Equal(Verdict.NotDecidable, SeedDifference.All(Verdict.Reproduced, Verdict.NotDecidable));
        Assert.Equal(Verdict.NotReproduced, SeedDifference.All(Verdict.NotDecidable, Verdict.NotReproduced));
    }

    [Fact]
    public void Steps_to_a_threshold_lie_on_the_straight_line_and_what_is_never_reached_counts_to_the_end()
    {
        var run = new Measured { Epochs = [new(1, 10, 2, 80, 60, 1), new(2, 20, 1, 40, 30, 2), new(3, 30, 0.5, 20, 15, 3)], PlannedSteps = 30 };
        Assert.Equal(10, run.StepsTo(p => p.Loss, 1.5), 12);       // between the middles, 5 and 15
        Assert.Equal(5, run.StepsTo(p => p.Loss, 2.5), 12);        // within the first epoch: its middle
        Assert.Equal(15, run.StepsTo(p => p.TestError, 45, atEnd: true), 12); // between the ends, 10 and 20
        Assert.Equal(30, run.StepsTo(p => p.Loss, 0.1), 12);
        Assert.False(run.Reaches(p => p.Loss, 0.1));
        Assert.Equal(Math.Log(10), (run with { Diverged = true }).LastLoss, 12);
    }

    private static ExperimentResult Judge(string name, int direction)
    {
        (TrainingExperiment experiment, Func<string, int, double, Measured> run) = Claims[name];
        int calls = 0;
        return experiment.Judge(Planted.Table(experiment, (v, n) => run(v, direction, direction == 0 ? Noise(calls++) : n)));
    }

    // Of mean zero over the three runs of every variant, and not the same for two variants in a row.
    private static double Noise(int call) => ((call % 3) + (call / 3)) % 3 - 1;

    private static bool IsFirst(string variant, string start) => variant.StartsWith(start, StringComparison.Ordinal);

    private static double Rate(string variant) => double.Parse(variant.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
}
