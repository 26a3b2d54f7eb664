using Xunit;

namespace ModelZoo.Tests.Training;

/// <summary>Tests that seed the process-wide generator or count all tensors run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's own word.
public class TorchCollection
#pragma warning restore CA1711
{
    public const string Name = "torch";
}
