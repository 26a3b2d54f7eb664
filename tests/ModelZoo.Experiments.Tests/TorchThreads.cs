using System.Runtime.CompilerServices;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Tests;

/// <summary>The tests' tensors are small.</summary>
internal static class TorchThreads
{
#pragma warning disable CA2255 // This is the test program, not a library.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void UseOne() => set_num_threads(1);
}

/// <summary>Tests that seed the process-wide generator run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
#pragma warning disable CA1711 // xunit's own word.
public class TorchCollection
#pragma warning restore CA1711
{
    public const string Name = "torch";
}
