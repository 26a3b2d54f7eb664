using System.Text;
using ModelZoo.Data;

namespace ModelZoo.Cli;

/// <summary>Small gray images as text: one pixel is two characters wide, ink is dense.</summary>
internal static class ImageDrawing
{
    private const string Ramp = " .:-=+*#%@";

    /// <summary>Images side by side, each with a caption under it.</summary>
    internal static IEnumerable<string> SideBySide(ImageDataset data, IReadOnlyList<int> indices, IReadOnlyList<string> captions)
    {
        ImageShape shape = data.Shape;
        var pixels = new float[indices.Count][];
        for (int i = 0; i < indices.Count; i++)
        {
            data.CopyImage(indices[i], pixels[i] = new float[shape.Length]);
        }

        int width = Math.Max(2 * shape.Width, captions.Max(c => c.Length));
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

                line.Append(cells.ToString().PadRight(width)).Append("  ");
            }

            yield return line.ToString().TrimEnd();
        }

        yield return string.Concat(captions.Select(c => c.PadRight(width + 2))).TrimEnd();
    }
}
