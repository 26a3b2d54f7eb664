using ModelZoo.Reference;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>Looks for the single change of a layer's description that explains what the layer computed.</summary>
internal static class LikelyCause
{
    // Enough to tell one formula from another; a wrong one does not hit so many bounds by chance.
    private const int Samples = 512;

    /// <summary>The changes that fit, or null. Where the weights differ from the description's, those are tried first.</summary>
    public static string? Find(ILayerCheck check, nn.Module described, nn.Module actual, IReadOnlyList<NdArray> inputs, Computed output, Rounding rounding, VerifyOptions options)
    {
        List<string> causes = [.. Differences(described, actual)];
        foreach (LayerVariant variant in check.Variants)
        {
            if (Fits(variant.Check, inputs, output, rounding, options.Seed))
            {
                causes.Add(variant.Change);
            }
        }

        return causes.Count == 0 ? null : string.Join(", or ", causes);
    }

    private static bool Fits(ILayerCheck check, IReadOnlyList<NdArray> inputs, Computed output, Rounding rounding, ulong seed)
    {
        try
        {
            return Comparison.Fits(check.Output(inputs, rounding), output, Samples, seed);
        }
        catch (ArgumentException)
        {
            return false; // The changed layer does not even take this input.
        }
    }

    /// <summary>Parameters and buffers that are not what the description has.</summary>
    private static IEnumerable<string> Differences(nn.Module described, nn.Module actual)
    {
        if (ReferenceEquals(described, actual))
        {
            yield break;
        }

        Dictionary<string, Tensor> expected = described.state_dict();
        foreach ((string name, Tensor tensor) in actual.state_dict())
        {
            if (!expected.TryGetValue(name, out Tensor? other) || !tensor.shape.SequenceEqual(other.shape))
            {
                yield return $"its {name} is [{string.Join(",", tensor.shape)}], the description's {(other is null ? "is missing" : $"[{string.Join(",", other.shape)}]")}";
                continue;
            }

            NdArray a = tensor.ToNdArray(), b = other.ToNdArray();
            int[] different = [.. Enumerable.Range(0, a.Count).Where(i => !a.Data[i].Equals(b.Data[i]))];
            if (different.Length > 0)
            {
                yield return FormattableString.Invariant($"{different.Length} of {a.Count} values of its {name} differ from the description's, the first at {different[0]}: {a.Data[different[0]]:r} instead of {b.Data[different[0]]:r}");
            }
        }
    }
}
