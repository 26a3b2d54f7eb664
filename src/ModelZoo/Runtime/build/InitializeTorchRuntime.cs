using System.Runtime.CompilerServices;

namespace ModelZoo.Runtime;

/// <summary>Compiled into every assembly that may call TorchSharp before it touches a type of the library.</summary>
internal static class InitializeTorchRuntime
{
#pragma warning disable CA2255 // Nothing may load libtorch earlier, and a library has no other place that runs by itself.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Run() => TorchRuntime.Initialize();
}
