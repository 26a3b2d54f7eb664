using System.Diagnostics;
using ModelZoo.Data;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Suites;

/// <summary>Measures and trains one network of a suite.</summary>
internal sealed class SuiteTraining : IDisposable
{
    private const int CurvePoints = 5, FewestSteps = 5, MostSteps = 400;
    private const double MostCostSeconds = 1, ShareOfBudget = 0.1;

    private readonly Suite suite;
    private readonly SuiteSettings settings;
    private readonly CancellationToken cancel;
    private readonly int classes;
    private readonly IImageBatches train, choice, test, curve;

    /// <param name="suite">Which.</param>
    /// <param name="settings">How.</param>
    /// <param name="data">Pictures to learn from, of which the last ones choose the rate, and to be measured on.</param>
    /// <param name="cancel">Ends it.</param>
    public SuiteTraining(Suite suite, SuiteSettings settings, (ImageDataset Train, ImageDataset Test) data, CancellationToken cancel)
    {
        (this.suite, this.settings, this.cancel, classes) = (suite, settings, cancel, data.Train.Info.ClassNames.Count);
        int[] order = data.Train.ShuffledOrder(0);
        train = Open(data.Train.Subset(order.AsSpan(0, settings.TrainImages)), settings.RecipeOf(settings.Rates[0], 1));
        choice = Open(data.Train.Subset(order.AsSpan(settings.TrainImages, settings.ChoiceImages)), null);
        int[] tested = data.Test.ShuffledOrder(0);
        test = Open(data.Test.Subset(tested.AsSpan(0, settings.TestImages)), null);
        curve = Open(data.Test.Subset(tested.AsSpan(0, settings.CurveImages)), null);

        IImageBatches Open(ImageDataset images, Recipe? recipe) => ImageBatches.Open(images, suite.Preprocessing, recipe);
    }

    /// <summary>What each network takes, all by turns.</summary>
    /// <param name="rounds">Turns that count.</param>
    /// <param name="say">Takes a line about each.</param>
    public IReadOnlyList<SuiteCost> Costs(int rounds, Action<string> say)
    {
        var meter = new ModelMeter(1, CPU);
        IReadOnlyList<IReadOnlyList<(double Step, double Picture)>> turns = InterleavedRounds.Run(suite.Networks.Count, rounds, (i, round) =>
        {
            cancel.ThrowIfCancellationRequested();
            say($"time {suite.Networks[i].Model}, round {round} of {rounds}");
            return (StepSeconds(suite.Networks[i]), meter.Measure(Choice(suite.Networks[i]), memory: false).ForwardSeconds);
        });
        return [.. suite.Networks.Select((network, i) =>
        {
            ModelProfile profile = ModelProfile.Of(Choice(network).Info, Choice(network).Options);
            return new SuiteCost(profile.Parameters, profile.Macs, turns[i].Skip(1).Min(t => t.Step),
                1000 * new Spread([.. turns[i].Skip(1).Select(t => t.Picture)]).Median);
        })];
    }

    /// <summary>One short training for each rate.</summary>
    public SuiteSearch Search(SuiteNetwork network, SuiteCost cost) => new([.. settings.Rates.Select(rate =>
    {
        using ZooModel model = Fresh(network, seed: 0);
        int steps = StepsOf(settings.SearchSeconds, cost);
        return new SuiteTrial(rate, Fit(model, rate, steps, 0, null) is null ? Evaluator.Evaluate(model, choice, channelsLast: true).Accuracy : 0);
    })]);

    /// <summary>A training that counts.</summary>
    public SuiteRun Run(SuiteNetwork network, SuiteCost cost, double rate, long seed)
    {
        using ZooModel model = Fresh(network, seed);
        int steps = StepsOf(settings.BudgetSeconds, cost);
        var watch = new ProcessorWatch(steps, CurvePoints, () => Evaluator.Evaluate(model, curve, channelsLast: true).Accuracy);
        string? problem = Fit(model, rate, steps, seed, watch);
        long pictures = watch.Pictures(settings.TrainImages, settings.Batch);
        return problem is null
            ? new(seed, steps, pictures, watch.Seconds, Evaluator.Evaluate(model, test, channelsLast: true).Accuracy, watch.Points)
            : new(seed, steps, pictures, watch.Seconds, 0, watch.Points) { Problem = problem };
    }

    public void Dispose()
    {
        train.Dispose();
        choice.Dispose();
        test.Dispose();
        curve.Dispose();
    }

    private static int StepsOf(double seconds, SuiteCost cost) => (int)Math.Clamp(seconds / cost.StepSeconds, FewestSteps, int.MaxValue);

    /// <returns>Why it ended early, or null.</returns>
    private string? Fit(ZooModel model, double rate, int steps, long seed, IProgress<TrainingProgress>? watch)
    {
        cancel.ThrowIfCancellationRequested();
        try
        {
            new Trainer(model, settings.RecipeOf(rate, steps), new TrainerOptions { Seed = (ulong)seed, MaxSteps = steps }).Fit(train, null, watch, cancel);
            cancel.ThrowIfCancellationRequested();
            return null;
        }
        catch (NotFiniteException diverged)
        {
            return diverged.Message;
        }
    }

    private double StepSeconds(SuiteNetwork network)
    {
        using ZooModel model = Fresh(network, seed: 0);
        double first = Took(3); // what happens once makes it dearer than it is: the real turn is only shorter for that
        int steps = (int)Math.Clamp(Math.Min(MostCostSeconds, ShareOfBudget * settings.BudgetSeconds) / first, FewestSteps, MostSteps);
        return Took(steps);

        double Took(int count)
        {
            TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
            Fit(model, settings.Rates[0], count, 0, null);
            return (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds / count;
        }
    }

    private ModelChoice Choice(SuiteNetwork network)
    {
        ModelInfo info = Catalog.Models.Find(network.Model);
        return new(network.Model, info, new ModelOptions(classes, suite.Preprocessing.Channels, suite.Preprocessing.Height, suite.Preprocessing.Width));
    }

    private ZooModel Fresh(SuiteNetwork network, long seed)
    {
        manual_seed(seed);
        ModelChoice choice = Choice(network);
        return choice.Info.Create(choice.Options);
    }
}

/// <summary>Follows a training by the processor's time, which a busy machine does not lengthen; tests on the way are left out.</summary>
/// <param name="steps">Of the training.</param>
/// <param name="points">Of the curve.</param>
/// <param name="measure">The accuracy on the way.</param>
internal sealed class ProcessorWatch(int steps, int points, Func<double> measure) : IProgress<TrainingProgress>
{
    private readonly List<SuitePoint> curve = [];
    private readonly TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
    private TimeSpan tests;
    private int taken, place = 1;

    public IReadOnlyList<SuitePoint> Points => curve;

    /// <summary>Of training, until the last report.</summary>
    public double Seconds { get; private set; }

    public void Report(TrainingProgress value)
    {
        TimeSpan now = Process.GetCurrentProcess().TotalProcessorTime;
        Seconds = (now - start - tests).TotalSeconds;
        taken = Math.Min(steps, ((value.Epoch - 1) * value.Steps) + value.Step);
        if (place > points || taken < Mark(place))
        {
            return;
        }

        curve.Add(new(Seconds, value.Loss, measure()));
        while (Mark(place) <= taken)
        {
            place++;
        }

        tests += Process.GetCurrentProcess().TotalProcessorTime - now;
    }

    // The step after which the curve has its point.
    private int Mark(int which) => (int)Math.Max(which, (long)which * steps / points);

    /// <summary>How many pictures the steps so far have seen.</summary>
    public long Pictures(int images, int batch)
    {
        long perPass = (images + batch - 1) / batch;
        return (taken / perPass * images) + (taken % perPass * batch);
    }
}
