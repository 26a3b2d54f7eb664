using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Registry;
using ModelZoo.Tracing;
using static TorchSharp.torch;

namespace ModelZoo.Verification.Blueprints;

/// <summary>
/// What a network is made of: its leaves in the order of execution with all their hyper-parameters, what each takes and gives, its outputs, and the keys of its
/// weights. Held against a blueprint, a model that was built wrongly is found although every layer computes what it says of itself.
/// </summary>
/// <remarks>
/// The catalog's blueprints are snapshots of the zoo's own code, written by <c>zoo catalog add</c>. What makes them worth something is
/// what holds that code, and them: torchvision's own networks, read with torch.fx and compared with the blueprints leaf by leaf, edges included; logits and
/// gradients equal to torchvision's; and for the others independent PyTorch networks written from the papers, whose parameters, multiply-accumulates and keys
/// are compared.
/// </remarks>
public sealed record Blueprint
{
    /// <summary>The name in the catalog.</summary>
    public required string Model { get; init; }

    /// <summary>The input that it is drawn for: [C,H,W].</summary>
    public required IReadOnlyList<long> Input { get; init; }

    /// <summary>Logits.</summary>
    public required int Classes { get; init; }

    /// <summary>All parameters, auxiliary classifiers included; null where they are not known.</summary>
    public long? Parameters { get; init; }

    /// <summary>Multiply-accumulates per image of all convolutions and linear layers, auxiliary classifiers included; null where they are not known.</summary>
    public long? Macs { get; init; }

    /// <summary>Whether an input of another size changes more than shapes and what the first linear layer takes.</summary>
    public bool DependsOnSize { get; init; }

    /// <summary>The names of the calls that make the outputs: the logits, then the auxiliary logits.</summary>
    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>The leaves' calls, in the order of execution.</summary>
    public required IReadOnlyList<BlueprintNode> Nodes { get; init; }

    /// <summary>The entries of the state_dict, in order.</summary>
    public required IReadOnlyList<BlueprintKey> Keys { get; init; }

    /// <summary>Why a network can't be held against this, where <see cref="For"/> found that it can't.</summary>
    public string? NotComparable { get; init; }

    /// <summary>Draws the network that a trace ran; of a trace that failed, what ran.</summary>
    public static Blueprint Of(Trace trace, nn.Module model, string name = "", int classes = 0)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentNullException.ThrowIfNull(model);
        return new()
        {
            Model = name,
            Input = trace.InputShape[1..],
            Classes = classes,
            Parameters = model.parameters().Sum(p => p.numel()),
            Macs = trace.Nodes.Sum(LayerFacts.Macs),
            Outputs = [.. trace.Outputs.Where(i => i >= 0).Select(i => trace.Nodes[i].Name)],
            Nodes = [.. trace.Nodes.Select(node =>
                new BlueprintNode(node.Name, node.Op, LayerFacts.Hyperparameters(node.Module), Inputs(trace, node), node.OutputShape[1..]))],
            Keys = [.. model.state_dict().Select(entry => new BlueprintKey(entry.Key, entry.Value.shape))],
        };
    }

    /// <summary>Draws a network of the catalog as it is built by default.</summary>
    public static Blueprint Of(ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        Blueprint drawn = Of(info, info.Defaults);
        foreach ((int height, int width) in (ReadOnlySpan<(int, int)>)[(info.Input.Height * 7 / 8 + 1, info.Input.Width * 7 / 8 + 1),
            (info.Input.Height - 4, info.Input.Width - 4)])
        {
            ModelOptions other = info.Defaults with { InputHeight = height, InputWidth = width };
            try
            {
                return drawn with { DependsOnSize = BlueprintComparison.Of(drawn.For(other), Of(info, other)).Count > 0 };
            }
            catch (ZooException)
            {
                // The architecture does not allow this size.
            }
        }

        return drawn;
    }

    /// <summary>
    /// The blueprint of the same architecture with other options: classes, input channels, input size, without auxiliary classifiers, with an input transform.
    /// Where only building it could tell, <see cref="NotComparable"/> says so.
    /// </summary>
    public Blueprint For(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool resized = (options.InputHeight, options.InputWidth) != (Input[1], Input[2]);
        string? reason = options.Norm is not (null or "batch") ? $"built with {options.Norm} normalization" : resized && DependsOnSize
            ? $"built for {options.InputHeight}×{options.InputWidth}, and its layers depend on the input's size"
            : null;
        return reason is null ? BlueprintChange.Apply(this, options, resized) : this with { NotComparable = reason };
    }

    private static Blueprint Of(ModelInfo info, ModelOptions options)
    {
        using IDisposable skipped = WeightInit.Skip();
        using ZooModel model = info.Create(options);
        model.eval();
        using Tensor input = zeros(1, options.InChannels, options.InputHeight, options.InputWidth);
        using Trace trace = Trace.RunAll(model, input);
        return Of(trace, model, info.Name, options.NumClasses);
    }

    private static string[] Inputs(Trace trace, TraceNode node) =>
        [.. node.Inputs.Zip(node.InputSlots, (i, slot) => i == Trace.ModelInput
            ? BlueprintNode.ModelInput
            : slot == 0
            ? trace.Nodes[i].Name
            : $"{trace.Nodes[i].Name}:{slot}")];
}

/// <summary>One call of a leaf as a blueprint records it.</summary>
/// <param name="Name">The leaf's path in the model; a second call of the same leaf has "#2" after it.</param>
/// <param name="Op">Its type ("Conv2d").</param>
/// <param name="Settings">All its hyper-parameters, by name.</param>
/// <param name="Inputs">The names of the calls whose outputs it takes, in order; <see cref="ModelInput"/> for the model's input, "pool:1" for pool's second
/// output.</param>
/// <param name="Shape">The output's shape without the batch; null where it is not known.</param>
public sealed record BlueprintNode(string Name, string Op, IReadOnlyList<KeyValuePair<string, string>> Settings, IReadOnlyList<string> Inputs,
    IReadOnlyList<long>? Shape)
{
    /// <summary>The "name" of the model's own input.</summary>
    public const string ModelInput = "@";

    /// <summary>A setting's value that fits any.</summary>
    public const string Any = "*";

    /// <summary>The value of a hyper-parameter; null where the leaf has no such.</summary>
    public string? Setting(string name) => Settings.FirstOrDefault(s => s.Key == name).Value;

    /// <summary>The same call with one value changed; as it is where it has no such setting.</summary>
    internal BlueprintNode With(string setting, string value) =>
        this with { Settings = [.. Settings.Select(s => s.Key == setting ? KeyValuePair.Create(setting, value) : s)] };

    /// <summary>"Conv2d in=3 out=64 kernel=7 …".</summary>
    public override string ToString() => string.Join(' ', Settings.Select(s => $"{s.Key}={s.Value}").Prepend(Op));
}

/// <summary>One entry of a model's state_dict.</summary>
/// <param name="Name">Its key ("layer1.0.conv1.weight").</param>
/// <param name="Shape">Its shape; −1 where any size fits.</param>
public sealed record BlueprintKey(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>Whether the other key may stand for this one.</summary>
    internal bool Fits(BlueprintKey other) =>
        Name == other.Name && Shape.Count == other.Shape.Count && Shape.Zip(other.Shape).All(size => size.First == -1 || size.First == size.Second);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(",", Shape)}]";
}

/// <summary>Differences in words.</summary>
internal static class BlueprintWords
{
    /// <summary>"a ReLU", "an Add".</summary>
    public static string One(string op) => $"{("AEIOaeio".Contains(op[0], StringComparison.Ordinal) ? "an" : "a")} {op}";

    /// <summary>A call's name as an input.</summary>
    public static string Input(string name) =>
        name == BlueprintNode.ModelInput ? "the model's input" : name.Split(':') is [var node, var slot] ? $"{node}'s output {slot}" : name;

    /// <summary>"stride 1 instead of 2, padding 0 instead of 1"; "" where nothing differs.</summary>
    public static string Settings(BlueprintNode expected, BlueprintNode actual) => string.Join(", ", expected.Settings
        .Where(s => s.Value != BlueprintNode.Any && actual.Setting(s.Key) != s.Value)
        .Select(s => (s.Key, s.Value) switch
        {
            ("bias", "true") => "the bias is missing",
            ("bias", _) => "a bias too many",
            ("inplace", "false") => "it works in place, on a tensor that others may still read",
            ("inplace", _) => "it does not work in place",
            _ => $"{s.Key} {actual.Setting(s.Key) ?? "none"} instead of {s.Value}",
        })
        .Concat(actual.Settings.Where(s => expected.Setting(s.Key) is null).Select(s => $"{s.Key} {s.Value} instead of none")));

    /// <summary>Which inputs are wrong.</summary>
    public static string Wiring(string op, string[] takes, string[] should)
    {
        if (op == "Concat" && takes.Order(StringComparer.Ordinal).SequenceEqual(should.Order(StringComparer.Ordinal)))
        {
            int[] moved = [.. Enumerable.Range(0, takes.Length).Where(i => takes[i] != should[i])];
            return moved.Length == 2
                ? $"branches {moved[0] + 1} and {moved[1] + 1} of the concatenation are swapped"
                : $"the branches of the concatenation come in the order {string.Join(", ", takes.Select(t => Array.IndexOf(should, t) + 1))}";
        }

        List<string> wrong = [.. takes], left = [.. should];
        foreach (string both in takes)
        {
            if (left.Remove(both))
            {
                wrong.Remove(both);
            }
        }

        return wrong.Count == 0 && left.Count == 0
            ? $"takes {List(takes)} in this order, should take {List(should)}"
            : wrong.Count == 0 ? $"does not take {List(left)}"
            : left.Count == 0 ? $"takes {List(wrong)} too"
            : $"takes {List(wrong)}, should take {List(left)}";
    }

    private static string List(IEnumerable<string> names) => string.Join(" and ", names.Select(Input));
}
