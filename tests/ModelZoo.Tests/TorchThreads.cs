using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace ModelZoo.Tests;

/// <summary>The tests' tensors are small, and test classes share the cores already.</summary>
internal static class TorchThreads
{
#pragma warning disable CA2255 // This is the test program, not a library.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void UseOne() => set_num_threads(1);
}
