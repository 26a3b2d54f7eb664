namespace ModelZoo;

/// <summary>One line of the catalogue: an architecture, its defaults, and how to build it.</summary>
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

    /// <summary>Logits by default.</summary>
    public int Classes { get; init; } = 10;

    /// <summary>How images become the model's input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>Builds the network with fresh weights from the default generator.</summary>
    public required Func<ModelOptions, ZooModel> Build { get; init; }

    /// <summary>Trained weights that ship inside the library, by name ("mnist").</summary>
    public IReadOnlyList<ShippedWeights> Weights { get; init; } = [];

    /// <summary>The options that the architecture was designed with.</summary>
    public ModelOptions Defaults => new(Classes, Input.Channels, Input.Height, Input.Width);

    /// <summary>Builds the network, with the defaults where nothing else is asked for.</summary>
    public ZooModel Create(ModelOptions? options = null) => Build(options ?? Defaults);
}

/// <summary>Trained weights embedded in ModelZoo.Models.</summary>
/// <param name="Name">What follows the colon in <c>lenet5:mnist</c>.</param>
/// <param name="Resource">The embedded resource: a safetensors file whose metadata say how it was made.</param>
/// <param name="Labels">Class names, in the order of the logits.</param>
public sealed record ShippedWeights(string Name, string Resource, IReadOnlyList<string> Labels);
