using System.Text.Json.Serialization;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Statistics;

namespace ModelZoo.Experiments.Selecting;

/// <summary>One network of a selection.</summary>
public sealed record SelectedNetwork
{
    /// <summary>What tables call it.</summary>
    public required string Name { get; init; }

    /// <summary>What commands take; empty where it was trained anew.</summary>
    public required string Spec { get; init; }

    /// <summary>Where its weights come from.</summary>
    public required NetworkOrigin Origin { get; init; }

    /// <summary>Its name in the catalog, or that of an imported graph.</summary>
    public required string Architecture { get; init; }

    /// <summary>Whether it computes on bytes; the head is in float32.</summary>
    public bool Quantized { get; init; }

    /// <summary>Whether each picture is right: [N] in the order of the data.</summary>
    [JsonIgnore]
    public IReadOnlyList<bool> Hits { get; init; } = [];

    /// <summary>The share that is right.</summary>
    public double Accuracy => Hits.Count == 0 ? 0 : (double)Hits.Count(h => h) / Hits.Count;

    /// <summary>Where it lies on all such pictures, with 95 % confidence.</summary>
    public Interval AccuracyInterval => Interval.Wilson(Hits.Count(h => h), Hits.Count);

    /// <summary>The mean over the pictures of −ln of the probability of what they are.</summary>
    public required double Loss { get; init; }

    /// <summary>With a head for the data.</summary>
    public required long Parameters { get; init; }

    /// <summary>Multiply-accumulates of a picture; null where unknown.</summary>
    public long? Macs { get; init; }

    /// <summary>Bytes of its checkpoint.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>Seconds to fit it to all pictures: features and one head; trained anew, one training.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>Times and memory on this machine; null where nothing was timed.</summary>
    public NetworkSpeed? Speed { get; init; }

    /// <summary>What more pictures would bring; null where that was not measured.</summary>
    public LearningCurve? Curve { get; init; }

    /// <summary>Why its accuracy is too good to be compared: its backbone knows pictures of these. Null where it is not.</summary>
    public string? Seen { get; init; }

    /// <summary>Whether no other is both as accurate and as fast (as small, where nothing was timed), and better in one of them.</summary>
    public bool OnFront { get; init; }
}

/// <summary>Two networks on the same pictures.</summary>
/// <param name="First">The one that is right more often.</param>
/// <param name="Second">The other.</param>
/// <param name="Test">McNemar's exact test, picture by picture.</param>
/// <param name="Difference">Of the accuracies, the second's less the first's, with 95 % confidence.</param>
/// <param name="P">Corrected for all the pairs that are tested (<see cref="Holm"/>).</param>
/// <param name="Pictures">With so many pictures in all the test would tell them apart four times of five, if they differ as they do here; null where they
/// do not, or it has told them apart.</param>
/// <param name="PicturesAtLeast">If they differ as much as the interval allows; null where they answer alike.</param>
public sealed record NetworkPair(string First, string Second, PairedTest Test, Interval Difference, double P, long? Pictures, long? PicturesAtLeast)
{
    /// <summary>Whether the first is better beyond chance.</summary>
    public bool Decided => P <= 1 - Interval.Level;
}

/// <summary>What was tried.</summary>
/// <param name="Source">The data as on the command line.</param>
/// <param name="Data">The pictures.</param>
/// <param name="Pictures">How many could be read.</param>
/// <param name="Classes">What they are told apart as.</param>
/// <param name="Folds">Of the cross-validation.</param>
/// <param name="Seed">Of folds, heads and orders.</param>
/// <param name="Recipe">Of heads.</param>
/// <param name="Limits">What was asked for.</param>
/// <param name="Guess">The share of the most frequent class: what one gets who always says it.</param>
public sealed record SelectionSettings(
    string Source, string Data, int Pictures, IReadOnlyList<string> Classes, int Folds, ulong Seed, string Recipe, SelectionLimits Limits, double Guess);

/// <summary>Which network to use for some pictures, and what that is founded on.</summary>
public sealed record NetworkSelection
{
    /// <summary>The most accurate first.</summary>
    public required IReadOnlyList<SelectedNetwork> Networks { get; init; }

    /// <summary>Neighbors in that order, and the recommended one against every other.</summary>
    public required IReadOnlyList<NetworkPair> Pairs { get; init; }

    /// <summary>Which one to use, and why.</summary>
    public required Recommendation Recommendation { get; init; }

    /// <summary>What was tried.</summary>
    public required SelectionSettings Settings { get; init; }

    /// <summary>How times were measured; null where none were.</summary>
    public TimingSettings? Timing { get; init; }

    /// <summary>What it ran on.</summary>
    public required string Machine { get; init; }

    /// <summary>The command that makes it.</summary>
    public required string Command { get; init; }

    /// <summary>Orders, tests and recommends.</summary>
    /// <param name="networks">At least one; each judged on the same pictures.</param>
    /// <param name="settings">What was tried.</param>
    /// <exception cref="ArgumentException">There is none, or they were judged on different pictures.</exception>
    public static NetworkSelection Of(IReadOnlyList<SelectedNetwork> networks, SelectionSettings settings)
    {
        ArgumentNullException.ThrowIfNull(networks);
        ArgumentNullException.ThrowIfNull(settings);
        if (networks.Count == 0 || networks.Any(n => n.Hits.Count != networks[0].Hits.Count))
        {
            throw new ArgumentException("Networks are compared on the same pictures.", nameof(networks));
        }

        SelectedNetwork[] ordered = [.. networks.OrderByDescending(n => n.Accuracy).ThenBy(Cost).ThenBy(n => n.DiskBytes)];
        ordered = [.. ordered.Select(n => n with { OnFront = n.Seen is null && !ordered.Any(other => Dominates(other, n)) })];
        SelectedNetwork? best = Recommendation.Choose(ordered, settings.Limits);
        NetworkPair[] pairs = Test(ordered, best, settings.Seed);
        return new()
        {
            Networks = ordered,
            Pairs = pairs,
            Recommendation = Recommendation.Of(ordered, pairs, best, settings),
            Settings = settings,
            Machine = "",
            Command = "",
        };
    }

    /// <summary>Milliseconds, or bytes where nothing was timed.</summary>
    internal static double Cost(SelectedNetwork network) => network.Speed?.Milliseconds ?? network.DiskBytes;

    private static bool Dominates(SelectedNetwork a, SelectedNetwork b) => a.Seen is null && a.Accuracy >= b.Accuracy && Cost(a) <= Cost(b)
        && (a.Accuracy > b.Accuracy || Cost(a) < Cost(b));

    private static NetworkPair[] Test(SelectedNetwork[] ordered, SelectedNetwork? best, ulong seed)
    {
        IEnumerable<(int First, int Second)> neighbors = Enumerable.Range(0, ordered.Length - 1).Select(i => (i, i + 1));
        int chosen = Array.IndexOf(ordered, best);
        IEnumerable<(int First, int Second)> others = best is null ? []
            : Enumerable.Range(0, ordered.Length).Where(i => i != chosen).Select(i => (Math.Min(i, chosen), Math.Max(i, chosen)));
        (SelectedNetwork First, SelectedNetwork Second)[] pairs =
            [.. neighbors.Concat(others).Distinct().Order().Select(p => (ordered[p.First], ordered[p.Second]))];
        PairedTest[] tests = [.. pairs.Select(p => PairedTest.Of(p.First.Hits, p.Second.Hits))];
        IReadOnlyList<double> adjusted = Holm.Adjust([.. tests.Select(t => t.P)]);

        // The next of the tests that are open is held against so much by the correction.
        double level = (1 - Interval.Level) / Math.Max(1, adjusted.Count(p => p > 1 - Interval.Level));
        return [.. pairs.Select((pair, i) =>
        {
            Interval difference = tests[i].Bootstrap(seed);
            bool open = adjusted[i] > 1 - Interval.Level;
            return new NetworkPair(pair.First.Name, pair.Second.Name, tests[i], difference, adjusted[i], open ? Needed(tests[i], level) : null,
                open ? AtLeast(tests[i], difference, level) : null);
        })];
    }

    private static long? Needed(PairedTest test, double level) =>
        test.Count == 0 ? null : PairedPower.Examples((double)test.FirstOnly / test.Count, (double)test.SecondOnly / test.Count, level);

    private static long? AtLeast(PairedTest test, Interval difference, double level)
    {
        double far = Math.Max(Math.Abs(difference.Low), Math.Abs(difference.High));
        double apart = Math.Max(far, (double)(test.FirstOnly + test.SecondOnly) / Math.Max(1, test.Count));
        return far <= 0 ? null : PairedPower.Examples((apart - far) / 2, (apart + far) / 2, level);
    }
}
