using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Makes the optimiser that a recipe names.</summary>
internal static class Optimizers
{
    /// <summary>One group of the optimiser for each rate.</summary>
    public static optim.Optimizer Create(Recipe recipe, IReadOnlyList<(IReadOnlyList<Parameter> Parameters, double RateFactor)> groups) => recipe.Optimizer switch
    {
        "adam" => optim.Adam([.. groups.Select(g => new Adam.ParamGroup(g.Parameters, recipe.LearningRate, weight_decay: recipe.WeightDecay))], recipe.LearningRate, weight_decay: recipe.WeightDecay),
        "adamw" => optim.AdamW([.. groups.Select(g => new AdamW.ParamGroup(g.Parameters, recipe.LearningRate, weight_decay: recipe.WeightDecay))], recipe.LearningRate, weight_decay: recipe.WeightDecay),
        "rmsprop" => optim.RMSProp(
            [.. groups.Select(g => new RMSProp.ParamGroup(g.Parameters, recipe.LearningRate, weight_decay: recipe.WeightDecay, momentum: recipe.Momentum))],
            recipe.LearningRate, weight_decay: recipe.WeightDecay, momentum: recipe.Momentum),
        _ => optim.SGD(
            [.. groups.Select(g => new SGD.ParamGroup(g.Parameters, recipe.LearningRate, recipe.Momentum, weight_decay: recipe.WeightDecay, nesterov: recipe.Nesterov))],
            recipe.LearningRate, recipe.Momentum, weight_decay: recipe.WeightDecay, nesterov: recipe.Nesterov),
    };

    /// <summary>Sets the rate of every group: the given one, times the group's factor.</summary>
    public static void SetLearningRate(optim.Optimizer optimizer, double rate, IReadOnlyList<double> factors)
    {
        foreach ((optim.ILearningRateController group, double factor) in optimizer.ParamGroups.Zip(factors))
        {
            group.LearningRate = rate * factor;
        }
    }
}
