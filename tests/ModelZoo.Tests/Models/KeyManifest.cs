using System.Reflection;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>The keys and shapes of a model's state dict, as Models/Manifests/NAME.txt has them: one line per entry, made in Python (see the scripts there).</summary>
internal static class KeyManifest
{
    private static readonly string[] Buffers = ["running_mean", "running_var", "num_batches_tracked"];

    /// <summary>Names, order and shapes of parameters and of buffers are the manifest's; TorchSharp lists the ones before the others, PyTorch module by module.</summary>
    public static void AssertHolds(nn.Module model, string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"manifests/{name}.txt") ?? throw new FileNotFoundException($"Models/Manifests/{name}.txt is missing.");
        using var reader = new StreamReader(stream);
        string[] lines = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')];
        Assert.Equal(lines.Where(line => !IsBuffer(line)), model.named_parameters().Select(p => Line(p.name, p.parameter)));
        Assert.Equal(lines.Where(IsBuffer), model.named_buffers().Select(b => Line(b.name, b.buffer)));
        Assert.Equal(lines.Order(StringComparer.Ordinal), model.state_dict().Select(e => Line(e.Key, e.Value)).Order(StringComparer.Ordinal));
    }

    private static bool IsBuffer(string line) => Buffers.Any(b => line.Split(' ')[0].EndsWith(b, StringComparison.Ordinal));

    private static string Line(string name, Tensor value) => $"{name} [{string.Join(",", value.shape)}]";
}
