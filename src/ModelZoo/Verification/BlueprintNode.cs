namespace ModelZoo.Verification;

/// <summary>One call of a leaf as a blueprint records it.</summary>
/// <param name="Name">The leaf's path in the model; a second call of the same leaf has "#2" after it.</param>
/// <param name="Op">Its type ("Conv2d").</param>
/// <param name="Settings">All its hyper-parameters, by name.</param>
/// <param name="Inputs">The names of the calls whose outputs it takes, in order; <see cref="ModelInput"/> for the model's input, "pool:1" for pool's second output.</param>
/// <param name="Shape">The output's shape without the batch; null where it is not known.</param>
public sealed record BlueprintNode(string Name, string Op, IReadOnlyList<KeyValuePair<string, string>> Settings, IReadOnlyList<string> Inputs, IReadOnlyList<long>? Shape)
{
    /// <summary>The "name" of the model's own input.</summary>
    public const string ModelInput = "@";

    /// <summary>A setting's value that fits any.</summary>
    public const string Any = "*";

    /// <summary>The value of a hyper-parameter; null where the leaf has no such.</summary>
    public string? Setting(string name) => Settings.FirstOrDefault(s => s.Key == name).Value;

    /// <summary>The same call with one value changed; as it is where it has no such setting.</summary>
    internal BlueprintNode With(string setting, string value) => this with { Settings = [.. Settings.Select(s => s.Key == setting ? KeyValuePair.Create(setting, value) : s)] };

    /// <summary>"Conv2d in=3 out=64 kernel=7 …".</summary>
    public override string ToString() => string.Join(' ', Settings.Select(s => $"{s.Key}={s.Value}").Prepend(Op));
}

/// <summary>One entry of a model's state_dict.</summary>
/// <param name="Name">Its key ("layer1.0.conv1.weight").</param>
/// <param name="Shape">Its shape; −1 where any size fits.</param>
public sealed record BlueprintKey(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>Whether the other key may stand for this one.</summary>
    internal bool Fits(BlueprintKey other) => Name == other.Name && Shape.Count == other.Shape.Count && Shape.Zip(other.Shape).All(size => size.First == -1 || size.First == size.Second);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(",", Shape)}]";
}
