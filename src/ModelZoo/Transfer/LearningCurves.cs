using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Statistics;

namespace ModelZoo.Transfer;

/// <summary>Finds out whether more training pictures would help: new heads on a frozen backbone, each trained on a part of those that there are.</summary>
public static class LearningCurves
{
    private const int Sizes = 5, Trainings = 5, FoldTrainings = 3, LeastPerClass = 2;

    /// <summary>
    /// Computes the features of all pictures once and trains heads on 1/16, 1/8, 1/4, 1/2 and all of them: each part drawn anew, classes in proportion, and
    /// as many steps for each size.
    /// </summary>
    /// <param name="pretrained">The trained model; it is not changed.</param>
    /// <param name="train">What to learn.</param>
    /// <param name="test">What to measure on.</param>
    /// <param name="options">Recipe, seed, preprocessing, how pictures are read, where features are kept.</param>
    /// <param name="progress">Hears of each training that has ended: how many, of how many.</param>
    /// <param name="cancel">Stops between two trainings.</param>
    /// <exception cref="ZooException">There are too few pictures for three sizes, or data and model do not fit.</exception>
    public static LearningCurve Measure(ResolvedModel pretrained, LabeledImages train, LabeledImages test, FineTuneOptions? options = null,
        IProgress<(int Done, int Of)>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        (options, int[] sizes) = Prepare(pretrained, train, train.Count, options);
        using var heads = new HeadTrainings(pretrained, train, options, cancel);
        using ImageTensors learned = heads.Read(train), tested = heads.Read(test.WithClasses(train.Info.ClassNames));
        int[] all = [.. Enumerable.Range(0, learned.Count)];
        var hits = new IReadOnlyList<bool>[sizes.Length][];
        int done = 0;
        for (int s = 0; s < sizes.Length; s++)
        {
            hits[s] = new IReadOnlyList<bool>[Trainings];
            for (int t = 0; t < Trainings; t++)
            {
                ulong seed = options.Seed + (ulong)(s * Trainings + t);
                hits[s][t] = heads.Train(learned, all, sizes[s], tested, seed);
                progress?.Report((++done, sizes.Length * Trainings));
            }
        }

        return LearningCurve.Of(sizes, hits, options.Seed);
    }

    /// <summary>
    /// The same without pictures that are kept for a test: of each fold (<see cref="Folds.Stratified"/>) heads learn from parts of the other pictures and are
    /// tested on it, so that every picture is tested with every size. All is done three times, with other folds and parts.
    /// </summary>
    /// <param name="pretrained">The trained model; it is not changed.</param>
    /// <param name="data">What to learn and to measure on.</param>
    /// <param name="count">Folds.</param>
    /// <param name="options">As for a test set.</param>
    /// <param name="progress">Hears of each training that has ended: how many, of how many.</param>
    /// <param name="cancel">Stops between two trainings.</param>
    /// <exception cref="ZooException">There are too few pictures for three sizes, or data and model do not fit.</exception>
    public static LearningCurve MeasureFolds(ResolvedModel pretrained, LabeledImages data, int count, FineTuneOptions? options = null,
        IProgress<(int Done, int Of)>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        (options, int[] sizes) = Prepare(pretrained, data, data.Count - (data.Count + count - 1) / count, options);
        using var heads = new HeadTrainings(pretrained, data, options, cancel);
        using ImageTensors all = heads.Read(data);
        int[] labels = [.. all.ExampleLabels];
        bool[][][] hits = [.. sizes.Select(_ => Enumerable.Range(0, FoldTrainings).Select(_ => new bool[all.Count]).ToArray())];
        int done = 0;
        for (int t = 0; t < FoldTrainings; t++)
        {
            Folds folds = Folds.Stratified(labels, count, options.Seed + (ulong)t);
            for (int fold = 0; fold < count; fold++)
            {
                int[] learned = folds.Learned(fold), places = folds.Tested(fold);
                using ImageTensors tested = HeadTrainings.Part(all, places);
                for (int s = 0; s < sizes.Length; s++)
                {
                    ulong seed = options.Seed + (ulong)((t * count + fold) * sizes.Length + s);
                    IReadOnlyList<bool> right = heads.Train(all, learned, sizes[s], tested, seed);
                    for (int i = 0; i < places.Length; i++)
                    {
                        hits[s][t][places[i]] = right[i];
                    }

                    progress?.Report((++done, FoldTrainings * count * sizes.Length));
                }
            }
        }

        return LearningCurve.Of(sizes, hits, options.Seed);
    }

    private static (FineTuneOptions Options, int[] Sizes) Prepare(ResolvedModel pretrained, LabeledImages data, int learned, FineTuneOptions? options)
    {
        ArgumentNullException.ThrowIfNull(pretrained);
        pretrained.Info.RequireClasses("a learning curve");
        data.MustTeach();
        return data.Targets is null ? (options ?? new(), SizesOf(data, learned))
            : throw new UsageException($"{data.Name}: a learning curve is drawn for one class of several.");
    }

    // Halves of halves, as long as each class has two pictures in them.
    private static int[] SizesOf(LabeledImages data, int learned)
    {
        int[] counts = [.. data.Labels.ToArray().GroupBy(label => label).Select(g => g.Count())];
        int least = counts.Min(), possible = 0;
        while (possible < Sizes && (long)least * learned / data.Count >> possible >= LeastPerClass)
        {
            possible++;
        }

        return possible >= 3 ? [.. Enumerable.Range(0, possible).Select(i => learned >> (possible - 1 - i))]
            : throw new ZooException($"{data.Name}: a class has {least} picture{(least == 1 ? "" : "s")}, too few for a learning curve: "
                + $"{(LeastPerClass * 4 * data.Count + learned - 1) / learned} or more of each are needed.");
    }
}
