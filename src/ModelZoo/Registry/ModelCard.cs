using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelZoo.Analysis;

namespace ModelZoo.Registry;

/// <summary>Facts about a model that were measured, never typed: its card in models/blueprints. `zoo verify` recomputes them.</summary>
/// <param name="Parameters">The parameters that inference needs, at the default options; auxiliary classifiers are not counted
/// (<see cref="ModelSummary.Parameters"/>).</param>
/// <param name="Macs">Multiply-accumulates per image (convolutions and linear layers only), from the trace.</param>
/// <param name="Input">[C,H,W].</param>
/// <param name="Weights">The shipped weights, by name.</param>
public sealed record ModelCard(long Parameters, long Macs, int[] Input, IReadOnlyDictionary<string, WeightsCard> Weights)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads a card.</summary>
    /// <exception cref="ZooException">It is not such a file.</exception>
    public static ModelCard Parse(ReadOnlySpan<byte> json, string displayName)
    {
        try
        {
            return JsonSerializer.Deserialize<ModelCard>(json, Options) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException e)
        {
            throw new ZooException($"{displayName} is not a card: {e.Message} Write it anew with `zoo catalog add`.", e);
        }
    }

    /// <summary>The text of the card's file.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, Options), (byte)'\n'];

    /// <summary>
    /// Computes the facts that need no data set; accuracies are carried over from <paramref name="before"/> where the weights are still the same file.
    /// </summary>
    public static ModelCard Measure(ModelInfo info, Func<string, byte[]> readResource, ModelCard? before = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(readResource);
        using IDisposable skipped = Layers.WeightInit.Skip(); // shapes alone count
        using ZooModel model = info.Create();
        ModelSummary summary = ModelSummary.Of(model, info.Input.Channels, info.Input.Height, info.Input.Width);
        var weights = new SortedDictionary<string, WeightsCard>(StringComparer.Ordinal);
        foreach (ShippedWeights shipped in info.Weights)
        {
            byte[] bytes = readResource(shipped.Resource);
            var card = new WeightsCard(Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length, null, null, null);
            WeightsCard? old = before?.Weights.GetValueOrDefault(shipped.Name);
            weights[shipped.Name] = old?.Sha256 == card.Sha256 ? card with { Accuracy = old.Accuracy, Data = old.Data, Images = old.Images } : card;
        }

        return new(summary.Parameters, summary.Macs, [info.Input.Channels, info.Input.Height, info.Input.Width], weights);
    }

    /// <summary>What differs between this card and a measured one, in words; empty where nothing does.</summary>
    public IReadOnlyList<string> DifferencesTo(ModelCard measured)
    {
        ArgumentNullException.ThrowIfNull(measured);
        var found = new List<string>();
        if (Parameters != measured.Parameters)
        {
            found.Add($"parameters: the card says {Parameters}, the model has {measured.Parameters}");
        }

        if (Macs != measured.Macs)
        {
            found.Add($"MACs: the card says {Macs}, the trace gives {measured.Macs}");
        }

        if (!Input.SequenceEqual(measured.Input))
        {
            found.Add($"input: the card says [{string.Join(",", Input)}], the model takes [{string.Join(",", measured.Input)}]");
        }

        foreach (string name in Weights.Keys.Union(measured.Weights.Keys))
        {
            if (Weights.GetValueOrDefault(name)?.Sha256 != measured.Weights.GetValueOrDefault(name)?.Sha256)
            {
                found.Add($"weights '{name}': the card's SHA-256 is not the file's");
            }
        }

        return found;
    }
}

/// <summary>Facts about one file of shipped weights.</summary>
/// <param name="Sha256">Of the safetensors file, lower-case hexadecimal.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Accuracy">Top-1, as a fraction, measured by us; null where it was not.</param>
/// <param name="Data">What it was measured on ("mnist/test").</param>
/// <param name="Images">How many images that was.</param>
public sealed record WeightsCard(string Sha256, long Bytes, double? Accuracy, string? Data, int? Images);
