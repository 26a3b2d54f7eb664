using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Imaging;
using ModelZoo.Registry;
using ModelZoo.Trust;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>
/// Saves and loads models: a safetensors file with the tensors of <c>state_dict</c> under PyTorch's keys, and a <see cref="CheckpointInfo"/> among its
/// metadata. Other files with tensors load as well: PyTorch's, TorchSharp's, any safetensors.
/// </summary>
public static class Checkpoint
{
    /// <summary>Writes a checkpoint, atomically: a file that was there before is there until the new one is complete.</summary>
    /// <exception cref="ZooException">The file cannot be written, or a tensor holds NaN or an infinity: nothing that is broken replaces what is
    /// good.</exception>
    public static void Save(string path, nn.Module model, CheckpointInfo info)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(info);
        foreach ((string key, Tensor value) in model.state_dict())
        {
            if (NonFinite.In(value) is { } found)
            {
                throw new ZooException($"{path} is not written: {key} holds {found}, and a network with that answers nothing.");
            }
        }

        WeightsTensor[] tensors = [.. Tensors(model).OrderByDescending(t => t.Type.Size())];
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", [CheckpointJson.Key] = CheckpointJson.Write(info) });
    }

    /// <summary>Writes the tensors alone, in the format that the name asks for (<see cref="WeightsWriter"/>), atomically.</summary>
    /// <exception cref="ZooException">The file cannot be written, or its name asks for no known format.</exception>
    public static void Export(string path, nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        WeightsWriter.Write(path, Tensors(model));
    }

    /// <summary>Whether the zoo made a file as a checkpoint: it describes itself.</summary>
    public static bool IsCheckpoint(WeightsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Metadata.ContainsKey(CheckpointJson.Key);
    }

    /// <summary>Reads the description alone.</summary>
    /// <exception cref="ZooException">The file cannot be read, is damaged, or was not made by the zoo.</exception>
    public static CheckpointInfo ReadInfo(string path)
    {
        using WeightsFile file = WeightsFile.Open(path);
        return CheckpointJson.Read(file);
    }

    /// <summary>The same for bytes in memory.</summary>
    public static CheckpointInfo ReadInfo(byte[] bytes, string displayName)
    {
        using WeightsFile file = WeightsFile.Parse(bytes, displayName);
        return CheckpointJson.Read(file);
    }

    /// <summary>
    /// Copies the file's tensors into the model's parameters and buffers, converting their element type where it differs. Keys and shapes are checked first, so
    /// that a file that does not fit changes nothing. requires_grad stays as it is.
    /// </summary>
    /// <exception cref="ZooException">The file cannot be read or is damaged, or a key is missing, unexpected or has another shape; the message names the first
    /// few.</exception>
    public static void LoadInto(nn.Module model, string path) => Load(model, path);

    /// <summary>The same for bytes in memory.</summary>
    public static void LoadInto(nn.Module model, byte[] bytes, string displayName)
    {
        using WeightsFile file = WeightsFile.Parse(bytes, displayName);
        Load(model, file);
    }

    /// <summary>Loads a file of any format that <see cref="WeightsFile"/> reads, and says what became of each tensor.</summary>
    /// <param name="model">Changed in place; a <see cref="ZooModel"/> knows its head and stem.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">What may differ; null for nothing.</param>
    /// <exception cref="ZooException">The file cannot be read, is damaged, does not fit and the options do not allow that, or holds NaN or an infinity; the
    /// model is then unchanged.</exception>
    public static LoadReport Load(nn.Module model, string path, LoadOptions? options = null)
    {
        using WeightsFile file = WeightsFile.Open(path);
        return Load(model, file, options);
    }

    /// <summary>The same for a file that is open already.</summary>
    public static LoadReport Load(nn.Module model, WeightsFile file, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(file);
        var plan = new LoadPlan(model, file, options ?? new LoadOptions());
        MustBeFinite(file, plan.Copied.Concat(plan.Adapted).Select(t => (t.Entry, plan.State[t.Key].dtype)));
        using (no_grad())
        {
            foreach ((string key, WeightsEntry entry) in plan.Copied)
            {
                TensorBytes.Read(file, entry, plan.State[key]);
            }

            foreach ((string key, WeightsEntry entry) in plan.Adapted)
            {
                Adapt(file, entry, plan.State[key]);
            }

            plan.Tolerated.ForEach(key => plan.State[key].zero_());
            Redraw(plan);
        }

        return plan.Report();
    }

    /// <summary>Whether <see cref="Load(nn.Module, WeightsFile, LoadOptions?)"/> would take a file, by its keys and shapes; nothing is loaded.</summary>
    /// <exception cref="ZooException">It would not.</exception>
    internal static void MustFit(nn.Module model, WeightsFile file, LoadOptions options) => _ = new LoadPlan(model, file, options);

    private static void MustBeFinite(WeightsFile file, IEnumerable<(WeightsEntry Entry, ScalarType Target)> entries)
    {
        foreach ((WeightsEntry entry, ScalarType target) in entries)
        {
            if (NonFinite.In(file, entry, target) is { } found)
            {
                throw new ZooException($"{file.Name}: {Printable.Plain(entry.Name)} holds {found}: such weights answer nothing. The training that made them "
                    + "went wrong; take an earlier checkpoint of it. `zoo verify --checkpoint` lists every value that is no number.");
            }
        }
    }

    /// <summary>Which tensor of a file loading would take for which key of a model; nothing is loaded.</summary>
    internal static IReadOnlyDictionary<string, WeightsEntry> Match(nn.Module model, WeightsFile file, LoadOptions options) =>
        new KeyMatch(file, LoadPlan.TargetOf(model, model.state_dict()), options).Entries;

    private static IEnumerable<WeightsTensor> Tensors(nn.Module model) => model.state_dict()
        .Select(entry => new WeightsTensor(entry.Key, entry.Value.dtype.ToFile(), entry.Value.shape, stream => TensorBytes.Write(entry.Value, stream)));

    // [O,C,kh,kw] → [O,K,kh,kw]: the mean over C for each of K channels, times C/K; for K = 1 that is the sum.
    private static void Adapt(WeightsFile file, WeightsEntry entry, Tensor target)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor source = TensorBytes.Read(file, entry).to(ScalarType.Float64);
        double scale = (double)entry.Shape[1] / target.shape[1];
        target.copy_(source.mean([1], keepdim: true).mul(scale).expand(target.shape));
    }

    // PyTorch's default for Linear and Conv2d: uniform in ±1/√fan-in, weights and biases.
    private static void Redraw(LoadPlan plan)
    {
        foreach (string key in plan.Reinitialized)
        {
            string layer = key[..key.LastIndexOf('.')];
            Tensor shaped = plan.State.GetValueOrDefault($"{layer}.weight") ?? plan.State[key];
            double bound = 1 / Math.Sqrt(Math.Max(1, shaped.shape.Skip(1).Aggregate(1L, (a, b) => a * b)));
            nn.init.uniform_(plan.State[key], -bound, bound);
        }
    }
}

/// <summary>
/// What a checkpoint says about itself, so that it needs nothing else to be used. It holds no time and no path, so that the same training gives the same bytes.
/// </summary>
public sealed record CheckpointInfo
{
    /// <summary>The model's name in the catalog.</summary>
    public required string Architecture { get; init; }

    /// <summary>What it was built with.</summary>
    public required ModelOptions Options { get; init; }

    /// <summary>Class names, in the order of the logits.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>What its outputs mean, where that is not one class of several; null: it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PredictionTask? Task { get; init; }

    /// <summary>What its certainty is worth, where held-out pictures showed that; null: nobody has looked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Calibration? Calibration { get; init; }

    /// <summary>The pictures by which the best of several epochs was chosen, if it was: on those its accuracy is too good.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PictureSketch? ChosenOn { get; init; }

    /// <summary>How images become its input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>Of a network that was imported from a graph, and is not in the catalog: the graph as text; null for the others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Graph { get; init; }

    /// <summary>Of a quantized network: which layers compute on bytes, and what those stand for; null where it computes in float32.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public QuantizationInfo? Quantization { get; init; }

    /// <summary>How it was made: recipe, seed, data, accuracy, command, version …</summary>
    public IReadOnlyDictionary<string, string> Extra { get; init; } = new Dictionary<string, string>();
}

/// <summary>The JSON text under the key "modelzoo" of a checkpoint's metadata.</summary>
internal static class CheckpointJson
{
    public const string Key = "modelzoo";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false), new PreprocessingSteps() },
    };

    public static string Write(CheckpointInfo info)
    {
        Check(info, "The checkpoint's description");
        IReadOnlyDictionary<string, string> sorted = new SortedDictionary<string, string>(info.Extra.ToDictionary(), StringComparer.Ordinal);
        return JsonSerializer.Serialize(info with { Extra = sorted }, Options);
    }

    /// <exception cref="ZooException">The text says something else than a description should.</exception>
    public static CheckpointInfo Read(WeightsFile file)
    {
        if (!file.Metadata.TryGetValue(Key, out string? json))
        {
            throw new ZooException($"{file.Name}: holds tensors ({file.Format}), but is no checkpoint made by the zoo: nothing in it says which model it is. "
                + "Give the model's name and this file as its weights (--weights), or make a checkpoint of it with `zoo import`.");
        }

        return Parse(json, file.Name);
    }

    /// <summary>The same for the text.</summary>
    public static CheckpointInfo Parse(string json, string name)
    {
        CheckpointInfo info;
        try
        {
            info = JsonSerializer.Deserialize<CheckpointInfo>(json, Options) ?? throw new JsonException("null");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new ZooException($"{name}: its description of the model cannot be read ({error.Message}). The file is damaged or from a newer version.",
                error);
        }

        Check(info, name);
        return info;
    }

    private static void Check(CheckpointInfo info, string name)
    {
        (int classes, int channels, int height, int width) = info.Options;
        string? wrong = string.IsNullOrWhiteSpace(info.Architecture) ? "names no architecture"
            : classes < 1 || channels < 1 || height < 1 || width < 1 ? $"has impossible sizes ({info.Options})"
            : info.Labels.Count != classes ? $"has {info.Labels.Count} labels for {classes} classes"
            : info.Task?.Fault(classes) is { } fault ? fault
            : info.Calibration is not null && (info.Task?.Kind ?? TaskKind.Classes) != TaskKind.Classes
                ? "is calibrated, but does not choose one of several classes"
            : info.Calibration?.Fault() is { } uncertain ? $"{uncertain} (its calibration)"
            : info.ChosenOn?.Fault() is { } forgotten ? forgotten
            : (info.Preprocessing.Channels, info.Preprocessing.Height, info.Preprocessing.Width) != (channels, height, width)
                ? "prepares images of another size than the model takes"
            : info.Quantization?.Fault();
        if (wrong is not null)
        {
            throw new ZooException($"{name}: {wrong}.");
        }

        try
        {
            info.Preprocessing.Check();
        }
        catch (ZooException error)
        {
            throw new ZooException($"{name}: {error.Message}", error);
        }
    }
}
