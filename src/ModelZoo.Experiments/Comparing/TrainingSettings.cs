using ModelZoo.Data;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;

namespace ModelZoo.Experiments.Comparing;

/// <summary>How every model of a comparison is trained.</summary>
public sealed record TrainingPlan
{
    /// <summary>What to learn.</summary>
    public required LabeledImages Train { get; init; }

    /// <summary>What to be measured on.</summary>
    public required LabeledImages Test { get; init; }

    /// <summary>How the data are named on the command line.</summary>
    public required string Source { get; init; }

    /// <summary>How long.</summary>
    public required Budget Budget { get; init; }

    /// <summary>One training of each model for each of them.</summary>
    public required IReadOnlyList<long> Seeds { get; init; }

    /// <summary>The recipe for all; null: each model's own.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>What the recipe is called: "resnet20's", a file's name.</summary>
    public string RecipeName { get; init; } = "";

    /// <summary>Whether every model can be trained, found out before anything else runs.</summary>
    internal void CheckRecipes(IReadOnlyList<ModelChoice> models)
    {
        foreach (ModelChoice model in models)
        {
            RecipeOf(model.Info);
        }
    }

    /// <summary>What a model is trained with, before the budget.</summary>
    internal Recipe RecipeOf(ModelInfo info)
    {
        info.RequireClasses("training in zoo compare");
        return Recipe ?? Catalog.TryRecipeOf(info)
            ?? throw new UsageException($"{info.Name} has no recipe of its own: give one for all with --recipe, a file or a model's name.");
    }

    /// <summary>What of it a reader should know.</summary>
    internal TrainingSettings Settings() =>
        new(Source, Train.Name, Train.Count, Test.Name, Test.Count, Train.Info.ClassNames.Count, Budget.ToString(), Budget.Describe(),
        Recipe is null ? "each model's own" : $"{RecipeName}: {Recipe.ToJson()}", Seeds);
}

/// <summary>What the models of a comparison were trained with.</summary>
/// <param name="Source">The data as on the command line.</param>
/// <param name="TrainData">The images to learn.</param>
/// <param name="TrainImages">How many.</param>
/// <param name="TestData">The images to be measured on.</param>
/// <param name="TestImages">How many.</param>
/// <param name="Classes">Of the data.</param>
/// <param name="Budget">As on the command line.</param>
/// <param name="BudgetInWords">For people.</param>
/// <param name="Recipe">Whose, and what it says.</param>
/// <param name="Seeds">Of each model.</param>
public sealed record TrainingSettings(
    string Source, string TrainData, int TrainImages, string TestData, int TestImages, int Classes, string Budget, string BudgetInWords, string Recipe,
        IReadOnlyList<long> Seeds);
