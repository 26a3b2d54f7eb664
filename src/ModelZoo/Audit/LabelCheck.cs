using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Statistics;

namespace ModelZoo.Audit;

/// <summary>What heads on the features say of the labels.</summary>
public sealed record LabelCheck
{
    internal const int MostFolds = 5, FewestOfClass = 3, UsualRepeats = 3;
    private const double Alike = 0.05;

    /// <summary>The classes that were looked at.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>The place of each picture that was looked at among all.</summary>
    public required IReadOnlyList<int> Places { get; init; }

    /// <summary>[N]: the labels, as places in <see cref="ClassNames"/>.</summary>
    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>The probabilities, and how they were made.</summary>
    public required FoldedHeads Heads { get; init; }

    /// <summary>What follows from them.</summary>
    public required ConfidentLearning Confidence { get; init; }

    /// <summary>The share of pictures whose label a head finds that has not seen them.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Its interval of 95 % confidence.</summary>
    public Interval AccuracyInterval => Interval.OfShare(Accuracy, Places.Count);

    /// <summary>Checks labels.</summary>
    /// <param name="features">[N,D] of the pictures in <paramref name="places"/>.</param>
    /// <param name="places">Those that could be read.</param>
    /// <param name="data">All pictures.</param>
    /// <param name="seed">Which pictures are in a fold together.</param>
    /// <param name="notes">Hears what was left out, and why.</param>
    /// <param name="cancel">Stops between two steps.</param>
    /// <returns>Null where labels cannot be checked.</returns>
    internal static LabelCheck? Of(ReadOnlyMemory<float> features, IReadOnlyList<int> places, AuditData data, ulong seed, Action<string> notes,
        CancellationToken cancel)
    {
        if (data.Kind != TaskKind.Classes)
        {
            notes($"labels were not checked: pictures have {(data.Kind == TaskKind.Regression ? "a number" : "several labels")}, and wrong ones are looked for "
                + "where each has one class");
            return null;
        }

        int[] counts = new int[data.ClassNames.Count];
        foreach (int place in places)
        {
            counts[data.Pictures[place].Label]++;
        }

        int[] few = [.. Enumerable.Range(0, counts.Length).Where(c => counts[c] is > 0 and < FewestOfClass)];
        int[] kept = [.. Enumerable.Range(0, counts.Length).Where(c => counts[c] >= FewestOfClass)];
        if (few.Length > 0)
        {
            notes($"labels of {Named(few)} were not checked: fewer than {FewestOfClass} pictures of each can be read");
        }

        if (kept.Length < 2)
        {
            notes(kept.Length == 0 ? "labels were not checked: no class has enough pictures"
                : $"labels were not checked: '{data.ClassNames[kept[0]]}' is the only class with enough pictures, and it takes two to tell apart");
            return null;
        }

        int folds = Math.Min(MostFolds, kept.Min(c => counts[c]));
        if (folds < MostFolds)
        {
            int least = kept.MinBy(c => counts[c]);
            notes(string.Create(CultureInfo.InvariantCulture,
                $"labels were checked with {folds} folds instead of {MostFolds}: '{data.ClassNames[least]}' has {counts[least]} pictures"));
        }

        int[] to = [.. Enumerable.Range(0, counts.Length).Select(c => Array.IndexOf(kept, c))];
        int[] rows = [.. Enumerable.Range(0, places.Count).Where(i => to[data.Pictures[places[i]].Label] >= 0)];
        int[] labels = [.. rows.Select(i => to[data.Pictures[places[i]].Label])];
        FoldedHeads heads = FoldedHeads.Fit(Rows(features, places.Count, rows), labels, kept.Length, folds, UsualRepeats, seed, cancel);
        return new()
        {
            ClassNames = [.. kept.Select(c => data.ClassNames[c])],
            Places = [.. rows.Select(i => places[i])],
            Labels = labels,
            Heads = heads,
            Confidence = ConfidentLearning.Of(heads.Probabilities.Span, labels, kept.Length),
            Accuracy = Enumerable.Range(0, labels.Length).Count(i => Likeliest(heads.Probabilities.Span, i, kept.Length) == labels[i]) / (double)labels.Length,
        };

        string Named(int[] classes) => FolderListing.Enumerate([.. classes.Select(c => data.ClassNames[c])]);
    }

    /// <summary>The labels that are probably wrong.</summary>
    internal IEnumerable<AuditFinding> Findings()
    {
        int classes = ClassNames.Count;
        foreach (int i in Confidence.Wrong(Heads.Probabilities.Span, [.. Labels]))
        {
            ReadOnlySpan<double> row = Heads.Probabilities.Span.Slice(i * classes, classes);
            int own = Labels[i], other = own == 0 ? 1 : 0;
            for (int c = 0; c < classes; c++)
            {
                other = c != own && row[c] > row[other] ? c : other;
            }

            bool clear = row[other] > row[own];
            yield return new(Places[i], AuditProblem.WrongLabel, clear ? AuditSuggestion.Relabel : AuditSuggestion.Look,
                (1 - ConfidentLearning.Margin(row, own)) / 2, string.Create(CultureInfo.InvariantCulture,
                    $"{ClassNames[other]} with {100 * row[other]:F0} %, {ClassNames[own]} with {100 * row[own]:F0} %"))
            {
                SuggestedLabel = clear ? ClassNames[other] : null,
            };
        }
    }

    /// <summary>Pairs of classes that are taken for each other: the share of their pictures whose likeliest class is the other, the largest first.</summary>
    public IReadOnlyList<AlikeClasses> AlikePairs()
    {
        int classes = ClassNames.Count;
        var taken = new int[classes, classes];
        int[] counts = new int[classes];
        for (int i = 0; i < Labels.Count; i++)
        {
            taken[Labels[i], Likeliest(Heads.Probabilities.Span, i, classes)]++;
            counts[Labels[i]]++;
        }

        List<AlikeClasses> pairs = [];
        for (int a = 0; a < classes; a++)
        {
            for (int b = a + 1; b < classes; b++)
            {
                double share = (double)(taken[a, b] + taken[b, a]) / (counts[a] + counts[b]);
                if (share >= Alike)
                {
                    pairs.Add(new(ClassNames[a], ClassNames[b], share, taken[a, b], taken[b, a]));
                }
            }
        }

        return [.. pairs.OrderByDescending(p => p.Share)];
    }

    internal static int Likeliest(ReadOnlySpan<double> probabilities, int index, int classes)
    {
        ReadOnlySpan<double> row = probabilities.Slice(index * classes, classes);
        int best = 0;
        for (int c = 1; c < classes; c++)
        {
            best = row[c] > row[best] ? c : best;
        }

        return best;
    }

    private static float[] Rows(ReadOnlyMemory<float> features, int count, int[] rows)
    {
        int width = features.Length / count;
        var chosen = new float[rows.Length * width];
        for (int i = 0; i < rows.Length; i++)
        {
            features.Span.Slice(rows[i] * width, width).CopyTo(chosen.AsSpan(i * width));
        }

        return chosen;
    }
}

/// <summary>Two classes that are taken for each other.</summary>
/// <param name="First">A class.</param>
/// <param name="Second">Another.</param>
/// <param name="Share">Of the pictures of both, those taken for the other one.</param>
/// <param name="FirstAsSecond">Pictures of the first that are taken for the second.</param>
/// <param name="SecondAsFirst">The other way round.</param>
public sealed record AlikeClasses(string First, string Second, double Share, int FirstAsSecond, int SecondAsFirst);
