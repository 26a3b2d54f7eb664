using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Training;

namespace ModelZoo.Cli;

/// <summary>A recipe as people read it: a line for each key that says something.</summary>
internal static class RecipeText
{
    // What every training has; the others are left out where they have their usual value.
    private static readonly string[] Always = ["epochs", "batch_size", "optimizer", "learning_rate", "schedule"];

    /// <summary>The lines of a recipe.</summary>
    internal static string Lines(Recipe recipe) => Lines(recipe.ToJson())!;

    /// <summary>The lines of a recipe's JSON form; null where a text is none.</summary>
    internal static string? Lines(string json)
    {
        try
        {
            if (JsonNode.Parse(json) is not JsonObject recipe || !recipe.ContainsKey(Always[0]))
            {
                return null;
            }

            var usual = (JsonObject)JsonNode.Parse(new Recipe().ToJson())!;
            IEnumerable<string> others = recipe.Select(p => p.Key).Where(key => !Always.Contains(key) && !JsonNode.DeepEquals(recipe[key], usual[key]));
            return string.Join('\n', Always.Where(recipe.ContainsKey).Concat(others)
                .Select(key => $"{key} {(recipe[key] is JsonArray list ? list.ToJsonString() : recipe[key])}"));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
