using ModelZoo.Plots;
using Xunit;

namespace ModelZoo.Tests.Plots;

public class ViridisTests
{
    [Fact]
    public void It_has_the_colors_of_matplotlib()
    {
        // matplotlib.colormaps["viridis"](x), bytes=True.
        ((byte R, byte G, byte B) Color, double Share)[] all = [((68, 1, 84), 0), ((59, 82, 139), 0.25), ((33, 145, 140), 0.5), ((94, 201, 98), 0.75),
            ((253, 231, 37), 1)];
        foreach ((var expected, double share) in all)
        {
            (byte r, byte g, byte b) = Viridis.At(share);
            Assert.InRange(r - expected.R, -4, 4);
            Assert.InRange(g - expected.G, -4, 4);
            Assert.InRange(b - expected.B, -4, 4);
        }

        Assert.Equal((Viridis.At(0), Viridis.At(1), Viridis.At(0)), (Viridis.At(-3), Viridis.At(9), Viridis.At(double.NaN)));
    }

    [Fact]
    public void Equal_steps_are_equally_light()
    {
        double[] light = [.. Enumerable.Range(0, 17).Select(i => Lightness(Viridis.At(i / 16.0)))];
        double mean = (light[^1] - light[0]) / 16;
        Assert.All(light.Zip(light.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 0.8 * mean, 1.2 * mean));

        // A rainbow is not: the check sees it.
        double[] rainbow = [Lightness((255, 0, 0)), Lightness((255, 255, 0)), Lightness((0, 255, 0)), Lightness((0, 0, 255))];
        Assert.Contains(rainbow.Zip(rainbow.Skip(1)), pair => pair.Second < pair.First);
    }

    // CIE L* of an sRGB color.
    private static double Lightness((byte R, byte G, byte B) color)
    {
        double y = (0.2126 * Linear(color.R)) + (0.7152 * Linear(color.G)) + (0.0722 * Linear(color.B));
        return y > 0.008856 ? (116 * Math.Cbrt(y)) - 16 : 903.3 * y;

        static double Linear(byte b) => b / 255.0 is var c && c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4);
    }
}
