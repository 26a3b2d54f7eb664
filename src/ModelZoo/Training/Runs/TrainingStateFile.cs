using System.Text.Json;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// state.safetensors: the tensors of a run under their names, its <see cref="RunState"/>, and what identifies the run. It is written to a temporary file and renamed, so that at every moment
/// there is one complete state.
/// </summary>
internal static class TrainingStateFile
{
    private const string StateKey = "modelzoo.training";
    private const string IdentityKey = "modelzoo.run";

    public static void Save(string path, RunState state, IEnumerable<(string Key, Tensor Value)> tensors, IReadOnlyDictionary<string, string> identity) => SafetensorsWriter.Write(
        path,
        tensors.Select(t => new WeightsTensor(t.Key, t.Value.dtype.ToFile(), t.Value.shape, stream => TensorBytes.Write(t.Value, stream))).OrderByDescending(t => t.Type.Size()),
        new Dictionary<string, string> { [StateKey] = state.ToJson(), [IdentityKey] = JsonSerializer.Serialize(identity) });

    /// <summary>Reads the counters, after checking that the state is of this run.</summary>
    /// <exception cref="ZooException">The file cannot be read, is no state of a training, or of one that differs; the message says in what.</exception>
    public static RunState Read(WeightsFile file, IReadOnlyDictionary<string, string> identity)
    {
        try
        {
            if (file.Metadata.TryGetValue(StateKey, out string? state) && file.Metadata.TryGetValue(IdentityKey, out string? text)
                && JsonSerializer.Deserialize<Dictionary<string, string>>(text) is { } saved)
            {
                MustAgree(file.Name, saved, identity);
                return RunState.Parse(state);
            }
        }
        catch (JsonException error)
        {
            throw new ZooException($"{file.Name}: its state of the training cannot be read ({error.Message}). The file is damaged or from another version.", error);
        }

        throw new ZooException($"{file.Name}: holds no state of a training run.");
    }

    /// <summary>Copies the tensors of the file into those given.</summary>
    /// <exception cref="ZooException">A tensor is missing, too many or of another shape.</exception>
    public static void Load(WeightsFile file, IReadOnlyList<(string Key, Tensor Value)> tensors)
    {
        string[] unknown = [.. file.Entries.Select(e => e.Name).Except(tensors.Select(t => t.Key))];
        if (unknown.Length > 0)
        {
            throw new ZooException($"{file.Name}: holds {unknown[0]}, which this run does not have. Resume with the model, recipe and options that the run was begun with.");
        }

        using IDisposable off = no_grad();
        foreach ((string key, Tensor value) in tensors)
        {
            WeightsEntry entry = file[key];
            if (!entry.Shape.SequenceEqual(value.shape))
            {
                throw new ZooException($"{file.Name}: {key} is [{string.Join(",", entry.Shape)}], in this run it is [{string.Join(",", value.shape)}].");
            }

            TensorBytes.Read(file, entry, value);
        }
    }

    private static void MustAgree(string name, Dictionary<string, string> saved, IReadOnlyDictionary<string, string> now)
    {
        string[] differing = [.. saved.Keys.Union(now.Keys).Where(key => saved.GetValueOrDefault(key) != now.GetValueOrDefault(key)).Order(StringComparer.Ordinal)];
        if (differing.Length > 0)
        {
            IEnumerable<string> said = differing.Select(key => key == "recipe"
                ? RecipeDifference(saved.GetValueOrDefault(key) ?? "{}", now.GetValueOrDefault(key) ?? "{}")
                : $"{key} was {saved.GetValueOrDefault(key) ?? "absent"} and is {now.GetValueOrDefault(key) ?? "absent"}");
            throw new ZooException($"{name}: is the state of another run: {string.Join("; ", said)}. Resume with what the run was begun with, or begin a new one.");
        }
    }

    private static string RecipeDifference(string before, string after)
    {
        using JsonDocument a = JsonDocument.Parse(before), b = JsonDocument.Parse(after);
        Dictionary<string, string> was = a.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText());
        Dictionary<string, string> now = b.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText());
        return string.Join("; ", was.Keys.Union(now.Keys).Where(k => was.GetValueOrDefault(k) != now.GetValueOrDefault(k))
            .Select(k => $"the recipe's {k} was {was.GetValueOrDefault(k) ?? "absent"} and is {now.GetValueOrDefault(k) ?? "absent"}"));
    }
}
