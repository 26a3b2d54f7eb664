using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>
/// Saves and loads models: a safetensors file with the tensors of <c>state_dict</c> under PyTorch's keys, and a <see cref="CheckpointInfo"/> among its metadata.
/// Other safetensors files load as well, as long as their keys and shapes are the model's.
/// </summary>
public static class Checkpoint
{
    /// <summary>Writes a checkpoint, atomically: a file that was there before is there until the new one is complete.</summary>
    /// <exception cref="ZooException">The file cannot be written.</exception>
    public static void Save(string path, nn.Module model, CheckpointInfo info)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(info);
        SafetensorsTensor[] tensors = [.. model.state_dict()
            .Select(entry => new SafetensorsTensor(entry.Key, entry.Value.dtype.ToFile(), entry.Value.shape, stream => WriteBytes(entry.Value, stream)))
            .OrderByDescending(t => t.Type.Size())];
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt", [CheckpointJson.Key] = CheckpointJson.Write(info) });
    }

    /// <summary>Reads the description alone.</summary>
    /// <exception cref="ZooException">The file cannot be read, is damaged, or was not made by the zoo.</exception>
    public static CheckpointInfo ReadInfo(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return CheckpointJson.Read(file);
    }

    /// <summary>The same for bytes in memory.</summary>
    public static CheckpointInfo ReadInfo(byte[] bytes, string displayName)
    {
        using SafetensorsFile file = SafetensorsFile.Parse(bytes, displayName);
        return CheckpointJson.Read(file);
    }

    /// <summary>
    /// Copies the file's tensors into the model's parameters and buffers, converting their element type where it differs. Keys and shapes are checked first, so that a
    /// file that does not fit changes nothing. requires_grad stays as it is.
    /// </summary>
    /// <exception cref="ZooException">The file cannot be read or is damaged, or a key is missing, unexpected or has another shape; the message names the first few.</exception>
    public static void LoadInto(nn.Module model, string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        LoadInto(model, file);
    }

    /// <summary>The same for bytes in memory.</summary>
    public static void LoadInto(nn.Module model, byte[] bytes, string displayName)
    {
        using SafetensorsFile file = SafetensorsFile.Parse(bytes, displayName);
        LoadInto(model, file);
    }

    internal static void LoadInto(nn.Module model, SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, Tensor> state = model.state_dict();
        KeyReport.Check(model.GetName(), state, file);
        using (no_grad())
        {
            foreach ((string key, Tensor target) in state)
            {
                using Tensor source = ReadTensor(file, file[key]);
                target.copy_(source);
            }
        }
    }

    private static Tensor ReadTensor(SafetensorsFile file, SafetensorsEntry entry)
    {
        Tensor tensor = empty([.. entry.Shape], dtype: entry.Type.ToTorch());
        if (entry.ByteLength > 0)
        {
            file.CopyTo(entry.Name, tensor.bytes);
        }

        return tensor;
    }

    private static void WriteBytes(Tensor tensor, Stream stream)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor plain = tensor.detach().cpu().contiguous();
        if (plain.numel() > 0)
        {
            stream.Write(plain.bytes);
        }
    }
}
