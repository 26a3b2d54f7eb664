using ModelZoo.Training;

namespace ModelZoo.Experiments.Comparing;

/// <summary>A recipe stretched or shrunk to a budget: what happened at half of it still does.</summary>
internal static class BudgetRecipe
{
    /// <summary>Steps of a pass over so many images.</summary>
    public static int StepsPerEpoch(Recipe recipe, int images)
    {
        int batches = (images + recipe.BatchSize - 1) / recipe.BatchSize;
        return recipe.Optimizer == "gd" ? 1 : (batches + recipe.AccumulationSteps - 1) / recipe.AccumulationSteps;
    }

    /// <summary>The recipe with its epochs, and all that it counts in epochs or steps, in proportion; it does not end before the budget does.</summary>
    /// <param name="recipe">As it was designed.</param>
    /// <param name="epochs">Of the budget.</param>
    /// <param name="steps">Of the budget.</param>
    /// <param name="images">Of an epoch.</param>
    public static Recipe Over(Recipe recipe, int epochs, long steps, int images)
    {
        double byEpochs = (double)epochs / recipe.Epochs,
            bySteps = steps / (double)(recipe.MaxSteps > 0 ? recipe.MaxSteps : (long)recipe.Epochs * StepsPerEpoch(recipe, images));
        double unit = recipe.ScheduleUnit == "steps" ? bySteps : byEpochs;
        return (recipe with
        {
            Epochs = epochs,
            MaxSteps = 0,
            EarlyStopping = 0,
            StepSize = AtLeastOne(recipe.StepSize * unit),
            Milestones = new(recipe.Milestones.Select(m => AtLeastOne(m * unit)).Distinct()),
            WarmupEpochs = Math.Min(epochs, (int)Math.Round(recipe.WarmupEpochs * byEpochs)),
            WarmupSteps = (int)Math.Round(recipe.WarmupSteps * bySteps),
            PlateauPatience = AtLeastOne(recipe.PlateauPatience * byEpochs),
        }).Validate();
    }

    private static int AtLeastOne(double value) => (int)Math.Clamp(Math.Round(value), 1, int.MaxValue);
}
