using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Inputs;

/// <summary>Images to classify, from .npy files.</summary>
internal static class ImageFiles
{
    /// <summary>Reads every image of every file; all must have one size.</summary>
    internal static (ImageDataset Data, string[] Names) Read(string[] files, ResolvedModel model)
    {
        var pixels = new List<float>();
        var names = new List<string>();
        ImageShape? first = null;
        foreach (string file in files)
        {
            NpyArray array = Npy.Read(file);
            long[] s = array.Shape;
            (long n, long c, long h, long w) = s.Length switch
            {
                2 => (1, 1, s[0], s[1]),
                3 => (1, s[0], s[1], s[2]),
                4 => (s[0], s[1], s[2], s[3]),
                _ => throw new ZooException($"{file} has shape [{string.Join(",", s)}]; an image is [H,W], [C,H,W] or [N,C,H,W]."),
            };
            if (Math.Min(Math.Min(n, c), Math.Min(h, w)) < 1)
            {
                throw new ZooException($"{file} has shape [{string.Join(",", s)}]: it holds no image.");
            }

            var shape = new ImageShape((int)c, (int)h, (int)w);
            MustFit(file, shape, model);
            if (first is { } other && other != shape)
            {
                throw new ZooException($"{file} holds images of {shape}, the files before it {other}. Classify them in separate calls.");
            }

            first = shape;
            pixels.AddRange(Scaled(array.Data, file));
            names.AddRange(Enumerable.Range(0, (int)n).Select(i => n == 1 ? file : $"{file}[{i}]"));
        }

        var info = new DatasetInfo("images", string.Join(", ", files), "", model.Labels);
        return (ImageDataset.FromFloats(info, first!.Value, pixels.ToArray(), new int[names.Count]), [.. names]);
    }

    private static void MustFit(string file, ImageShape shape, ResolvedModel model)
    {
        Preprocessing p = model.Preprocessing;
        if (shape.Channels != p.Channels && shape.Channels != 1)
        {
            throw new ZooException($"{file} holds images of {shape}; {model.Info.Name} takes {p.Channels}×{p.Height}×{p.Width}.");
        }
    }

    // Bytes as floats (0…255) and ready fractions (0…1) are both common.
    private static float[] Scaled(float[] data, string file)
    {
        float max = data.Max(), min = data.Min();
        if (!float.IsFinite(max) || !float.IsFinite(min) || min < 0 || max > 255)
        {
            throw new ZooException($"{file} has values from {min} to {max}; pixels are 0…1 or 0…255.");
        }

        return max > 1 ? [.. data.Select(v => v / 255)] : data;
    }
}
