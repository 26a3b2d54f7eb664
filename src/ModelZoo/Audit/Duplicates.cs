namespace ModelZoo.Audit;

/// <summary>Finds files of the same pixels, and files that show the same picture.</summary>
internal static class Duplicates
{
    // Chosen by measured precision and recall (docs/audit.md).
    internal const double LeastCosine = 0.75, LeastLight = 0.9, LeastDetail = 0.55;

    /// <summary>Two pictures that are one.</summary>
    /// <param name="First">The one with the smaller place.</param>
    /// <param name="Second">The other.</param>
    /// <param name="Exact">Whether all pixels are the same.</param>
    /// <param name="Agreement">How much they agree.</param>
    internal readonly record struct Pair(int First, int Second, bool Exact, Agreement Agreement);

    /// <summary>Pairs: of the same pixels, each with the first of them; and near duplicates among the pictures that features put next to each other.</summary>
    /// <param name="facts">Of all pictures.</param>
    /// <param name="neighbors">Of those that could be read.</param>
    /// <param name="places">The place of each of these among all.</param>
    /// <param name="cancel">Stops between two pictures.</param>
    public static List<Pair> Find(IReadOnlyList<PictureFacts> facts, Neighborhood neighbors, IReadOnlyList<int> places, CancellationToken cancel = default)
    {
        List<Pair> pairs = [];
        var first = new Dictionary<UInt128, int>();
        foreach (int place in places)
        {
            if (!first.TryAdd(facts[place].PixelHash, place))
            {
                pairs.Add(new(first[facts[place].PixelHash], place, true, new(1, 1, false)));
            }
        }

        pairs.AddRange(Near(facts, neighbors, places, cancel).Where(p => p.Agreement is { Light: >= LeastLight, Detail: >= LeastDetail }));
        return pairs;
    }

    /// <summary>Pairs of neighbors that might be near duplicates, with how much they agree.</summary>
    internal static IEnumerable<Pair> Near(IReadOnlyList<PictureFacts> facts, Neighborhood neighbors, IReadOnlyList<int> places, CancellationToken cancel)
    {
        HashSet<(int, int)> candidates = [];
        for (int i = 0; i < places.Count; i++)
        {
            for (int n = 0; n < neighbors.Each; n++)
            {
                (int other, float cosine) = neighbors[i, n];
                if (cosine >= LeastCosine && facts[places[i]].PixelHash != facts[places[other]].PixelHash)
                {
                    candidates.Add((Math.Min(i, other), Math.Max(i, other)));
                }
            }
        }

        (int A, int B)[] all = [.. candidates.Order()];
        var thumbs = new Likeness?[places.Count];
        var found = new Agreement[all.Length];
        var options = new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.For(0, all.Length, options, c => found[c] = Likeness.Between(Thumb(all[c].A), Thumb(all[c].B)));
        return all.Select((pair, c) => new Pair(places[pair.A], places[pair.B], false, found[c]));

        // Two threads may make the same one: it is the same.
        Likeness Thumb(int i) => Volatile.Read(ref thumbs[i]) ?? (thumbs[i] = new Likeness(facts[places[i]].Small.Span));
    }

    /// <summary>What to do about pairs: of each, one picture is kept.</summary>
    /// <param name="pairs">What was found.</param>
    /// <param name="pictures">All pictures.</param>
    /// <param name="facts">Of all pictures.</param>
    /// <param name="sameFile">Whether two files have the same bytes.</param>
    public static IEnumerable<AuditFinding> Findings(IReadOnlyList<Pair> pairs, IReadOnlyList<AuditedPicture> pictures, IReadOnlyList<PictureFacts> facts,
        Func<int, int, bool> sameFile)
    {
        foreach (IGrouping<int, (Pair Pair, int Gone, int Kept)> gone in pairs.Select(Choose).GroupBy(p => p.Gone).OrderBy(g => g.Key))
        {
            (Pair pair, int picture, int kept) = gone.OrderByDescending(p => p.Pair.Exact).ThenByDescending(p => pictures[p.Kept].Part)
                .ThenByDescending(p => p.Pair.Agreement.Score).ThenBy(p => p.Kept).First();
            (AuditedPicture own, AuditedPicture other) = (pictures[picture], pictures[kept]);
            bool leak = own.Part != other.Part, disagree = own.Said != other.Said;
            string same = pair.Exact ? sameFile(picture, kept) ? "the same file as" : "the same pixels as"
                : pair.Agreement.Mirrored ? "shows the mirror image of" : "shows the same picture as";
            string why = $"{same} {other.File}{(leak ? $", which is in {other.PartName}" : "")}{(disagree ? $" and is labeled {other.Said}" : "")}";
            AuditSuggestion what = disagree ? AuditSuggestion.Look : pair.Exact || leak ? AuditSuggestion.Drop : AuditSuggestion.Keep;
            yield return new(picture, pair.Exact ? AuditProblem.Duplicate : AuditProblem.NearDuplicate, what, pair.Exact ? 1 : pair.Agreement.Score, why)
            {
                Other = kept,
                Leak = leak,
            };
        }

        // What is measured stays as it is; of pictures in one part the larger one, or the first.
        (Pair Pair, int Gone, int Kept) Choose(Pair pair)
        {
            (AuditedPicture a, AuditedPicture b) = (pictures[pair.First], pictures[pair.Second]);
            bool second = a.Part != b.Part ? b.Part > a.Part : Pixels(facts[pair.Second]) > Pixels(facts[pair.First]);
            return second ? (pair, pair.First, pair.Second) : (pair, pair.Second, pair.First);
        }

        static long Pixels(PictureFacts facts) => (long)facts.Width * facts.Height;
    }
}
