using ModelZoo.Downloads;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Experiments.Selecting;

/// <summary>Where a network's weights come from.</summary>
public enum NetworkOrigin
{
    /// <summary>With the zoo.</summary>
    Shipped,

    /// <summary>From a publisher, by <c>zoo pull</c>.</summary>
    Pulled,

    /// <summary>A checkpoint of one's own.</summary>
    Checkpoint,

    /// <summary>Another framework, as an ONNX model.</summary>
    Onnx,

    /// <summary>None: trained anew.</summary>
    Scratch,
}

/// <summary>A trained network that is on this machine.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Spec">What <see cref="ModelResolver"/> takes.</param>
/// <param name="Origin">Where it comes from.</param>
public sealed record NetworkAtHand(string Name, string Spec, NetworkOrigin Origin)
{
    private const string Onnx = ".onnx", Safetensors = ".safetensors";

    /// <summary>Whether nobody named it: then it may be left out, with a remark, where it does not serve.</summary>
    public bool Found { get; init; }

    /// <summary>All that there are: shipped weights, pulled ones, and checkpoints and ONNX models under a folder.</summary>
    /// <param name="folder">Where one's own lie; it need not be there.</param>
    public static IReadOnlyList<NetworkAtHand> Find(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ModelInfo[] models = [.. Catalog.Models.Models.Where(m => m.Task == ModelTask.Classification)];
        IEnumerable<NetworkAtHand> shipped = models.SelectMany(m => m.Weights.Select(w => Named($"{m.Name}:{w.Name}", NetworkOrigin.Shipped)));
        IEnumerable<NetworkAtHand> pulled = models.SelectMany(m => m.Published.Where(w => WeightsCache.Find(m.Name, w) is not null)
            .Select(w => Named($"{m.Name}:{w.Name}", NetworkOrigin.Pulled)));
        return Distinct([.. pulled, .. shipped, .. Directory.Exists(folder) ? InFolder(folder) : []]);

        static NetworkAtHand Named(string spec, NetworkOrigin origin) => new(spec, spec, origin) { Found = true };
    }

    /// <summary>What people write: names with their weights, checkpoints, ONNX models, and folders of these.</summary>
    /// <param name="specs">At least one; what is named twice counts once.</param>
    /// <exception cref="UsageException">A name has no weights, or a folder no network.</exception>
    public static IReadOnlyList<NetworkAtHand> Read(IReadOnlyList<string> specs)
    {
        ArgumentNullException.ThrowIfNull(specs);
        return Distinct([.. specs.SelectMany(One)]);
    }

    /// <summary>Whether it names weights, rather than an architecture alone.</summary>
    public static bool HasWeights(string spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return !Catalog.Models.TryFind(spec, out _);
    }

    private static IEnumerable<NetworkAtHand> One(string spec)
    {
        if (!HasWeights(spec))
        {
            throw new UsageException($"'{spec}' alone has fresh weights, and there is no telling how good it is before it is trained. Name its weights "
                + $"({spec}:…, see `zoo list`) or a checkpoint; trained anew it is compared with --from-scratch, or where all models have fresh weights.");
        }

        if (!Directory.Exists(spec))
        {
            string[] parts = spec.Split(':', 2);
            NetworkOrigin origin = !Catalog.Models.TryFind(parts[0], out ModelInfo? info)
                ? spec.EndsWith(Onnx, StringComparison.OrdinalIgnoreCase) ? NetworkOrigin.Onnx : NetworkOrigin.Checkpoint
                : info.Weights.Any(w => w.Name == parts[1]) ? NetworkOrigin.Shipped : NetworkOrigin.Pulled;
            bool file = origin is NetworkOrigin.Onnx or NetworkOrigin.Checkpoint;
            return [new(file ? Path.GetFileNameWithoutExtension(spec) : spec, spec, origin)];
        }

        NetworkAtHand[] inside = [.. InFolder(spec)];
        return inside.Length > 0 ? inside : throw new UsageException($"{spec}: holds no checkpoint ({Safetensors}) and no ONNX model.");
    }

    // Of the files of one run the best epoch's; states, averages and features are none of their own.
    private static IEnumerable<NetworkAtHand> InFolder(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            if (name.EndsWith(Onnx, StringComparison.OrdinalIgnoreCase))
            {
                yield return new(Path.GetFileNameWithoutExtension(path), path, NetworkOrigin.Onnx) { Found = true };
            }
            else if (name.EndsWith(Safetensors, StringComparison.OrdinalIgnoreCase) && !IsSecond(path) && IsCheckpoint(path))
            {
                yield return new(Path.GetFileNameWithoutExtension(path), path, NetworkOrigin.Checkpoint) { Found = true };
            }
        }
    }

    private static bool IsSecond(string path) =>
        path.EndsWith(".last.safetensors", StringComparison.OrdinalIgnoreCase)
        || (Path.GetFileName(path) is "last.safetensors" or "ema.safetensors" && File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "best.safetensors")));

    private static bool IsCheckpoint(string path)
    {
        try
        {
            using WeightsFile file = WeightsFile.Open(path);
            return Checkpoint.IsCheckpoint(file);
        }
        catch (ZooException)
        {
            return false;
        }
    }

    // Files of one name are told apart by their paths.
    private static NetworkAtHand[] Distinct(NetworkAtHand[] networks)
    {
        NetworkAtHand[] once = [.. networks.DistinctBy(n => n.Origin is NetworkOrigin.Checkpoint or NetworkOrigin.Onnx ? Path.GetFullPath(n.Spec) : n.Spec)];
        return [.. once.Select(n => once.Count(other => other.Name == n.Name) > 1 ? n with { Name = n.Spec } : n)];
    }
}
