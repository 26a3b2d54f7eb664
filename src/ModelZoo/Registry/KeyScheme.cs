using System.Diagnostics.CodeAnalysis;

namespace ModelZoo.Registry;

/// <summary>How others name the layers of an architecture: a table from their names to the model's.</summary>
/// <param name="Origin">Whose names they are, for people: "timm", "Hugging Face".</param>
/// <param name="Layers">Their name of a layer ("conv_stem") → the model's ("features.0.0"). Layers that are called the same need no row.</param>
public sealed record KeyScheme(string Origin, IReadOnlyDictionary<string, string> Layers)
{
    /// <summary>
    /// Where that network computes something else with the same weights: what, as the end of the sentence "it …" ("pads as TensorFlow does"). Null where it is
    /// the same network.
    /// </summary>
    public string? Difference { get; init; }

    /// <summary>Makes a table of pairs; a layer that is there twice is an error.</summary>
    public static KeyScheme Of(string origin, IEnumerable<(string Theirs, string Ours)> layers)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new(origin, layers.ToDictionary(l => l.Theirs, l => l.Ours, StringComparer.Ordinal));
    }

    /// <summary>The model's key for one of theirs: "conv_stem.weight" → "features.0.0.weight".</summary>
    /// <returns>Whether the table has its layer.</returns>
    public bool TryRename(string key, [NotNullWhen(true)] out string? renamed)
    {
        ArgumentNullException.ThrowIfNull(key);
        int end = key.LastIndexOf('.');
        renamed = end > 0 && Layers.TryGetValue(key[..end], out string? layer) ? layer + key[end..] : null;
        return renamed is not null;
    }
}
