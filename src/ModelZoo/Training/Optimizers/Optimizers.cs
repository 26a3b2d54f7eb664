namespace ModelZoo.Training;

/// <summary>Makes the optimiser that a recipe names.</summary>
internal static class Optimizers
{
    public static ParameterOptimizer Create(Recipe recipe) => recipe.Optimizer switch
    {
        "adam" or "adamw" => new AdamRule(recipe),
        "rmsprop" => new RmsPropRule(recipe),
        _ => new SgdRule(recipe),
    };
}
