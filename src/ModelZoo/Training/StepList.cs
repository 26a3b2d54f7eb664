using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Training;

/// <summary>Numbers of epochs or steps, rising: [30, 60]. Two lists with the same numbers are equal.</summary>
[JsonConverter(typeof(Converter))]
public sealed class StepList : IReadOnlyList<int>, IEquatable<StepList>
{
    private readonly int[] steps;

    /// <param name="steps">In any order that <see cref="Recipe.Validate"/> accepts: rising.</param>
    public StepList(params IEnumerable<int> steps) => this.steps = [.. steps];

    /// <summary>No steps.</summary>
    public static StepList Empty { get; } = new();

    /// <inheritdoc/>
    public int Count => steps.Length;

    /// <inheritdoc/>
    public int this[int index] => steps[index];

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)steps).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(StepList? other) => other is not null && steps.AsSpan().SequenceEqual(other.steps);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as StepList);

    /// <inheritdoc/>
    public override int GetHashCode() => steps.Aggregate(steps.Length, HashCode.Combine);

    /// <summary>[30, 60].</summary>
    public override string ToString() => $"[{string.Join(", ", steps)}]";

    internal sealed class Converter : JsonConverter<StepList>
    {
        public override StepList Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonSerializer.Deserialize<int[]>(ref reader, options) ?? []);

        public override void Write(Utf8JsonWriter writer, StepList value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.steps, options);
    }
}
