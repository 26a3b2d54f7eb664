using ModelZoo.Imaging;
using ModelZoo.Inference;

namespace ModelZoo.Cli.Inputs;

/// <summary>Pictures named on the command line: JPEG and PNG files, and folders of them.</summary>
internal static class PictureArgument
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

    /// <summary>Whether an argument is an array file, not a picture.</summary>
    internal static bool IsArray(string path) => path.EndsWith(".npy", StringComparison.OrdinalIgnoreCase);

    /// <summary>The files, with each folder replaced by the pictures in it and below it, sorted by name.</summary>
    /// <exception cref="UsageException">A path does not exist, a folder has no pictures, or arrays stand among the pictures.</exception>
    internal static string[] Expand(string[] paths)
    {
        var files = new List<string>();
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
            {
                string[] inside = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                    .Where(f => Extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase)).Order(StringComparer.Ordinal)];
                files.AddRange(inside.Length > 0 ? inside : throw new UsageException($"{path}: the folder has no pictures ({string.Join(" ", Extensions)})."));
            }
            else
            {
                files.Add(!File.Exists(path) ? throw new UsageException($"{path}: no such file or folder. Check the path.")
                    : IsArray(path) ? throw new UsageException($"{path}: classify arrays and pictures in separate calls.")
                    : path);
            }
        }

        return [.. files];
    }

    /// <summary>One picture as a batch of one, fitted and normalized as torchvision does it for these weights: [1,C,H,W].</summary>
    internal static (float[] Data, long[] Shape) Batch(string path, ResolvedModel model)
    {
        Preprocessing p = model.Preprocessing;
        var data = new float[p.Channels * p.Height * p.Width];
        ImageTransform.ApplyNormalized(ImageDecoder.Decode(path), p, data);
        return (data, [1, p.Channels, p.Height, p.Width]);
    }
}
