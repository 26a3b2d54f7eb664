using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>Compares the keys and shapes of a file with a model's, and says what differs.</summary>
internal static class KeyReport
{
    private const int Shown = 4;

    /// <exception cref="ZooException">Something differs.</exception>
    public static void Check(string model, Dictionary<string, Tensor> state, SafetensorsFile file)
    {
        string[] missing = [.. state.Keys.Where(key => !file.Contains(key))];
        string[] unexpected = [.. file.Entries.Select(entry => entry.Name).Where(key => !state.ContainsKey(key))];
        string[] misshaped = [.. state.Where(s => file.Contains(s.Key) && !file[s.Key].Shape.SequenceEqual(s.Value.shape))
            .Select(s => $"{s.Key} is [{string.Join(",", file[s.Key].Shape)}], not [{string.Join(",", s.Value.shape)}]")];
        string[] problems =
        [
            .. Problem("missing", [.. missing.Select(Quote)]),
            .. Problem("unexpected", [.. unexpected.Select(Quote)]),
            .. Problem("of another shape", misshaped),
        ];
        if (problems.Length > 0)
        {
            throw new ZooException($"{file.Name}: these are not weights of {model}: {string.Join("; ", problems)}.");
        }
    }

    private static string[] Problem(string what, string[] keys) => keys.Length == 0
        ? []
        : [$"{keys.Length} {(keys.Length == 1 ? "tensor" : "tensors")} {what} ({string.Join(", ", keys.Take(Shown))}{(keys.Length > Shown ? ", …" : "")})"];

    private static string Quote(string key) => Weights.Shown.Name(key);
}
