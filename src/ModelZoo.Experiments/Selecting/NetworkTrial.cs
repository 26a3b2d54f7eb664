using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Statistics;
using ModelZoo.Tracing;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Selecting;

/// <summary>What a network makes of the pictures: each judged by a head that did not see it.</summary>
public sealed record NetworkTrial
{
    /// <summary>[N] where the pictures are in the data; those that could not be read are missing.</summary>
    public required IReadOnlyList<int> Places { get; init; }

    /// <summary>[N] the class that each is said to be.</summary>
    public required IReadOnlyList<int> Predictions { get; init; }

    /// <summary>The mean over the pictures of −ln of the probability of what they are.</summary>
    public required double Loss { get; init; }

    /// <summary>
    /// Seconds of computing the features of all pictures, when they were computed; null where none were, because every step ran the whole network.
    /// </summary>
    public double? FeatureSeconds { get; init; }

    /// <summary>Seconds of a fold's training, the mean.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>With a head for these classes.</summary>
    public required long Parameters { get; init; }

    /// <summary>Multiply-accumulates of a picture; null where the forward cannot be traced.</summary>
    public long? Macs { get; init; }

    /// <summary>Bytes of a checkpoint with such a head.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>What more pictures would bring; null where that was not asked for, or there are too few to say.</summary>
    public LearningCurve? Curve { get; init; }
}

/// <summary>What is known of a network before it is tried.</summary>
/// <param name="Architecture">Its name in the catalog, or that of an imported graph.</param>
/// <param name="Backbone">By which the same weights are known again, whatever their head.</param>
/// <param name="Seen">Whether its backbone was trained or chosen by pictures that are to be judged; in words, null where it was not, or nobody says.</param>
/// <param name="Quantized">Whether it computes on bytes.</param>
internal sealed record NetworkFacts(string Architecture, string Backbone, string? Seen, bool Quantized);

/// <summary>Opens networks and finds out what they are.</summary>
internal static class NetworkTrials
{
    /// <summary>Opens a network that has weights and a layer that can be replaced by a new head.</summary>
    /// <exception cref="ZooException">It has not, or cannot be read.</exception>
    public static ResolvedModel Open(NetworkAtHand network, long? maxMemory)
    {
        ResolvedModel resolved = ImportedGraph.WithHead(ModelResolver.Resolve(Catalog.Models, network.Spec, Catalog.ReadResource, maxMemory: maxMemory));
        try
        {
            resolved.Info.RequireClasses("zoo compare --data");
            return resolved.Model.Head.Length > 0 ? resolved
                : throw new ZooException($"{network.Name}: no one layer makes its outputs, so there is no head to replace.");
        }
        catch
        {
            resolved.Dispose();
            throw;
        }
    }

    /// <summary>Looks at a network.</summary>
    /// <param name="network">It.</param>
    /// <param name="resolved">It, opened.</param>
    /// <param name="data">What is to be judged.</param>
    /// <param name="hashes">A hash of each of these pictures.</param>
    public static NetworkFacts Look(NetworkAtHand network, ResolvedModel resolved, LabeledImages data, IReadOnlyList<ulong> hashes)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add($"{resolved.Info.Name} {resolved.Model.Head} {JsonSerializer.Serialize(resolved.Preprocessing)} {JsonSerializer.Serialize(resolved.Quantization)}");
        foreach ((string key, Tensor value) in resolved.Model.state_dict().OrderBy(e => e.Key, StringComparer.Ordinal)
            .Where(e => !e.Key.StartsWith(resolved.Model.Head + ".", StringComparison.Ordinal)))
        {
            Add($"{key} {value.dtype} [{string.Join(",", value.shape)}]");
            using Tensor detached = value.detach();
            using Tensor plain = detached.contiguous();
            hash.AppendData(plain.bytes);
        }

        return new(resolved.Info.Name, Convert.ToHexStringLower(hash.GetHashAndReset())[..32], Seen(network, resolved.Checkpoint, data, hashes),
            resolved.Quantization is not null);

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Gives it a head for these classes and counts what it then is.</summary>
    public static NetworkTrial Counted(NetworkTrial trial, ResolvedModel resolved, LabeledImages data)
    {
        TransferLearning.ReplaceHead(resolved.Model, data.Info.ClassNames.Count);
        Imaging.Preprocessing p = TransferLearning.PreprocessingFor(data, resolved.Preprocessing);
        ModelOptions options = resolved.Options with { NumClasses = data.Info.ClassNames.Count, InputHeight = p.Height, InputWidth = p.Width };
        long? macs = null;
        try
        {
            macs = ModelProfile.Of(resolved.Model, options).Macs;
        }
        catch (TraceException)
        {
            // a forward that calls functions has no known cost
        }

        long parameters = resolved.Model.parameters().Sum(t => t.numel());
        string file = Path.Combine(Path.GetTempPath(), $"zoo-{Guid.NewGuid():N}.safetensors");
        try
        {
            CheckpointInfo said = (resolved with { Options = options, Labels = data.Info.ClassNames, Calibration = null }).Describe();
            Checkpoint.Save(file, resolved.Model, said);
            return trial with { Parameters = parameters, Macs = macs, DiskBytes = new FileInfo(file).Length };
        }
        finally
        {
            File.Delete(file);
        }
    }

    // A frozen backbone has learned nothing of the pictures that its head was fitted to, and the head is drawn anew.
    private static string? Seen(NetworkAtHand network, CheckpointInfo? checkpoint, LabeledImages data, IReadOnlyList<ulong> hashes)
    {
        if (checkpoint is null || checkpoint.Extra.GetValueOrDefault("backbone") == "frozen")
        {
            return null;
        }

        int among = checkpoint.ChosenOn?.Among(hashes) ?? 0;
        return checkpoint.Extra.GetValueOrDefault("data") == data.Name ? $"{network.Name} was trained on {data.Name}"
            : among > 0 ? string.Create(CultureInfo.InvariantCulture, $"{network.Name} was chosen by {among:N0} of these pictures")
            : null;
    }
}
