using System.Globalization;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Experiments.Selecting;

/// <summary>Trains architectures anew, on the same folds as the pretrained networks and as long as these took.</summary>
internal sealed class ScratchTrials(SelectionRequest request, TrialRunner runner)
{
    /// <summary>What a network that is trained anew is called.</summary>
    public static string NameOf(string architecture) => $"{architecture} from scratch";

    /// <summary>Why an architecture cannot be trained anew; null where it can.</summary>
    public string? WhyNot(string architecture) =>
        !Catalog.Models.TryFind(architecture, out ModelInfo? info) ? "it is no network of the catalog"
        : request.Recipe is null && Catalog.TryRecipeOf(info) is null ? "it has no recipe of its own (give one for all with --recipe)"
        : null;

    /// <summary>Trains one, a fold after the other.</summary>
    /// <param name="architecture">Its name in the catalog.</param>
    /// <param name="like">What its pretrained network took.</param>
    /// <param name="done">Hears of each fold.</param>
    /// <returns>Null where a training failed, which is said.</returns>
    public NetworkTrial? Run(string architecture, NetworkTrial like, Action done)
    {
        ModelInfo info = Catalog.Models.Find(architecture);
        string name = NameOf(architecture), budget = request.Budget?.ToString() ?? "as long";
        try
        {
            return runner.Keep(name, $"{budget} {(request.Recipe ?? Catalog.RecipeOf(info)).ToJson()}", () => Train(info, name, like, done));
        }
        catch (NotFiniteException problem)
        {
            request.Say($"{name} is left out: {problem.Message}");
            return null;
        }
    }

    private NetworkTrial Train(ModelInfo info, string name, NetworkTrial like, Action done)
    {
        Budget budget = request.Budget ?? new Budget(TimeSpan.FromSeconds(Math.Max(1, (like.FeatureSeconds ?? 0) + like.TrainingSeconds)), null);
        ModelOptions options = info.Defaults with { NumClasses = request.Data.Info.ClassNames.Count };
        var loader = new LoaderOptions { Device = request.Device };
        (Recipe Recipe, int? Steps)? fitted = null;
        string said = string.Create(CultureInfo.InvariantCulture, $"{budget.Describe()} for each of {request.Folds} folds");
        CrossValidationResult result = CrossValidation.Run(request.Data, request.Folds, request.Seed, part =>
        {
            ulong seed = request.Seed + (ulong)part.Fold;
            var plan = new TrainingPlan
            {
                Train = part.Learned,
                Test = part.Tested,
                Source = request.Source,
                Budget = budget,
                Seeds = [(long)seed],
                Recipe = request.Recipe,
            };
            fitted ??= new BudgetTraining(plan, request.Device, request.Say, request.Cancel).Fit(new ModelChoice(info.Name, info, options));
            using ResolvedModel fresh = ModelResolver.Resolve(Catalog.Models, info.Name, Catalog.ReadResource, options: options, seed: seed);
            Preprocessing preprocessing = TransferLearning.PreprocessingFor(request.Data, fresh.Preprocessing);
            using IImageBatches images = ImageBatches.Open(part.Learned, preprocessing, fitted.Value.Recipe, loader);
            TrainingResult trained = new Trainer(fresh.Model, fitted.Value.Recipe, new TrainerOptions
            {
                Seed = seed,
                Device = request.Device,
                MaxSteps = fitted.Value.Steps,
                MaxMemory = request.MaxMemory,
                TimeLimit = budget.Time is { } time ? (2 * time) + TimeSpan.FromSeconds(30) : null, // a machine that became much slower
            }).Fit(images, null, null, request.Cancel);
            return new(trained, trained.Canceled ? [] : CrossValidation.Test(fresh.Model, part.Tested, preprocessing, loader));
        }, _ => done(), request.Cancel);
        using ResolvedModel counted = ModelResolver.Resolve(Catalog.Models, info.Name, Catalog.ReadResource, options: options);
        NetworkTrial trial = NetworkTrials.Counted(runner.Of(result), counted, request.Data);
        request.Say($"{name}: {runner.Described(trial)}, {said}");
        return trial;
    }
}
