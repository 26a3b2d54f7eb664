using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>The state dict that a model must have, from Manifests/: one `key [shape]` line per entry, in PyTorch's order.</summary>
internal static class StateManifest
{
    private static readonly string[] Buffers = [".running_mean", ".running_var", ".num_batches_tracked"];

    /// <summary>Keys, shapes and order. TorchSharp lists all parameters before all buffers, so the two are compared apart.</summary>
    public static void AssertMatches(string name, nn.Module model)
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Models", "Manifests", name + ".txt"));
        Assert.Equal(lines.Where(line => !IsBuffer(line)), model.named_parameters().Select(p => Line(p.name, p.parameter)));
        Assert.Equal(lines.Where(IsBuffer), model.named_buffers().Select(b => Line(b.name, b.buffer)));
    }

    private static bool IsBuffer(string line) => Array.Exists(Buffers, line.Split(' ')[0].EndsWith);

    private static string Line(string key, Tensor tensor) => $"{key} [{string.Join(",", tensor.shape)}]";
}
