using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelZoo.Training;

// The JSON form: one object, keys in snake_case ("learning_rate"), defaults left out when written.
public sealed partial record Recipe
{
    private const string VariantsKey = "variants";
    private const string FamilyKey = "family";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        IgnoreReadOnlyProperties = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly Dictionary<string, System.Reflection.PropertyInfo> Properties = typeof(Recipe).GetProperties()
        .Where(p => p.CanWrite && p.GetMethod is { IsStatic: false })
        .ToDictionary(p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name), StringComparer.Ordinal);

    /// <summary>The keys of the JSON form.</summary>
    public static IReadOnlyCollection<string> Keys => Properties.Keys;

    /// <summary>
    /// Reads a recipe from its JSON form: <c>{"epochs": 10, "learning_rate": 0.05}</c>. Keys left out take their defaults; // comments are allowed.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="displayName">What error messages call it.</param>
    /// <exception cref="ZooException">The text is no JSON object, a key is unknown (the message gives the nearest), or a value has the wrong type or
    /// range.</exception>
    public static Recipe Parse(string json, string displayName)
    {
        using JsonDocument document = ReadDocument(json, displayName);
        return Readable(displayName, () => FromElement(document.RootElement, displayName));
    }

    /// <summary>
    /// Reads the recipe of one model from a recipe.json: an object with the recipe of the family under <c>"family"</c> and, under a model's name, what differs
    /// for that model, merged as a JSON merge patch (RFC 7396): null takes a key away. Without <c>"family"</c> only the models that are named have a recipe.
    /// A recipe may hold variants of itself, under their names the keys that differ: <c>"variants": {"quick": {"epochs": 12}}</c>.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="json">The text.</param>
    /// <param name="displayName">What error messages call it.</param>
    /// <param name="variant">One of the recipe's variants; null: the recipe itself.</param>
    /// <exception cref="ZooException">As for <see cref="Parse"/>, or the file has no recipe for that model or no such variant of it.</exception>
    public static Recipe ParseFor(string model, string json, string displayName, string? variant = null)
    {
        using JsonDocument document = ReadRecipes(json, displayName);
        return Readable(displayName, () => FromRecipes(document.RootElement, model, displayName, variant));
    }

    private static Recipe FromRecipes(JsonElement root, string model, string displayName, string? variant)
    {
        bool named = root.TryGetProperty(model, out JsonElement own);
        if (!root.TryGetProperty(FamilyKey, out JsonElement family))
        {
            return named
                ? FromElement(own, $"{displayName}, {model}", variant)
                : throw new ZooException($"{displayName}: has no recipe for '{model}'.{NearestName.Hint(model, root.EnumerateObject().Select(p => p.Name))}");
        }

        using JsonDocument merged = JsonDocument.Parse(named ? Merge(JsonNode.Parse(family.GetRawText()), own)!.ToJsonString() : family.GetRawText());
        return FromElement(merged.RootElement, $"{displayName}, {model}", variant);
    }

    /// <summary>Whether a recipe.json has a recipe for a model: its own, or the family's.</summary>
    /// <exception cref="ZooException">The text is no JSON object.</exception>
    public static bool Has(string model, string json, string displayName)
    {
        using JsonDocument document = ReadRecipes(json, displayName);
        return Readable(displayName, () => document.RootElement.TryGetProperty(FamilyKey, out _) || document.RootElement.TryGetProperty(model, out _));
    }

    /// <summary>The models that a recipe.json names: those with a recipe of their own, or with something that differs from the family's.</summary>
    /// <exception cref="ZooException">The text is no JSON object.</exception>
    public static IReadOnlyList<string> ModelsOf(string json, string displayName)
    {
        using JsonDocument document = ReadRecipes(json, displayName);
        return Readable<string[]>(displayName, () => [.. document.RootElement.EnumerateObject().Select(p => p.Name).Where(n => n != FamilyKey)]);
    }

    // Keys that are there twice in parts that are merged, and texts that are half a surrogate pair, show only where they are looked at.
    private static T Readable<T>(string displayName, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new ZooException($"{displayName}: {StrictJson.Reason(error)}. Correct it, or take the recipe that comes with the zoo.", error);
        }
    }

    private static JsonNode? Merge(JsonNode? target, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            return JsonNode.Parse(patch.GetRawText());
        }

        JsonObject merged = target as JsonObject ?? [];
        foreach (JsonProperty change in patch.EnumerateObject())
        {
            if (change.Value.ValueKind == JsonValueKind.Null)
            {
                merged.Remove(change.Name);
            }
            else
            {
                JsonNode? before = merged[change.Name];
                merged.Remove(change.Name); // a node has one parent
                merged[change.Name] = Merge(before, change.Value);
            }
        }

        return merged;
    }

    /// <summary>This recipe with one value replaced, as a flag does it: <c>With("learning_rate", "0.1")</c>.</summary>
    /// <exception cref="ZooException">The key is unknown or the value cannot be read or is out of range.</exception>
    public Recipe With(string key, string value) => With((key, value));

    /// <summary>
    /// The same for several values, checked together. Where the optimizer or the schedule is replaced, what only the old one could use is dropped: look ahead,
    /// milestones, warm-up.
    /// </summary>
    /// <exception cref="ZooException">A key is unknown or a value cannot be read or is out of range.</exception>
    public Recipe With(params IReadOnlyList<(string Key, string Value)> changes)
    {
        ArgumentNullException.ThrowIfNull(changes);
        Recipe changed = this with { };
        foreach ((string key, string value) in changes)
        {
            using JsonDocument document = JsonDocument.Parse(new JsonObject { [key] = ReadValue(key, value) }.ToJsonString());
            Fill(changed, document.RootElement, key);
        }

        HashSet<string> keys = [.. changes.Select(c => c.Key)];
        if (keys.Contains("optimizer") && !keys.Contains("nesterov") && changed.Optimizer != "sgd")
        {
            changed = changed with { Nesterov = false };
        }

        if (keys.Contains("learning_rate") && !keys.Contains("find_learning_rate"))
        {
            changed = changed with { FindLearningRate = false };
        }

        if (keys.Contains("schedule"))
        {
            changed = changed with
            {
                Milestones = changed.Schedule == "multistep" || keys.Contains("milestones") ? changed.Milestones : StepList.Empty,
                WarmupEpochs = changed.Schedule == "onecycle" && !keys.Contains("warmup_epochs") ? 0 : changed.WarmupEpochs,
                WarmupSteps = changed.Schedule == "onecycle" && !keys.Contains("warmup_steps") ? 0 : changed.WarmupSteps,
            };
        }

        return changed.Validate(changes.Count == 1 ? changes[0].Key : "recipe");
    }

    private static JsonNode? ReadValue(string key, string value)
    {
        Type? type = Properties.TryGetValue(key, out var property) ? property.PropertyType : null;
        try
        {
            return type == typeof(string) || (type == typeof(ClassWeights) && !value.StartsWith('{'))
                ? JsonValue.Create(value)
                : JsonNode.Parse(type == typeof(StepList) && !value.StartsWith('[') ? $"[{value}]" : value);
        }
        catch (JsonException)
        {
            throw new ZooException($"{key}: '{value}' is not a value of a recipe.");
        }
    }

    /// <summary>The JSON form, on one line, every key written: a checkpoint keeps it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private static JsonDocument ReadRecipes(string json, string displayName)
    {
        JsonDocument document = ReadDocument(json, displayName);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        throw new ZooException($"{displayName}: is not a JSON object with a recipe for each model.");
    }

    private static JsonDocument ReadDocument(string json, string displayName)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        }
        catch (JsonException error)
        {
            throw new ZooException($"{displayName}: is not valid JSON ({error.Message})", error);
        }
    }

    private static Recipe FromElement(JsonElement element, string displayName, string? variant = null)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new ZooException($"{displayName}: a recipe is a JSON object, not {element.ValueKind.ToString().ToLowerInvariant()}.");
        }

        var recipe = new Recipe();
        Fill(recipe, element, displayName);
        if (variant is null)
        {
            return recipe.Validate(displayName);
        }

        string[] known = element.TryGetProperty(VariantsKey, out JsonElement variants) ? [.. variants.EnumerateObject().Select(v => v.Name)] : [];
        if (!known.Contains(variant))
        {
            throw new ZooException($"{displayName}: has no variant '{variant}'.{NearestName.Hint(variant, known)} "
                + (known.Length == 0 ? "It has none." : $"It has {string.Join(", ", known)}."));
        }

        Fill(recipe, variants.GetProperty(variant), $"{displayName}, {variant}");
        return recipe.Validate($"{displayName}, {variant}");
    }

    private static void Fill(Recipe recipe, JsonElement element, string displayName)
    {
        HashSet<string> seen = [];
        foreach (JsonProperty entry in element.EnumerateObject())
        {
            if (entry.Name == VariantsKey && entry.Value.ValueKind == JsonValueKind.Object)
            {
                continue;
            }

            if (!Properties.TryGetValue(entry.Name, out var property))
            {
                throw new ZooException($"{displayName}: unknown key '{entry.Name}'.{NearestName.Hint(entry.Name, Keys)} Known keys are "
                    + $"{string.Join(", ", Keys)}.");
            }

            if (!seen.Add(entry.Name))
            {
                throw new ZooException($"{displayName}: the key '{entry.Name}' appears twice.");
            }

            try
            {
                property.SetValue(recipe, entry.Value.Deserialize(property.PropertyType) ?? throw new JsonException());
            }
            catch (ZooException error)
            {
                throw new ZooException($"{displayName}: {error.Message}", error);
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException)
            {
                throw new ZooException($"{displayName}: {entry.Name} is {entry.Value.GetRawText()}; it must be {Described(property.PropertyType)}.");
            }
        }
    }

    private static string Described(Type type) =>
        type == typeof(StepList)
            ? "a list of whole numbers"
            : type == typeof(int) || type == typeof(int?)
            ? "a whole number"
            : type == typeof(bool)
            ? "true or false"
            : type == typeof(string)
            ? "a text in quotes"
            : type == typeof(ClassWeights)
            ? $"one of {string.Join(", ", ClassWeights.Rules)}, or a number for each class"
            : "a number";
}
