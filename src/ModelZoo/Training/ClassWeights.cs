using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Training;

/// <summary>
/// How much each class counts in the loss, as the weight of PyTorch's CrossEntropyLoss: by a rule from how many examples each has, or by name. In JSON
/// <c>"balanced"</c> or <c>{"cat": 1, "dog": 2.5}</c>.
/// </summary>
[JsonConverter(typeof(Converter))]
public sealed class ClassWeights : IEquatable<ClassWeights>
{
    private readonly SortedDictionary<string, double> named;

    private ClassWeights(string rule, SortedDictionary<string, double> named) => (Rule, this.named) = (rule, named);

    /// <summary>
    /// The rules. Of K classes with n(c) of N examples: "none" 1; "balanced" N/(K·n(c)), as scikit-learn's; "inverse" the same divided so that the mean over
    /// the classes is 1, and "sqrt" its root likewise, half way to none. The loss of a batch is divided by the weights in it, so that only the proportions
    /// matter. Of several labels "balanced" is PyTorch's pos_weight (N − n)/n, "sqrt" its root.
    /// </summary>
    public static IReadOnlyList<string> Rules { get; } = ["none", "balanced", "inverse", "sqrt"];

    /// <summary>One of <see cref="Rules"/>; empty where the weights are given by name.</summary>
    public string Rule { get; }

    /// <summary>Whether every class counts alike.</summary>
    public bool IsNone => Rule == Rules[0];

    /// <summary>The weights that are given by name; none with a rule.</summary>
    public IReadOnlyDictionary<string, double> Named => named;

    /// <summary>A rule by its name.</summary>
    /// <exception cref="ZooException">There is none of that name.</exception>
    public static ClassWeights Of(string rule) => Rules.Contains(rule)
        ? new(rule, [])
        : throw new ZooException($"class_weights is '{rule}'.{NearestName.Hint(rule, Rules)} It must be one of {string.Join(", ", Rules)}, or a weight for "
            + "each class.");

    /// <summary>Weights by the names of classes.</summary>
    /// <exception cref="ZooException">There is none, or a weight is not a number above 0.</exception>
    public static ClassWeights Of(IReadOnlyDictionary<string, double> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        foreach ((string name, double weight) in weights)
        {
            if (weight is not (> 0 and < 1e9))
            {
                throw new ZooException(string.Create(CultureInfo.InvariantCulture, $"class_weights gives '{name}' the weight {weight}; it must be above 0."));
            }
        }

        return weights.Count > 0 ? new("", new(weights.ToDictionary(), StringComparer.Ordinal)) : throw new ZooException("class_weights names no class.");
    }

    /// <summary>The weights in the order of the classes.</summary>
    /// <param name="names">K classes, or labels.</param>
    /// <param name="counts">[K], how many examples have each.</param>
    /// <param name="examples">N.</param>
    /// <param name="several">Whether an example has several labels.</param>
    /// <exception cref="ZooException">A name is missing or none of the classes, or the rule is not for several labels.</exception>
    public double[] For(IReadOnlyList<string> names, IReadOnlyList<int> counts, int examples, bool several = false)
    {
        ArgumentNullException.ThrowIfNull(names);
        ArgumentNullException.ThrowIfNull(counts);
        if (Rule.Length == 0)
        {
            return ByName(names);
        }

        // What no example has cannot be learned: its weight has nothing to do.
        double[] shares = [.. counts.Select(n => n == 0 ? 1 : several ? (double)(examples - n) / n : (double)examples / n / names.Count)];
        return Rule switch
        {
            "none" => [.. names.Select(_ => 1.0)],
            "balanced" => [.. shares.Select(s => s == 0 ? 1 : s)],
            "inverse" when several => throw new ZooException("class_weights inverse is for one class an example; of several labels balanced weighs those that "
                + "are there against those that are not."),
            "inverse" => MeanOne(shares, counts),
            _ when several => [.. shares.Select(s => s == 0 ? 1 : Math.Sqrt(s))],
            _ => MeanOne([.. shares.Select(Math.Sqrt)], counts),
        };
    }

    /// <inheritdoc/>
    public bool Equals(ClassWeights? other) => other is not null && Rule == other.Rule && named.SequenceEqual(other.named);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ClassWeights);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rule, named.Count);

    /// <summary>The JSON form; of a rule its name alone.</summary>
    public override string ToString() => Rule.Length > 0 ? Rule : JsonSerializer.Serialize(named, Plain);

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static double[] MeanOne(double[] weights, IReadOnlyList<int> counts)
    {
        double mean = weights.Where((_, c) => counts[c] > 0).DefaultIfEmpty(1).Average();
        return [.. weights.Select((w, c) => counts[c] > 0 ? w / mean : 1)];
    }

    private double[] ByName(IReadOnlyList<string> names)
    {
        if (named.Keys.FirstOrDefault(name => !names.Contains(name)) is { } strange)
        {
            throw new ZooException($"class_weights names '{strange}', which is no class of the data.{NearestName.Hint(strange, names)} They are "
                + $"{string.Join(", ", names.Take(10))}{(names.Count > 10 ? $" and {names.Count - 10} more" : "")}.");
        }

        return names.FirstOrDefault(name => !named.ContainsKey(name)) is { } missing
            ? throw new ZooException($"class_weights has no weight for '{missing}'. Give one for every class; 1 leaves it as it is.")
            : [.. names.Select(name => named[name])];
    }

    internal sealed class Converter : JsonConverter<ClassWeights>
    {
        public override ClassWeights Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                return Of(reader.GetString()!);
            }

            // A name that is there twice would have two weights.
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            Dictionary<string, double> weights = new(StringComparer.Ordinal);
            foreach (JsonProperty entry in document.RootElement.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.Number || !weights.TryAdd(entry.Name, entry.Value.GetDouble()))
                {
                    throw new JsonException($"'{entry.Name}' needs one number");
                }
            }

            return Of(weights);
        }

        public override void Write(Utf8JsonWriter writer, ClassWeights value, JsonSerializerOptions options)
        {
            if (value.Rule.Length > 0)
            {
                writer.WriteStringValue(value.Rule);
                return;
            }

            writer.WriteStartObject();
            foreach ((string name, double weight) in value.named)
            {
                writer.WriteNumber(name, weight);
            }

            writer.WriteEndObject();
        }
    }
}
