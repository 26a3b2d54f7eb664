using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Statistics;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Finds out whether more training pictures would help: new heads on a frozen backbone, each trained on a part of those that there are.</summary>
public static class LearningCurves
{
    private const int Sizes = 5, Trainings = 5, MostSteps = 3_000, LeastPerClass = 2;

    /// <summary>
    /// Computes the features of all pictures once and trains heads on 1/16, 1/8, 1/4, 1/2 and all of them: each part drawn anew, classes in proportion, and
    /// as many steps for each size.
    /// </summary>
    /// <param name="pretrained">The trained model; it is not changed.</param>
    /// <param name="train">What to learn.</param>
    /// <param name="test">What to measure on.</param>
    /// <param name="options">Recipe, seed, preprocessing, how pictures are read.</param>
    /// <param name="progress">Hears of each training that has ended: how many, of how many.</param>
    /// <param name="cancel">Stops between two trainings.</param>
    /// <exception cref="ZooException">There are too few pictures for three sizes, or data and model do not fit.</exception>
    public static LearningCurve Measure(ResolvedModel pretrained, LabeledImages train, LabeledImages test, FineTuneOptions? options = null,
        IProgress<(int Done, int Of)>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(pretrained);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        pretrained.Info.RequireClasses("a learning curve");
        train.MustTeach();
        options ??= new();
        if (train.Targets is not null)
        {
            throw new UsageException($"{train.Name}: a learning curve is drawn for one class of several.");
        }

        int[] sizes = SizesOf(train);
        Imaging.Preprocessing preprocessing = options.Preprocessing ?? TransferLearning.PreprocessingFor(train, pretrained.Preprocessing);
        using ResolvedModel model = FineTuneModel.Copy(pretrained, train.Info.ClassNames, PredictionTask.Classes, preprocessing, options, []);
        if (options.Device is { } device)
        {
            model.Model.to(device);
        }

        using ImageTensors learned = Read(train), tested = Read(test.WithClasses(train.Info.ClassNames));
        HeadPath path = Path(model, train, preprocessing);
        var hits = new IReadOnlyList<bool>[sizes.Length][];
        Recipe recipe = options.Recipe ?? FineTuneOptions.HeadRecipe;
        int steps = Math.Min(MostSteps, recipe.Epochs * ((train.Count + recipe.BatchSize - 1) / recipe.BatchSize)), done = 0;
        for (int s = 0; s < sizes.Length; s++)
        {
            hits[s] = new IReadOnlyList<bool>[Trainings];
            for (int t = 0; t < Trainings; t++)
            {
                cancel.ThrowIfCancellationRequested();
                ulong seed = options.Seed + (ulong)(s * Trainings + t);
                hits[s][t] = Train(path, model, Part(train, sizes[s], seed), learned, tested, recipe, steps, seed, cancel);
                progress?.Report((++done, sizes.Length * Trainings));
            }
        }

        return LearningCurve.Of(sizes, hits, options.Seed);

        ImageTensors Read(LabeledImages data)
        {
            LoaderOptions loader = (options.Loader ?? new()) with { Device = options.Device };
            using IImageBatches images = ImageBatches.Open(data, preprocessing, null, loader);
            return Features.Before(model.Model, model.Model.Head, images, cancel: cancel);
        }
    }

    // Halves of halves, as long as each class has two pictures in them.
    private static int[] SizesOf(LabeledImages train)
    {
        int[] counts = [.. train.Labels.ToArray().GroupBy(label => label).Select(g => g.Count())];
        int least = counts.Min(), possible = 0;
        while (possible < Sizes && least >> possible >= LeastPerClass)
        {
            possible++;
        }

        return possible >= 3 ? [.. Enumerable.Range(0, possible).Select(i => train.Count >> (possible - 1 - i))]
            : throw new ZooException($"{train.Name}: a class has {least} picture{(least == 1 ? "" : "s")}, too few for a learning curve: "
                + $"{LeastPerClass * 4} or more of each are needed.");
    }

    private static HeadPath Path(ResolvedModel model, LabeledImages train, Imaging.Preprocessing p)
    {
        using DisposeScope scope = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model.Model);
        Device device = model.Model.parameters().FirstOrDefault()?.device ?? CPU;
        return HeadPath.Find(model.Model, TransferLearning.Find(model.Model, model.Model.Head), zeros([1, p.Channels, p.Height, p.Width], device: device))
            ?? throw new ZooException($"{model.Info.Name}: something other than a chain of layers lies behind its head, so {train.Name} can't be learned from "
                + "features.");
    }

    // As many of each class as its share of all, in a random order.
    private static int[] Part(LabeledImages train, int size, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, train.Count)];
        new SeededRandom(seed).Shuffle<int>(order);
        int[] labels = train.Labels.ToArray();
        double share = (double)size / train.Count;
        return [.. order.GroupBy(i => labels[i]).SelectMany(g => g.Take(Math.Max(LeastPerClass, (int)Math.Round(share * g.Count())))).Order()];
    }

    private static IReadOnlyList<bool> Train(HeadPath path, ResolvedModel model, int[] part, ImageTensors learned, ImageTensors tested, Recipe recipe,
        int steps, ulong seed, CancellationToken cancel)
    {
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed((long)seed);
        TransferLearning.ReplaceHead(model.Model, tested.ClassNames.Count);
        Tensor chosen = tensor([.. part.Select(i => (long)i)], device: learned.Inputs.device);
        using ImageTensors some = ImageTensors.FromTensors(learned.Inputs.index_select(0, chosen).DetachFromDisposeScope(),
            learned.Labels.index_select(0, chosen).DetachFromDisposeScope(), learned.ClassNames);
        int batch = Math.Min(recipe.BatchSize, part.Length), perEpoch = (part.Length + batch - 1) / batch;
        new Trainer(path, recipe with { BatchSize = batch, Epochs = (steps + perEpoch - 1) / perEpoch }, new TrainerOptions { Seed = seed, MaxSteps = steps })
            .Fit(some, null, null, cancel);
        return Evaluator.Evaluate(path, tested).Hits;
    }
}
