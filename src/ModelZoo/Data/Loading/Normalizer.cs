using ModelZoo.Imaging;

namespace ModelZoo.Data.Loading;

/// <summary>
/// Bytes [H,W,3] to normalised values [C,H,W] (or [H,W,C]): (byte / 255 − mean) / std in single precision, each step rounded, so that the values have the bits of torchvision's
/// ToTensor and Normalize.
/// </summary>
internal sealed class Normalizer(Preprocessing preprocessing)
{
    private readonly float[][] tables = [.. Enumerable.Range(0, preprocessing.Channels).Select(c => Table(preprocessing.Mean[c], preprocessing.Std[c], 0))];

    /// <param name="image">Of the input's size.</param>
    /// <param name="destination">C·H·W values.</param>
    /// <param name="channelsLast">Whether the channels of a pixel lie side by side.</param>
    /// <param name="light">Added to the pixels' red, green and blue in [0,1], if anything.</param>
    public void Write(PixelImage image, Span<float> destination, bool channelsLast, (float Red, float Green, float Blue)? light = null)
    {
        int channels = tables.Length, plane = image.Width * image.Height;
        for (int c = 0; c < channels; c++)
        {
            float[] table = light is { } add ? Table(preprocessing.Mean[c], preprocessing.Std[c], c switch { 0 => add.Red, 1 => add.Green, _ => add.Blue }) : tables[c];
            ReadOnlySpan<byte> from = image.Rgb.AsSpan(c);
            if (channelsLast)
            {
                Span<float> to = destination[c..];
                for (int i = 0; i < plane; i++)
                {
                    to[i * channels] = table[from[3 * i]];
                }
            }
            else
            {
                Span<float> to = destination.Slice(c * plane, plane);
                for (int i = 0, at = 0; i < to.Length; i++, at += 3)
                {
                    to[i] = table[from[at]];
                }
            }
        }
    }

    private static float[] Table(float mean, float std, float light)
    {
        var table = new float[256];
        for (int b = 0; b < table.Length; b++)
        {
            table[b] = (b / 255f + light - mean) / std;
        }

        return table;
    }
}
