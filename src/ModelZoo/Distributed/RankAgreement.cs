using System.Text.Json;

namespace ModelZoo.Distributed;

/// <summary>Sees to it that all ranks are about to do the same, before any of them begins.</summary>
internal static class RankAgreement
{
    /// <param name="group">The ranks.</param>
    /// <param name="own">What must be the same, under names that mean something to the user; the first that differs is named.</param>
    /// <param name="difference">Says how a value differs from rank 0's: its name, rank 0's value, the other's.</param>
    /// <exception cref="ZooException">A rank differs from rank 0; every rank throws the same.</exception>
    public static void Require(RankGroup group, IReadOnlyList<KeyValuePair<string, string>> own, Func<string, string?, string?, string>? difference = null)
    {
        byte[][] all = group.Gather(JsonSerializer.SerializeToUtf8Bytes(own.ToDictionary()));
        Dictionary<string, string>[] said = [.. all.Select(bytes => JsonSerializer.Deserialize<Dictionary<string, string>>(bytes)!)];
        string[] keys = [.. own.Select(p => p.Key).Concat(said.SelectMany(s => s.Keys)).Distinct()];
        for (int r = 1; r < said.Length; r++)
        {
            if (Array.Find(keys, key => said[r].GetValueOrDefault(key) != said[0].GetValueOrDefault(key)) is { } key)
            {
                (string? first, string? other) = (said[0].GetValueOrDefault(key), said[r].GetValueOrDefault(key));
                throw new ZooException($"{group.Members[r]} differs from rank 0: "
                    + (difference?.Invoke(key, first, other) ?? $"its {key} is {other ?? "absent"}, rank 0's {first ?? "absent"}")
                    + ". Start all ranks with the same version of the zoo, the same data and the same recipe.");
            }
        }
    }
}
