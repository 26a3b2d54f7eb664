using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Training;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>What a checkpoint says of its own making. No dates: the same work makes the same bytes.</summary>
public static class CheckpointOrigin
{
    /// <summary>Of a training that begins, on the thread that trains.</summary>
    /// <param name="train">What is learned from.</param>
    /// <param name="recipe">How.</param>
    /// <param name="seed">Of everything that is drawn at random.</param>
    public static SortedDictionary<string, string> Of(LabeledImages train, Recipe recipe, long seed)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(recipe);
        return new(StringComparer.Ordinal)
        {
            ["createdBy"] = $"ModelZoo {typeof(CheckpointOrigin).Assembly.GetName().Version?.ToString(3)}",
            ["data"] = train.Name,
            ["dataSource"] = train.Info.Source,
            ["dataLicense"] = train.Info.License,
            ["images"] = train.Count.ToString(CultureInfo.InvariantCulture),
            ["recipe"] = recipe.ToJson(),
            ["threads"] = get_num_threads().ToString(CultureInfo.InvariantCulture),
            ["seed"] = seed.ToString(CultureInfo.InvariantCulture),
        };
    }
}
