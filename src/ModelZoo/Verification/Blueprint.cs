using ModelZoo.Analysis;
using ModelZoo.Layers;
using ModelZoo.Tracing;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>
/// What a network is made of: its leaves in the order of execution with all their hyper-parameters, what each takes and gives, its outputs, and the keys of its weights. Held against a
/// blueprint, a model that was built wrongly is found although every layer computes what it says of itself.
/// </summary>
/// <remarks>
/// The catalogue's blueprints are snapshots of the zoo's own code, written by <c>zoo verify --all --write-cards models</c>. What makes them worth something is what holds that code, and
/// them: torchvision's own networks, read with torch.fx and compared with the blueprints leaf by leaf, edges included; logits and gradients equal to torchvision's; and for the others
/// independent PyTorch networks written from the papers, whose parameters, multiply-accumulates and keys are compared.
/// </remarks>
public sealed record Blueprint
{
    /// <summary>The name in the catalogue.</summary>
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
            Nodes = [.. trace.Nodes.Select(node => new BlueprintNode(node.Name, node.Op, LayerHyperparameters.Of(node.Module), Inputs(trace, node), node.OutputShape[1..]))],
            Keys = [.. model.state_dict().Select(entry => new BlueprintKey(entry.Key, entry.Value.shape))],
        };
    }

    /// <summary>Draws a network of the catalogue as it is built by default.</summary>
    public static Blueprint Of(ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        Blueprint drawn = Of(info, info.Defaults);
        foreach ((int height, int width) in (ReadOnlySpan<(int, int)>)[(info.Input.Height * 7 / 8 + 1, info.Input.Width * 7 / 8 + 1), (info.Input.Height - 4, info.Input.Width - 4)])
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
    /// The blueprint of the same architecture with other options: classes, input channels, input size, without auxiliary classifiers, with an input transform. Where only building it could
    /// tell, <see cref="NotComparable"/> says so.
    /// </summary>
    public Blueprint For(ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool resized = (options.InputHeight, options.InputWidth) != (Input[1], Input[2]);
        string? reason = options.Norm is not (null or "batch") ? $"built with {options.Norm} normalisation" : resized && DependsOnSize
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
        [.. node.Inputs.Zip(node.InputSlots, (i, slot) => i == Trace.ModelInput ? BlueprintNode.ModelInput : slot == 0 ? trace.Nodes[i].Name : $"{trace.Nodes[i].Name}:{slot}")];
}
