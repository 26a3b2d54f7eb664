using ModelZoo.Imaging;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Registry;

/// <summary>One line of the catalog: an architecture, its defaults, and how to build it.</summary>
public sealed record ModelInfo
{
    /// <summary>The name on the command line: lower case, digits and underscores.</summary>
    public required string Name { get; init; }

    /// <summary>The folder of models/ that it lives in.</summary>
    public required string Family { get; init; }

    /// <summary>One line for people.</summary>
    public required string Summary { get; init; }

    /// <summary>Authors, title, year and section: where the architecture is described.</summary>
    public required string Source { get; init; }

    /// <summary>The input that the architecture was designed for: [C,H,W].</summary>
    public required (int Channels, int Height, int Width) Input { get; init; }

    /// <summary>The smallest input, in pixels per side, that the architecture's arithmetic allows.</summary>
    public int MinimumSize { get; init; } = 1;

    /// <summary>What its outputs mean.</summary>
    public ModelTask Task { get; init; }

    /// <summary>The function of torchvision.models that builds the same network with the same checkpoint keys; null where torchvision has none.</summary>
    public string? Torchvision { get; init; }

    /// <summary>How others name its layers, where they do so differently: files with such names load as well.</summary>
    public IReadOnlyList<KeyScheme> KeySchemes { get; init; } = [];

    /// <summary>Trained weights that others published, the oldest first; `zoo pull` takes the last where none is named.</summary>
    public IReadOnlyList<PublishedWeights> Published { get; init; } = [];

    /// <summary>
    /// What the published weights ask of the network beyond the defaults: changes the options that it is built with for them; null for nothing.
    /// </summary>
    public Func<ModelOptions, ModelOptions>? PublishedOptions { get; init; }

    /// <summary>Logits by default.</summary>
    public int Classes { get; init; } = 10;

    /// <summary>How images become the model's input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>
    /// Builds the network with fresh weights from the default generator. It runs in a dispose scope: parameters and buffers outlive it, any other tensor that
    /// the network is to keep must be detached from it.
    /// </summary>
    public required Func<ModelOptions, ZooModel> Build { get; init; }

    /// <summary>The name of the layer that makes the logits ("fc3"): what transfer learning replaces.</summary>
    public required string Head { get; init; }

    /// <summary>The name of the first convolution ("conv1"): what other input channels change.</summary>
    public required string Stem { get; init; }

    /// <summary>The names of the modules whose outputs are the feature maps of each scale, from fine to coarse.</summary>
    public required IReadOnlyList<string> Stages { get; init; }

    /// <summary>Trained weights that ship inside the library, by name ("mnist").</summary>
    public IReadOnlyList<ShippedWeights> Weights { get; init; } = [];

    /// <summary>Of a network that was imported from a graph: the graph as text, which its checkpoints carry; else null.</summary>
    public string? Graph { get; init; }

    /// <summary>The options that the architecture was designed with.</summary>
    public ModelOptions Defaults => new(Classes, Input.Channels, Input.Height, Input.Width);

    /// <summary>For what needs logits: refuses a model that makes something else.</summary>
    /// <param name="what">What was asked for ("zoo eval").</param>
    /// <exception cref="UsageException">The model's outputs are not classes.</exception>
    public void RequireClasses(string what)
    {
        if (Task != ModelTask.Classification)
        {
            throw new UsageException($"{Name} makes an image, not classes; {what} needs a model that classifies.");
        }
    }

    /// <summary>Builds the network, with the defaults where nothing else is asked for.</summary>
    /// <exception cref="ZooException">The architecture does not allow the options; the message says which and why.</exception>
    public ZooModel Create(ModelOptions? options = null)
    {
        ModelOptions chosen = options ?? Defaults;
        string? wrong = chosen.NumClasses < 1 ? $"{chosen.NumClasses} classes: it needs at least one"
            : chosen.InChannels < 1 ? $"{chosen.InChannels} input channels: it needs at least one"
            : Math.Min(chosen.InputHeight, chosen.InputWidth) < MinimumSize
                ? $"an input of {chosen.InputHeight}×{chosen.InputWidth}: it needs at least {MinimumSize}×{MinimumSize}"
            : null;
        if (wrong is not null)
        {
            throw new ZooException($"{Name} can't be built for {wrong}.");
        }

        ZooModel model = BuildWithoutRest(chosen);
        if (chosen.Norm is null || Layers.Normalization.Parse(chosen.Norm).IsIn(model))
        {
            return model;
        }

        model.Dispose();
        throw new ZooException($"{Name} leaves no choice of normalization; build it without '{chosen.Norm}'.");
    }

    // TorchSharp 0.107.0 computes the fan-in of a convolution with a bias from weight[0, 0] and leaves that view, and with it the whole weight, to the
    // garbage collector.
    private ZooModel BuildWithoutRest(ModelOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        ZooModel model = Build(options);
        model.Entry = this;
        scope.Detach(model.parameters());
        scope.Detach(model.buffers());
        return model;
    }
}

/// <summary>What a network's outputs mean.</summary>
public enum ModelTask
{
    /// <summary>One row of logits per image: [N,classes].</summary>
    Classification,

    /// <summary>Values for every pixel: [N,classes,H,W].</summary>
    DensePrediction,
}

/// <summary>Trained weights embedded in ModelZoo.Models.</summary>
/// <param name="Name">What follows the colon in <c>lenet5:mnist</c>.</param>
/// <param name="Resource">The embedded resource: a safetensors file whose metadata say how it was made.</param>
/// <param name="Labels">Class names, in the order of the logits.</param>
public sealed record ShippedWeights(string Name, string Resource, IReadOnlyList<string> Labels);
