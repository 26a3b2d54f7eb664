using ModelZoo.Imaging;

namespace ModelZoo.Tests.Imaging;

/// <summary>A model's input made from a picture, normalized, and how far two of them are apart.</summary>
internal static class Inputs
{
    public static float[] Of(PixelImage image, Preprocessing preprocessing)
    {
        var input = new float[preprocessing.Channels * preprocessing.Height * preprocessing.Width];
        Fractions(image, preprocessing, input);
        int plane = preprocessing.Height * preprocessing.Width;
        for (int i = 0; i < input.Length; i++)
        {
            input[i] = (input[i] - preprocessing.Mean[i / plane]) / preprocessing.Std[i / plane];
        }

        return input;
    }

    /// <summary>A model's input before mean and standard deviation: values in [0,1].</summary>
    public static void Fractions(PixelImage image, Preprocessing preprocessing, Span<float> input) =>
        new ImagePipeline(preprocessing with { Mean = new float[preprocessing.Channels], Std = [.. Enumerable.Repeat(1f, preprocessing.Channels)] })
            .Apply(image, input);

    /// <summary>The largest difference of two normalized inputs, in 1/255 of a pixel's range, and how many values are the same to the bit.</summary>
    public static (double Largest, int Same) Compare(float[] expected, float[] actual, Preprocessing preprocessing)
    {
        int plane = preprocessing.Height * preprocessing.Width, same = 0;
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            same += expected[i] == actual[i] ? 1 : 0;
            largest = Math.Max(largest, Math.Abs((double)expected[i] - actual[i]) * preprocessing.Std[i / plane] * 255);
        }

        return (largest, same);
    }
}
