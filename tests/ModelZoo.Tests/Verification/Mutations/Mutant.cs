using ModelZoo.Models;
using ModelZoo.Registry;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification.Mutations;

/// <summary>How a fault is found.</summary>
public enum Against
{
    /// <summary>By the structure: the catalog's blueprint. The layers do what they say, which is not what they should say.</summary>
    Blueprint,

    /// <summary>By the numbers: the layers say what the blueprint says, but compute something else.</summary>
    Reference,

    /// <summary>By a trusted copy with the same weights.</summary>
    Copy,
}

/// <summary>A fault that is planted in a network of the catalog.</summary>
/// <param name="Kind">What kind of mistake ("stride").</param>
/// <param name="Model">The model's name.</param>
/// <param name="Fault">What is done to it, in words: with the model's name it identifies the mutant.</param>
/// <param name="Plant">Changes the built network, or gives another one in its place.</param>
/// <param name="Layer">The layer that the first failure must name.</param>
/// <param name="Cause">What its likely cause must contain; null where none can be named.</param>
/// <param name="By">What catches it.</param>
internal sealed record Mutant(string Kind, string Model, string Fault, Func<ZooModel, nn.Module<Tensor, Tensor>> Plant, string Layer, string? Cause,
    Against By = Against.Blueprint)
{
    /// <summary>As above, with the network changed in place.</summary>
    public Mutant(string kind, string model, string fault, Action<ZooModel> plant, string layer, string? cause, Against by = Against.Blueprint)
        : this(kind, model, fault, Changed(plant), layer, cause, by)
    {
    }

    /// <summary>Rows and columns that the network is built for, where that is not <see cref="Size"/>: a network whose layers depend on it.</summary>
    public int? AsBuiltFor { get; init; }

    /// <summary>The options that the blueprint is for, where those are not the network's.</summary>
    public Func<ModelOptions, ModelOptions> Expected { get; init; } = static options => options;

    /// <summary>Rows and columns of the input: the architecture's own where that is small, else 32, or the least that it takes.</summary>
    public int Size => AsBuiltFor is not null ? 64 : Info.Input.Height <= 32 ? Info.Input.Height : Math.Max(32, Info.MinimumSize);

    /// <summary>What the standard normal input is multiplied by: response normalization does little to small values.</summary>
    public double Scale { get; init; } = 1;

    public ModelInfo Info => Catalog.Models.Find(Model);

    /// <summary>Smaller than the default ones where the architecture allows.</summary>
    public ModelOptions Options =>
        Info.Input.Height <= 32 ? Info.Defaults : Info.Defaults with { NumClasses = 10, InputHeight = AsBuiltFor ?? Size, InputWidth = AsBuiltFor ?? Size };

    public string Name => $"{Model}: {Fault}";

    private static Func<ZooModel, nn.Module<Tensor, Tensor>> Changed(Action<ZooModel> plant) => model =>
    {
        plant(model);
        return model;
    };
}
