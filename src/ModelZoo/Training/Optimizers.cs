using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>Makes the optimiser that a recipe names.</summary>
internal static class Optimizers
{
    public static optim.Optimizer Create(Recipe recipe, IReadOnlyList<Parameter> parameters) => recipe.Optimizer switch
    {
        "adam" => optim.Adam(parameters, recipe.LearningRate, weight_decay: recipe.WeightDecay),
        "adamw" => optim.AdamW(parameters, recipe.LearningRate, weight_decay: recipe.WeightDecay),
        "rmsprop" => optim.RMSProp(parameters, recipe.LearningRate, weight_decay: recipe.WeightDecay, momentum: recipe.Momentum),
        _ => optim.SGD(parameters, recipe.LearningRate, recipe.Momentum, weight_decay: recipe.WeightDecay, nesterov: recipe.Nesterov),
    };

    public static void SetLearningRate(optim.Optimizer optimizer, double rate)
    {
        foreach (optim.ILearningRateController group in optimizer.ParamGroups)
        {
            group.LearningRate = rate;
        }
    }
}
