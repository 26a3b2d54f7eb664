using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;

namespace ModelZoo.Cli.Inputs;

/// <summary>Pictures named on the command line: files, and folders of them.</summary>
internal static class PictureArgument
{
    /// <summary>Whether an argument is an array file, not a picture.</summary>
    internal static bool IsArray(string path) => path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase);

    /// <summary>The files, with each folder replaced by the pictures in it and below it, sorted by name; and of each folder what was passed over.</summary>
    /// <exception cref="UsageException">A path does not exist, a folder has no pictures, or arrays stand among the pictures.</exception>
    internal static (string[] Files, FolderSummary[] Folders) Expand(string[] paths)
    {
        var files = new List<string>();
        var folders = new List<FolderSummary>();
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
            {
                PictureFiles inside = PictureFiles.Below(path);
                var summary = new FolderSummary(path, inside.Files.Count, inside.PassedOver);
                folders.Add(summary);
                files.AddRange(inside.Files.Count > 0 ? inside.Files : throw new UsageException($"{summary}. The folder has no pictures "
                    + $"({string.Join(" ", PictureFiles.Endings)})."));
            }
            else
            {
                files.Add(!File.Exists(path) ? throw new UsageException(path.Contains('\uFFFD', StringComparison.Ordinal)
                        ? $"{path}: its name is not in UTF-8, so that it cannot be opened. Rename it."
                        : $"{path}: no such file or folder. Check the path.")
                    : IsArray(path) ? throw new UsageException($"{path}: classify arrays and pictures in separate calls.")
                    : path);
            }
        }

        return ([.. files], [.. folders]);
    }

    /// <summary>One picture as a batch of one, fitted and normalized as these weights take it: [1,C,H,W].</summary>
    internal static (float[] Data, long[] Shape) Batch(string path, ResolvedModel model, DecodeOptions decoding)
    {
        var pipeline = new ImagePipeline(model.Preprocessing, decoding);
        var data = new float[pipeline.Length];
        pipeline.Apply(path, data);
        return (data, [1, model.Preprocessing.Channels, model.Preprocessing.Height, model.Preprocessing.Width]);
    }
}
