using System.Globalization;
using System.Text.RegularExpressions;
using ModelZoo.Models;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Models;

/// <summary>
/// The snapshot of a model's state_dict: a line "key [shape]" per tensor, parameters first, and a head line with parameters and MACs. torchvision's models
/// were written by oracle.py, those of the scripts beside the manifests by networks written anew in PyTorch, the first four exhibits' by
/// <c>zoo catalog add</c>.
/// </summary>
internal sealed partial record Manifest(long Parameters, long Macs, string[] Keys)
{
    internal static bool Exists(string model) => File.Exists(PathOf(model));

    internal static Manifest Read(string model)
    {
        string[] lines = File.ReadAllLines(PathOf(model));
        Match head = Head().Match(lines[0]);
        return new(long.Parse(head.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(head.Groups[2].Value, CultureInfo.InvariantCulture), lines[1..]);
    }

    internal static Manifest Of(nn.Module model, long parameters, long macs) =>
        new(parameters, macs, [.. model.state_dict().Select(entry => $"{entry.Key} [{string.Join(",", entry.Value.shape)}]")]);

    private static string PathOf(string model) => CatalogFiles.Find(AppContext.BaseDirectory).ManifestOf(Catalog.Models.Find(model));

    [GeneratedRegex(@"^# (\d+) parameters, (\d+) MACs$")]
    private static partial Regex Head();
}
