using ModelZoo.Imaging;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Imaging;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>A classifier that is right by construction: each class is a gray level, and it names the nearest one. So any mistake is one of labels.</summary>
internal static class GrayLevels
{
    /// <summary>Writes a checkpoint whose logits are in the order of <paramref name="classes"/>.</summary>
    public static string Save(string path, params (string Label, int Gray)[] classes)
    {
        ModelInfo info = Catalog.Models.Find("small_cnn");
        ModelOptions options = info.Defaults with { NumClasses = classes.Length };
        using ZooModel model = info.Create(options);
        using (no_grad())
        using (NewDisposeScope())
        {
            Dictionary<string, Tensor> state = model.state_dict();
            foreach (Tensor tensor in state.Values)
            {
                tensor.zero_();
            }

            // Means of 5×5 pixels leave a plain picture's gray as it is; it comes into the head 16 times.
            state["conv1.weight"][0, 0].fill_(1.0 / 25);
            state["conv2.weight"][0, 0].fill_(1.0 / 25);
            for (int k = 0; k < classes.Length; k++)
            {
                double gray = classes[k].Gray / 255.0; // 2·x·g − g² is largest for the g nearest to x
                state["fc.weight"][k].narrow(0, 0, 16).fill_(1000 * 2 * gray / 16);
                state["fc.bias"][k].fill_(-1000 * gray * gray);
            }
        }

        Checkpoint.Save(path, model, new CheckpointInfo
        {
            Architecture = info.Name,
            Options = options,
            Labels = [.. classes.Select(c => c.Label)],
            Preprocessing = new(1, 28, 28, Fit.Resize, [0], [1]),
        });
        return path;
    }

    /// <summary>Plain pictures of these gray levels, each as often as is said.</summary>
    public static void Write(string root, params (string Folder, int Gray, int Count)[] folders)
    {
        foreach ((string folder, int gray, int count) in folders)
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
            for (int i = 0; i < count; i++)
            {
                File.WriteAllBytes(Path.Combine(root, folder, $"{gray}-{i}.png"), PngFile.Rgb(28, 28, [.. Enumerable.Repeat((byte)gray, 3 * 28 * 28)]));
            }
        }
    }
}
