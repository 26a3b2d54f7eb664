using System.Text;
using ModelZoo.Data;

namespace ModelZoo.Cli;

/// <summary>Small gray images as text: one pixel is two characters wide, ink is dense.</summary>
internal static class ImageDrawing
{
    private const int Gap = 2;
    private const string Ramp = " .:-=+*#%@";

    /// <summary>All images, each with a caption under it, as many side by side as there is room for.</summary>
    internal static IEnumerable<string> Of(ImageDataset data, IReadOnlyList<string> captions, int columns)
    {
        int width = Math.Max(2 * data.Shape.Width, captions.Max(c => c.Length));
        int fitting = Math.Max(1, (columns + Gap) / (width + Gap));
        return Enumerable.Range(0, data.Count).Chunk(fitting).SelectMany(row => SideBySide(data, row, [.. row.Select(i => captions[i])], width));
    }

    private static IEnumerable<string> SideBySide(ImageDataset data, int[] indices, string[] captions, int width)
    {
        ImageShape shape = data.Shape;
        var pixels = new float[indices.Length][];
        for (int i = 0; i < indices.Length; i++)
        {
            data.CopyImage(indices[i], pixels[i] = new float[shape.Length]);
        }

        for (int row = 0; row < shape.Height; row++)
        {
            var line = new StringBuilder();
            foreach (float[] image in pixels)
            {
                var cells = new StringBuilder();
                for (int column = 0; column < shape.Width; column++)
                {
                    cells.Append(Ramp[Math.Clamp((int)(image[row * shape.Width + column] * Ramp.Length), 0, Ramp.Length - 1)], 2);
                }

                line.Append(cells.ToString().PadRight(width)).Append(' ', Gap);
            }

            yield return line.ToString().TrimEnd();
        }

        yield return string.Concat(captions.Select(c => c.PadRight(width + Gap))).TrimEnd();
    }
}
