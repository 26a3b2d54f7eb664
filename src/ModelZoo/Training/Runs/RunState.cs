using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Training.Runs;

/// <summary>Where a training run is: all that it needs beside tensors to go on as if it had never stopped.</summary>
internal sealed class RunState
{
    /// <summary>The current epoch, from 1; 0 before the first.</summary>
    public int Epoch { get; set; }

    /// <summary>Whether the epoch is under way; else it is done.</summary>
    public bool InEpoch { get; set; }

    /// <summary>Batches of the epoch that are done.</summary>
    public int Batch { get; set; }

    public int StepInEpoch { get; set; }

    /// <summary>Steps in all epochs.</summary>
    public int Steps { get; set; }

    /// <summary>Of the epoch so far, over the images.</summary>
    public double LossSum { get; set; }

    public long Correct { get; set; }

    public int Images { get; set; }

    /// <summary>The learning rate of the last step.</summary>
    public double Rate { get; set; }

    /// <summary>Wall time of the run so far, and of training in this epoch.</summary>
    public double Seconds { get; set; }

    public double EpochSeconds { get; set; }

    public bool TargetReached { get; set; }

    public bool StoppedEarly { get; set; }

    public List<EpochResult> Epochs { get; set; } = [];

    public Plateau Plateau { get; set; } = new();

    /// <summary>The lowest test error (where nothing is tested, training loss), its epoch, and the tests since.</summary>
    public double? Best { get; set; }

    /// <summary>The test loss of that epoch.</summary>
    public double? BestLoss { get; set; }

    public int BestEpoch { get; set; }

    public int SinceBest { get; set; }

    /// <summary>Steps in the average of the weights.</summary>
    public long AverageSteps { get; set; }

    /// <summary>Steps that each parameter has taken.</summary>
    public Dictionary<string, long> ParameterSteps { get; set; } = [];

    /// <summary>How long the log and the event file were.</summary>
    public long LogBytes { get; set; }

    public long EventBytes { get; set; }

    public string ToJson() => JsonSerializer.Serialize(this, RunStateJson.Default.RunState);

    /// <summary>What <see cref="ToJson"/> gave.</summary>
    public static RunState Parse(string json) => JsonSerializer.Deserialize(json, RunStateJson.Default.RunState)!;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true, AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(RunState))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class RunStateJson : JsonSerializerContext;

/// <summary>
/// state.safetensors: the tensors of a run under their names, its <see cref="RunState"/>, and what identifies the run. It is written to a temporary file and
/// renamed, so that at every moment there is one complete state.
/// </summary>
internal static class TrainingStateFile
{
    private const string StateKey = "modelzoo.training";
    private const string IdentityKey = "modelzoo.run";
    private const string Advice = "It is damaged or from another version: start the run anew, or resume from a copy of it.";

    public static void Save(string path, RunState state, IEnumerable<(string Key, Tensor Value)> tensors, IReadOnlyDictionary<string, string> identity) =>
        SafetensorsWriter.Write(
        path,
        tensors.Select(t => new WeightsTensor(t.Key, t.Value.dtype.ToFile(), t.Value.shape, stream => TensorBytes.Write(t.Value, stream)))
            .OrderByDescending(t => t.Type.Size()),
        new Dictionary<string, string>
        {
            [StateKey] = state.ToJson(),
            [IdentityKey] = JsonSerializer.Serialize(new(identity), RunStateJson.Default.DictionaryStringString),
        });

    /// <summary>Reads the counters, after checking that the state is of this run.</summary>
    /// <param name="file">The state.</param>
    /// <param name="identity">Of the run that is to go on.</param>
    /// <param name="recipe">What it is to follow: another number of epochs may be asked for, where the rates of the steps that are done do not depend on
    /// it.</param>
    /// <exception cref="ZooException">The file cannot be read, is no state of a training, or of one that differs; the message says in what.</exception>
    public static RunState Read(WeightsFile file, IReadOnlyDictionary<string, string> identity, Recipe recipe)
    {
        if (!file.Metadata.TryGetValue(StateKey, out string? state) || !file.Metadata.TryGetValue(IdentityKey, out string? text))
        {
            throw new ZooException($"{file.Name}: holds no state of a training run.");
        }

        RunState read = StrictJson.Read(state, RunStateJson.Default.RunState, file.Name, Advice);
        Dictionary<string, string> saved = StrictJson.Read(text, RunStateJson.Default.DictionaryStringString, file.Name, Advice);
        try
        {
            // What a list and a dictionary hold may be null for the reader.
            if (read.Epochs.Exists(epoch => epoch is null) || saved.ContainsValue(null!))
            {
                throw new JsonException("a value is null");
            }

            if (RunLength.Differs(saved, identity))
            {
                RunLength.MustAllow(file.Name, read, saved, recipe);
            }
            else
            {
                MustAgree(file.Name, saved, identity);
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            // The recipe of the saved run is JSON too.
            throw new ZooException($"{file.Name}: {StrictJson.Reason(error)}. {Advice}", error);
        }

        return read;
    }

    /// <summary>Copies the tensors of the file into those given.</summary>
    /// <exception cref="ZooException">A tensor is missing, too many or of another shape.</exception>
    public static void Load(WeightsFile file, IReadOnlyList<(string Key, Tensor Value)> tensors)
    {
        string[] unknown = [.. file.Entries.Select(e => e.Name).Except(tensors.Select(t => t.Key))];
        if (unknown.Length > 0)
        {
            throw new ZooException($"{file.Name}: holds {unknown[0]}, which this run does not have. Resume with the model, recipe and options that the run was "
                + "begun with.");
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
        string[] differing = [.. saved.Keys.Union(now.Keys).Where(key => saved.GetValueOrDefault(key) != now.GetValueOrDefault(key))
            .Order(StringComparer.Ordinal)];
        if (differing.Length > 0)
        {
            differing = RunLength.Beside(differing, saved, now);
            IEnumerable<string> said = differing.Select(key => key == "recipe"
                ? RecipeDifference(saved.GetValueOrDefault(key) ?? "{}", now.GetValueOrDefault(key) ?? "{}", "was", "is")
                : $"{key} was {saved.GetValueOrDefault(key) ?? "absent"} and is {now.GetValueOrDefault(key) ?? "absent"}");
            throw new ZooException($"{name}: is the state of another run: {string.Join("; ", said)}. Resume with what the run was begun with, or begin a "
                + "new one.");
        }
    }

    /// <summary>The keys of two recipes that differ: "the recipe's epochs was 3 and is 4".</summary>
    /// <param name="before">JSON.</param>
    /// <param name="after">JSON.</param>
    /// <param name="first">What is said of the first value: "was".</param>
    /// <param name="second">And of the second: "is".</param>
    public static string RecipeDifference(string before, string after, string first, string second)
    {
        var strict = new JsonDocumentOptions { AllowDuplicateProperties = false };
        using JsonDocument a = JsonDocument.Parse(before, strict), b = JsonDocument.Parse(after, strict);
        Dictionary<string, string> was = a.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText());
        Dictionary<string, string> now = b.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetRawText());
        string[] keys = [.. was.Keys.Union(now.Keys).Where(k => was.GetValueOrDefault(k) != now.GetValueOrDefault(k))];
        return string.Join("; ", keys.Where(k => keys.Length == 1 || k != RunLength.EpochsKey)
            .Select(k => $"the recipe's {k} {first} {was.GetValueOrDefault(k) ?? "absent"} and {second} {now.GetValueOrDefault(k) ?? "absent"}"));
    }
}

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
            ["parameter_groups"] = string.Join("; ",
                (options.ParameterGroups ?? []).Select(g =>
                FormattableString.Invariant($"{g.Name} ×{g.RateFactor}: {Digest(string.Join('\n', g.Parameters))}"))),
        };
        if (options.Teacher is { } teacher)
        {
            identity["teacher"] = teacher.Name;
        }

        foreach ((string key, string value) in options.Notes)
        {
            identity[$"note {key}"] = value;
        }

        return identity;
    }

    /// <summary>Puts in what the length of the training and a range test have decided.</summary>
    public static void Complete(Dictionary<string, string> identity, Recipe recipe, int steps) =>
        (identity["recipe"], identity["steps"]) = (recipe.ToJson(), steps.ToString(CultureInfo.InvariantCulture));

    private static string Data(IBatchSource source) => string.Create(CultureInfo.InvariantCulture,
        $"{source.Count} examples [{string.Join(',', source.Shape)}], {source.ClassNames.Count} classes {Digest(string.Join('\n', source.ClassNames))}")
        + (source is IFingerprinted { Fingerprint: var hash } ? $", {hash}" : "");

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
