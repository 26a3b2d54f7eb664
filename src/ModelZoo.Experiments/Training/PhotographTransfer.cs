using System.Diagnostics;
using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Plots;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;
using TorchSharp;
using static ModelZoo.Plots.Markup;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Training;

/// <summary>How large an experiment on photographs is.</summary>
/// <param name="Side">Rows and columns of the pictures that the network from scratch gets, in pixels; the trained one gets what its weights ask for.</param>
/// <param name="Epochs">Of the network from scratch.</param>
/// <param name="HeadEpochs">Of the new head.</param>
public sealed record PhotographSize(int Side, int Epochs, int HeadEpochs);

/// <summary>Transfer learning on photographs: a new head on weights from ImageNet, against a network of the same kind from scratch.</summary>
/// <param name="pretrained">The trained network, with its weights; null for the one that <c>zoo finetune</c> takes.</param>
/// <param name="scratch">The network from scratch.</param>
/// <param name="size">Another size than the preset's.</param>
public sealed class PhotographTransfer(string? pretrained = null, string scratch = "resnet18", PhotographSize? size = null)
    : Experiment(new("transfer-photographs", ExperimentGroup.Training, "Transfer learning on photographs")
    {
        Claim = "On photographs, fitting a network that was trained on ImageNet is two to three times faster than training from scratch, and better where "
            + "pictures are few.",
        Source = "The lecture, “transfer learning”",
        Runs = "On 10, 20, 50 and 100 % of a folder's pictures: a new head on the ResNet-18 that zoo pull resnet18_cntk fetches, and a ResNet-18 from scratch",
        UsesData = true,
        NeedsFolder = true,
        Seeded = true,
    })
{
    private static readonly int[] Percents = [10, 20, 50, 100];

    private static readonly (string Name, string Label)[] Strategies = [("scratch", "from scratch"), ("head", "new head on trained weights")];

    /// <summary>What is trained, with names that can stand in file names.</summary>
    public static IReadOnlyList<string> Variants => [.. Strategies.SelectMany(s => Percents.Select(p => Case(s.Name, p)))];

    /// <summary>When the verdict is "reproduced".</summary>
    public static string Rule => "on 10 % of the pictures the fitted network errs less than the one from scratch, and on all of them it comes to the test "
        + "error that every run from scratch comes to (the worst of their last ones) in at most half of the time, reading the pictures and computing features "
        + "included.";

    private string Pretrained { get; } = pretrained ?? "resnet18_cntk:imagenet";

    /// <inheritdoc/>
    public override ExperimentResult Run(ExperimentContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Data.Name != "folder")
        {
            throw new UsageException($"{Name} needs photographs: --data folder:<path>, a folder for each class.");
        }

        PhotographSize chosen = size ?? context.Choose(new PhotographSize(96, 20, 25), new PhotographSize(224, 90, 25));
        var train = (LabeledFiles)context.Data.Open(DataSplit.Train);
        train.MustTeach();
        LabeledImages test = context.Data.Open(DataSplit.Val).WithClasses(train.Info.ClassNames);
        using ResolvedModel trained = ModelResolver.Resolve(Catalog.Models, Pretrained, Catalog.ReadResource);
        IReadOnlyList<IReadOnlyList<Measured>> runs = context.OverSeeds(Variants, (variant, seed) =>
        {
            using DisposeScope scope = NewDisposeScope();
            manual_seed(seed);
            string[] parts = variant.Split('-');
            LabeledFiles some = Share(train, int.Parse(parts[1], CultureInfo.InvariantCulture), seed);
            return parts[0] == "head" ? Head(context, trained, some, test, chosen, seed) : Scratch(context, some, test, chosen, seed);
        });
        ExperimentResult result = Judge(new RunTable(Variants.Zip(runs).ToDictionary(r => r.First, r => r.Second)));
        string used = $"{context.Data}: {train.Count:N0} photographs to train, {test.Count:N0} to test";
        return result with
        {
            Seeds = [.. context.Seeds],
            DataUsed = used,
            Notes = [$"Rule, fixed before the run: {Rule} A difference counts where its mean over the seeds is more than twice its standard error.",
                .. result.Notes,
                $"The size limits the claim: {used}; {chosen.Epochs} epochs of {scratch} from scratch at {chosen.Side}×{chosen.Side} pixels, which is quicker "
                    + $"than at the {trained.Preprocessing.Height}×{trained.Preprocessing.Width} of the trained network; "
                    + $"{chosen.HeadEpochs} epochs of its head."],
        };
    }

    /// <summary>The verdict on what came of the runs, with effect, figures and notes.</summary>
    public static ExperimentResult Judge(RunTable runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        static double Error(Measured m) => m.TestError;
        (string scratch, string head) = (Case("scratch", 100), Case("head", 100));
        double goal = runs.Each(scratch, Error).Max();
        double Seconds(Measured m) => (m.Epochs.FirstOrDefault(p => p.TestError <= goal) ?? m.Epochs[^1]).Seconds;
        SeedDifference few = runs.More(Case("scratch", 10), Case("head", 10), Error), all = runs.More(scratch, head, Error),
            time = runs.Ratio(scratch, head, Seconds);
        return new(SeedDifference.All(few.Above(), time.Above(1)), new(Math.Pow(2, time.Mean), "×",
            $"To {Number(goal)} % test error, training from scratch takes {time.Ratio} the time of fitting a new head; on 10 % of the pictures the head errs "
                + $"by {few.Text} percentage points less, on all by {all.Text}."))
        {
            Figures =
            [
                RunPlots.Over("Test error by share of the pictures", runs, new("pictures to train (%)", Logarithmic: true)
                {
                    Ticks = [.. Percents.Select(p => (double)p)],
                }, new("test error", "%") { From = 0 }, Error,
                    [.. Strategies.Select(s => (s.Label, (IReadOnlyList<(double, string)>)[.. Percents.Select(p => ((double)p, Case(s.Name, p)))]))]),
                new TableFigure("Test error (%), mean over the seeds", ["learning", .. Percents.Select(p => $">{p} %")],
                    [.. Strategies.Select(s => (IReadOnlyList<string>)[s.Label, .. Percents.Select(p => Number(runs.Mean(Case(s.Name, p), Error)))])]),
                RunPlots.Table($"On all pictures, to {Number(goal)} % test error", runs, [.. Strategies.Select(s => (Case(s.Name, 100), s.Label))],
                    ("time (s)", Seconds), ("whole training (s)", m => m.Seconds), ("last test error (%)", Error)),
            ],
            Notes =
            [
                "Each seed takes other pictures, the same share of every class, and measures on all pictures to test.",
                "Every share gets as many epochs, so that few pictures also mean few steps.",
                .. Strategies.Where(s => runs[Case(s.Name, 100)].Any(m => !m.Reaches(p => p.TestError, goal)))
                    .Select(s => $"{s.Label}: some run never gets there; it counts with its whole training."),
            ],
        };
    }

    /// <summary>So much of every class, at least one picture, chosen by the seed.</summary>
    public static LabeledFiles Share(LabeledFiles images, int percent, long seed)
    {
        int[] labels = images.Labels.ToArray();
        var random = new SeededRandom((ulong)seed);
        List<int> chosen = [];
        foreach (IGrouping<int, int> places in Enumerable.Range(0, labels.Length).GroupBy(i => labels[i]))
        {
            int[] order = [.. places];
            random.Shuffle(order);
            chosen.AddRange(order[..Math.Max(1, order.Length * percent / 100)]);
        }

        return images.Subset([.. chosen.Order()]);
    }

    private static Measured Head(ExperimentContext context, ResolvedModel trained, LabeledFiles train, LabeledImages test, PhotographSize size, long seed)
    {
        using FineTuneResult result = FineTuner.Run(trained, train, test, new FineTuneOptions
        {
            Recipe = FineTuneOptions.HeadRecipe with { Epochs = size.HeadEpochs },
            Seed = (ulong)seed,
            NewHead = true,
            Device = context.Device,
        }, cancel: context.Cancel);
        return Measure(context, result.Training, result.Preparation, train.Info.ClassNames.Count);
    }

    private Measured Scratch(ExperimentContext context, LabeledFiles train, LabeledImages test, PhotographSize size, long seed)
    {
        Preprocessing preprocessing = Preprocessing.ImageNet(size.Side, size.Side * 8 / 7);
        var recipe = new Recipe { Epochs = size.Epochs, BatchSize = 16, Optimizer = "adam", LearningRate = 1e-3, Schedule = "cosine", HorizontalFlip = 0.5f };
        long begun = Stopwatch.GetTimestamp();
        var loader = new LoaderOptions { Device = context.Device };
        using IImageBatches images = ImageBatches.Open(train, preprocessing, recipe, loader), measured = ImageBatches.Open(test, preprocessing, null, loader);
        TimeSpan reading = Stopwatch.GetElapsedTime(begun);
        int classes = train.Info.ClassNames.Count;
        using ZooModel model = Catalog.Models.Find(scratch).Create(new ModelOptions(classes, 3, size.Side, size.Side));
        TrainingResult result = new Trainer(model, recipe, new TrainerOptions { Seed = (ulong)seed, Device = context.Device })
            .Fit(images, measured, null, context.Cancel);
        return Measure(context, result, reading, classes);
    }

    private static Measured Measure(ExperimentContext context, TrainingResult result, TimeSpan before, int classes)
    {
        context.Cancel.ThrowIfCancellationRequested(); // an interrupted training is not kept
        double seconds = before.TotalSeconds;
        int perEpoch = result.Steps / result.Epochs.Count;
        return new Measured
        {
            Epochs = [.. result.Epochs.Select(e => new EpochPoint(e.Epoch, e.Epoch * perEpoch, e.Loss, 100 * (1 - e.TrainAccuracy),
                100 * (1 - e.TestAccuracy!.Value), seconds += e.Seconds))],
            PlannedSteps = result.Steps,
            Classes = classes,
            TestError = 100 * (1 - result.TestAccuracy!.Value),
        };
    }

    private static string Case(string strategy, int percent) => string.Create(CultureInfo.InvariantCulture, $"{strategy}-{percent}");
}
