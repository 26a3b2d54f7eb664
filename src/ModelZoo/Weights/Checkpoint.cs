using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>
/// Saves and loads models: a safetensors file with the tensors of <c>state_dict</c> under PyTorch's keys, and a <see cref="CheckpointInfo"/> among its metadata.
/// Other files with tensors load as well: PyTorch's, TorchSharp's, any safetensors.
/// </summary>
public static class Checkpoint
{
    /// <summary>Writes a checkpoint, atomically: a file that was there before is there until the new one is complete.</summary>
    /// <exception cref="ZooException">The file cannot be written.</exception>
    public static void Save(string path, nn.Module model, CheckpointInfo info)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(info);
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
    /// Copies the file's tensors into the model's parameters and buffers, converting their element type where it differs. Keys and shapes are checked first, so that a
    /// file that does not fit changes nothing. requires_grad stays as it is.
    /// </summary>
    /// <exception cref="ZooException">The file cannot be read or is damaged, or a key is missing, unexpected or has another shape; the message names the first few.</exception>
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
    /// <exception cref="ZooException">The file cannot be read, is damaged, or does not fit and the options do not allow that; then the model is unchanged.</exception>
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
        foreach (string key in plan.Reinitialised)
        {
            string layer = key[..key.LastIndexOf('.')];
            Tensor shaped = plan.State.GetValueOrDefault($"{layer}.weight") ?? plan.State[key];
            double bound = 1 / Math.Sqrt(Math.Max(1, shaped.shape.Skip(1).Aggregate(1L, (a, b) => a * b)));
            nn.init.uniform_(plan.State[key], -bound, bound);
        }
    }
}
