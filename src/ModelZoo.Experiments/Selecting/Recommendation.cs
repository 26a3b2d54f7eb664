using System.Globalization;
using ModelZoo.Statistics;

namespace ModelZoo.Experiments.Selecting;

/// <summary>Which network to use.</summary>
/// <param name="Name">Null where none keeps to the limits.</param>
/// <param name="Sentence">In words, with what the data cannot tell.</param>
/// <param name="NotTold">Those within the limits that the data cannot tell from it.</param>
public sealed record Recommendation(string? Name, string Sentence, IReadOnlyList<string> NotTold)
{
    /// <summary>
    /// The most accurate within the limits, of several such the fastest. Where an accuracy is asked for, the fastest whose interval lies above it, and where
    /// there is none, the fastest that has it on these pictures. Networks that know the pictures are passed over.
    /// </summary>
    /// <param name="ordered">The most accurate first.</param>
    /// <param name="limits">What is asked for.</param>
    internal static SelectedNetwork? Choose(IReadOnlyList<SelectedNetwork> ordered, SelectionLimits limits)
    {
        SelectedNetwork[] within = [.. ordered.Where(n => Within(n, limits))];
        return limits.MinAccuracy is not { } least ? within.FirstOrDefault()
            : within.Where(n => n.AccuracyInterval.Low >= least).MinBy(NetworkSelection.Cost)
                ?? within.Where(n => n.Accuracy >= least).MinBy(NetworkSelection.Cost);
    }

    internal static Recommendation Of(IReadOnlyList<SelectedNetwork> ordered, IReadOnlyList<NetworkPair> pairs, SelectedNetwork? best,
        SelectionSettings settings)
    {
        SelectionLimits limits = settings.Limits;
        if (best is null)
        {
            return new(null, None(ordered, limits), []);
        }

        SelectedNetwork[] others = [.. ordered.Where(n => n != best && Within(n, limits))];
        NetworkPair[] open = [.. pairs.Where(p => !p.Decided && (p.First == best.Name || p.Second == best.Name))];
        SelectedNetwork[] rivals = [.. others.Where(n => open.Any(p => p.First == n.Name || p.Second == n.Name))];
        string sentence = $"Use {best.Name}: {Percent(best.Accuracy)} ({best.AccuracyInterval.Percent()}) of {Count(best.Hits.Count)} pictures, {Costs(best)}.";
        if (best.AccuracyInterval.Low <= settings.Guess)
        {
            sentence += $" That is not shown to be more than {Percent(settings.Guess)}, the share of the most frequent class.";
        }

        sentence += limits.MinAccuracy is { } least ? Reached(best, [.. ordered.Where(n => Within(n, limits))], least)
            : others.Length == 0 ? (limits == new SelectionLimits() ? "" : " No other keeps to the limits.")
            : rivals.Length == 0 ? $" It is better than {(others.Length == 1 ? others[0].Name : $"each of the {others.Length} others")}"
                + $"{(limits == new SelectionLimits() ? "" : " within the limits")} beyond chance."
            : $" {Untold(best, rivals, open)}";
        return new(best.Name, sentence + Beyond(ordered, best, pairs, limits), [.. rivals.Select(n => n.Name)]);
    }

    private static bool Within(SelectedNetwork n, SelectionLimits limits) => n.Seen is null
        && (limits.MaxMilliseconds is not { } time || n.Speed?.Milliseconds <= time)
        && (limits.MaxMegabytes is not { } size || n.DiskBytes <= size * 1e6);

    // What the data cannot tell from the best, what it costs, and how many more pictures would tell.
    private static string Untold(SelectedNetwork best, SelectedNetwork[] rivals, NetworkPair[] open)
    {
        SelectedNetwork rival = rivals.MinBy(NetworkSelection.Cost)!;
        string cheaper = NetworkSelection.Cost(rival) < NetworkSelection.Cost(best) ? "; the cheapest of them is good enough if cost counts" : "";
        string[] each = [.. rivals.Take(3).Select(n => One(n, open.First(p => p.First == n.Name || p.Second == n.Name)))];
        return $"The data cannot tell it from {string.Join(", nor from ", each)}{(rivals.Length > 3 ? $", nor from {rivals.Length - 3} more" : "")}"
            + (rivals.Length == 1 ? "" : cheaper) + ".";

        string One(SelectedNetwork n, NetworkPair pair)
        {
            string points = ((n.Accuracy - best.Accuracy) * 100).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);
            return $"{n.Name} ({points} points, {Costs(n)}; {More(pair)})";
        }
    }

    private static string More(NetworkPair pair)
    {
        int count = pair.Test.Count;
        string? least = pair.PicturesAtLeast is { } some && some > count ? $"at least {Round(some - count)}" : null;
        return pair.Pictures is { } all
            ? $"about {Round(Math.Max(1, all - count))} more pictures would{(least is null || pair.PicturesAtLeast >= all ? "" : $", {least}")}"
            : least is not null ? $"as good here; {least} more pictures would"
            : pair.Test.FirstOnly + pair.Test.SecondOnly == 0 ? "they are right about the same pictures" : "as good here";
    }

    private static string Reached(SelectedNetwork best, SelectedNetwork[] within, double least)
    {
        bool shown = best.AccuracyInterval.Low >= least;
        int reached = within.Count(n => (shown ? n.AccuracyInterval.Low : n.Accuracy) >= least);
        string how = $"{Percent(least)} {(shown ? "with 95 % confidence" : "on these pictures")}";
        string which = reached == 1 ? $" No other reaches {how}"
            : $" It is the {(best.Speed is null ? "smallest" : "fastest")} of {reached} that reach {how}";
        return shown ? $"{which}."
            : $"{which}; that it does on all such is not shown" + (Pictures(best.Accuracy, least) is { } needed
                ? $": about {Round(Math.Max(1, needed - best.Hits.Count))} more pictures would, if it stays as good." : ".");
    }

    // So many that Wilson's interval begins at the accuracy.
    private static long? Pictures(double accuracy, double least)
    {
        const long Most = 100_000_000;
        long high = 8;
        while (Interval.OfShare(accuracy, high).Low < least)
        {
            high *= 2;
            if (high > Most)
            {
                return null;
            }
        }

        long low = high / 2;
        while (high - low > 1)
        {
            long middle = (low + high) / 2;
            (low, high) = Interval.OfShare(accuracy, middle).Low < least ? (middle, high) : (low, middle);
        }

        return high;
    }

    // What the limits cost.
    private static string Beyond(IReadOnlyList<SelectedNetwork> ordered, SelectedNetwork best, IReadOnlyList<NetworkPair> pairs, SelectionLimits limits)
    {
        SelectedNetwork? free = ordered.FirstOrDefault(n => n.Seen is null);
        if (free is null || free == best || free.Accuracy <= best.Accuracy || limits == new SelectionLimits())
        {
            return "";
        }

        NetworkPair? pair = pairs.FirstOrDefault(p => p.First == free.Name && p.Second == best.Name);
        return $" Without the limit{((limits.MaxMilliseconds, limits.MaxMegabytes, limits.MinAccuracy) is (not null, not null, _) ? "s" : "")} it would be "
            + $"{free.Name} with {Percent(free.Accuracy)}, {Costs(free)}{(pair is { Decided: true } ? "" : ", which is not shown to be better")}.";
    }

    private static string None(IReadOnlyList<SelectedNetwork> ordered, SelectionLimits limits)
    {
        SelectedNetwork[] all = [.. ordered.Where(n => n.Seen is null)];
        if (all.Length == 0)
        {
            return "No network can be recommended: each knows some of these pictures.";
        }

        SelectedNetwork[] within = [.. all.Where(n => Within(n, limits))];
        SelectedNetwork small = all.MinBy(n => n.DiskBytes)!, fast = all.MinBy(NetworkSelection.Cost)!;
        return within.Length > 0
            ? $"No network within the limits has {Percent(limits.MinAccuracy ?? 0)}: the best of them, {within[0].Name}, has {Percent(within[0].Accuracy)} "
                + $"({within[0].AccuracyInterval.Percent()})."
            : $"No network keeps to the limits: the fastest is {fast.Name} ({Costs(fast)}), the smallest {small.Name} ({Costs(small)}).";
    }

    private static string Costs(SelectedNetwork n) =>
        $"{(n.Speed is { } s ? $"{Three(s.Milliseconds)} ms a picture, " : "")}{Comparing.ComparisonTables.Bytes(n.DiskBytes)}";

    private static string Three(double value) => value.ToString(value >= 9.995 ? "F1" : value >= 0.9995 ? "F2" : "F3", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("0.0#", CultureInfo.InvariantCulture) + " %";

    private static string Count(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    // Two digits: no more is known.
    private static string Round(long n)
    {
        long unit = (long)Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(Math.Max(1, n))) - 1));
        return Count((n + unit - 1) / unit * unit);
    }
}
