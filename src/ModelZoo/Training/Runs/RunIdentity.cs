using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>What must be the same for a run to go on with the same bits.</summary>
internal static class RunIdentity
{
    public static Dictionary<string, string> Of(nn.Module model, Recipe recipe, TrainerOptions options, int steps, IBatchSource train, IBatchSource? test)
    {
        Dictionary<string, string> identity = new(StringComparer.Ordinal)
        {
            ["recipe"] = recipe.ToJson(),
            ["seed"] = options.Seed.ToString(CultureInfo.InvariantCulture),
            ["steps"] = steps.ToString(CultureInfo.InvariantCulture),
            ["tensors"] = Digest(string.Join('\n', model.state_dict().Select(s => $"{s.Key} {s.Value.dtype} {string.Join(',', s.Value.shape)}"))),
            ["training_data"] = Data(train),
            ["test_data"] = test is null ? "none" : Data(test),
            ["parameter_groups"] = string.Join("; ", (options.ParameterGroups ?? []).Select(g => FormattableString.Invariant($"{g.Name} ×{g.RateFactor}: {Digest(string.Join('\n', g.Parameters))}"))),
        };
        foreach ((string key, string value) in options.Notes)
        {
            identity[$"note {key}"] = value;
        }

        return identity;
    }

    private static string Data(IBatchSource source) => string.Create(CultureInfo.InvariantCulture,
        $"{source.Count} examples [{string.Join(',', source.Shape)}], {source.ClassNames.Count} classes {Digest(string.Join('\n', source.ClassNames))}")
        + (source is IFingerprinted { Fingerprint: var hash } ? $", {hash}" : "");

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
