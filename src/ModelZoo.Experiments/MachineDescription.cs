using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelZoo.Experiments;

/// <summary>What something ran on.</summary>
internal static class MachineDescription
{
    /// <summary>Cores, device, system and versions.</summary>
    public static string Of(Device device) =>
        $"{Environment.ProcessorCount} cores, {device.type.ToString().ToLowerInvariant()}, {RuntimeInformation.RuntimeIdentifier}, libtorch {__version__}, "
            + $".NET {Environment.Version}";
}
