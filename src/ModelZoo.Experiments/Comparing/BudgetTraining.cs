using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Transfer;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Comparing;

/// <summary>Trains models from fresh weights, each with the same budget, data and seeds, by turns over the seeds.</summary>
internal sealed class BudgetTraining(TrainingPlan plan, Device device, Action<string> say, CancellationToken cancel)
{
    private const int CalibrationSteps = 12, MostTests = 25, MostEpochs = 100_000;

    public IReadOnlyList<TrainedModel> Over(IReadOnlyList<ModelChoice> models)
    {
        (Recipe Recipe, int? Steps)[] recipes = [.. models.Select(Fit)];
        List<SeedRun>[] runs = [.. models.Select(_ => new List<SeedRun>())];
        foreach (long seed in plan.Seeds)
        {
            for (int i = 0; i < models.Count; i++)
            {
                say($"train {models[i].Name}, seed {seed} ({runs.Sum(r => r.Count) + 1} of {models.Count * plan.Seeds.Count}): {plan.Budget.Describe()} on "
                    + $"{plan.Train.Name}");
                SeedRun run = One(models[i], recipes[i].Recipe, recipes[i].Steps, seed);
                runs[i].Add(run);
                say(run.Problem is { } problem
                    ? $"  {problem}"
                    : FormattableString.Invariant($"  test accuracy {100 * run.Points[^1].TestAccuracy:F2} %, {run.Points[^1].Seconds:F1} s of training, ")
                        + $"{run.Steps} steps");
            }
        }

        return [.. runs.Select((r, i) => new TrainedModel(recipes[i].Recipe.ToJson(), r))];
    }

    /// <summary>The recipe with as many epochs as the budget has: a schedule ends with it.</summary>
    internal (Recipe Recipe, int? Steps) Fit(ModelChoice model)
    {
        Recipe recipe = plan.RecipeOf(model.Info);
        int perEpoch = BudgetRecipe.StepsPerEpoch(recipe, plan.Train.Count);
        if (plan.Budget.Epochs is { } epochs)
        {
            return (BudgetRecipe.Over(recipe, epochs, epochs * (long)perEpoch, plan.Train.Count), null);
        }

        double perStep = SecondsPerStep(model, BudgetRecipe.Over(recipe, 1, perEpoch, plan.Train.Count));
        int steps = (int)Math.Clamp(plan.Budget.Time!.Value.TotalSeconds / perStep, 1, int.MaxValue);
        return (BudgetRecipe.Over(recipe, (int)Math.Clamp((steps + (long)perEpoch - 1) / perEpoch, 1, MostEpochs), steps, plan.Train.Count), steps);
    }

    private double SecondsPerStep(ModelChoice model, Recipe recipe)
    {
        say($"time steps of {model.Name}, to know how many fit into {plan.Budget.Describe()}");
        using ResolvedModel fresh = Fresh(model, plan.Seeds[0]);
        using IImageBatches images = Open(fresh, recipe);
        TimeSpan limit = plan.Budget.Time!.Value / 10;
        Run(1); // what happens once does not count
        TrainingResult timed = Run(CalibrationSteps);
        return Math.Max(1e-6, timed.Epochs.Sum(e => e.Seconds) / Math.Max(1, timed.Steps));

        TrainingResult Run(int steps)
        {
            cancel.ThrowIfCancellationRequested();
            return new Trainer(fresh.Model, recipe with { Epochs = 1000 },
                new TrainerOptions { Seed = (ulong)plan.Seeds[0], Device = device, MaxSteps = steps, TimeLimit = limit }).Fit(images, null, null, cancel);
        }
    }

    private SeedRun One(ModelChoice model, Recipe recipe, int? steps, long seed)
    {
        cancel.ThrowIfCancellationRequested();
        using ResolvedModel fresh = Fresh(model, seed);
        using IImageBatches train = Open(fresh, recipe),
            test = ImageBatches.Open(plan.Test, TransferLearning.PreprocessingFor(plan.Train, fresh.Preprocessing), null,
            new LoaderOptions { Device = device });
        var options = new TrainerOptions
        {
            Seed = (ulong)seed,
            Device = device,
            MaxSteps = steps,
            TimeLimit = plan.Budget.Time is { } time ? (2 * time) + TimeSpan.FromSeconds(30) : null, // a machine that became much slower
            TestEvery = Math.Max(1, recipe.Epochs / MostTests),
        };
        try
        {
            TrainingResult result = new Trainer(fresh.Model, recipe, options).Fit(train, test, null, cancel);
            cancel.ThrowIfCancellationRequested();
            return new(seed, result.Steps, result.Epochs.Sum(e => (long)e.Images), Points(result));
        }
        catch (NotFiniteException problem)
        {
            return new(seed, 0, 0, []) { Problem = problem.Message };
        }
    }

    private static CurvePoint[] Points(TrainingResult result)
    {
        double seconds = 0;
        return [.. result.Epochs.Select(e => (Epoch: e, Seconds: seconds += e.Seconds)).Where(e => e.Epoch.TestAccuracy is not null)
            .Select(e => new CurvePoint(e.Epoch.Epoch, e.Seconds, e.Epoch.Loss, e.Epoch.TrainAccuracy, e.Epoch.TestAccuracy!.Value))];
    }

    private ResolvedModel Fresh(ModelChoice model, long seed) => ModelResolver.Resolve(
        Catalog.Models, model.Info.Name, Catalog.ReadResource, options: model.Options with { NumClasses = plan.Train.Info.ClassNames.Count },
            seed: (ulong)seed);

    private IImageBatches Open(ResolvedModel fresh, Recipe recipe) =>
        ImageBatches.Open(plan.Train, TransferLearning.PreprocessingFor(plan.Train, fresh.Preprocessing), recipe, new LoaderOptions { Device = device });
}

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
