using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Training.Runs;

/// <summary>Another number of epochs for a run that is gone on with.</summary>
internal static class RunLength
{
    /// <summary>Of a recipe.</summary>
    public const string EpochsKey = "epochs";

    private const string RecipeKey = "recipe", StepsKey = "steps";

    /// <summary>Whether a run differs from what its state says in nothing but the number of epochs.</summary>
    /// <exception cref="JsonException">The recipe of the state cannot be read.</exception>
    public static bool Differs(Dictionary<string, string> saved, IReadOnlyDictionary<string, string> now)
    {
        string[] differing = [.. saved.Keys.Union(now.Keys).Where(key => saved.GetValueOrDefault(key) != now.GetValueOrDefault(key))];
        return differing.Contains(RecipeKey) && differing.All(key => key is RecipeKey or StepsKey) && saved.ContainsKey(RecipeKey)
            && JsonNode.DeepEquals(WithoutEpochs(saved[RecipeKey]), WithoutEpochs(now[RecipeKey]));
    }

    /// <summary>Refuses what would be another training than one that was begun with so many epochs.</summary>
    /// <exception cref="ZooException">The schedule depends on the length, or the run is over for another reason.</exception>
    public static void MustAllow(string name, RunState state, Dictionary<string, string> saved, Recipe recipe)
    {
        int before = (int?)JsonNode.Parse(saved[RecipeKey])?[EpochsKey] ?? new Recipe().Epochs;
        string? why = recipe.Schedule is "cosine" or "polynomial" or "onecycle"
                ? $"its schedule ({recipe.Schedule}) spreads the rates over the whole run, so that the steps that are done would have had other rates. Begin a "
                    + "new run with that many epochs, or train the weights on with `zoo finetune`"
            : state.Epoch > recipe.Epochs || (state.Epoch == recipe.Epochs && state.InEpoch) ? $"it is in epoch {state.Epoch} already"
            : state.StoppedEarly ? $"it stopped early after epoch {state.Epoch}, because nothing had got better for {recipe.EarlyStopping} epochs. Its best "
                + $"epoch is {state.BestEpoch}"
            : state.TargetReached ? $"it reached the accuracy that was asked for in epoch {state.Epoch}"
            : null;
        if (why is not null)
        {
            throw new ZooException($"{name}: the run was started with {before} epochs and cannot go on to {recipe.Epochs}: {why}.");
        }
    }

    /// <summary>Of what differs, what another number of epochs does not explain: that alone would be allowed, and is not to be blamed.</summary>
    /// <exception cref="JsonException">The recipe of the state cannot be read.</exception>
    public static string[] Beside(string[] differing, Dictionary<string, string> saved, IReadOnlyDictionary<string, string> now)
    {
        if (!saved.TryGetValue(RecipeKey, out string? was) || !now.TryGetValue(RecipeKey, out string? recipe)
            || JsonNode.DeepEquals(JsonNode.Parse(was)?[EpochsKey], JsonNode.Parse(recipe)?[EpochsKey]))
        {
            return differing;
        }

        bool same = JsonNode.DeepEquals(WithoutEpochs(was), WithoutEpochs(recipe));
        return [.. differing.Where(key => key != StepsKey && !(same && key == RecipeKey))];
    }

    private static JsonNode? WithoutEpochs(string recipe)
    {
        JsonNode? node = JsonNode.Parse(recipe);
        (node as JsonObject)?.Remove(EpochsKey);
        return node;
    }
}
