using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

/// <summary>
/// The constants come from PyTorch 1.13, for x = (torch.arange(n) * step % modulus / (modulus - 1)).reshape(1, 1, h, w):
/// F.interpolate(x, (H, W), mode='bilinear', align_corners=False), with antialias=True where an axis shrinks.
/// </summary>
public class ResizerTests
{
    [Fact]
    public void Enlarging_equals_PyTorchs_interpolate_without_antialias() =>
        AssertResized(Pattern(3 * 4, 7, 5), (3, 4), (5, 7),
        [
            0f, 0.178571448f, 0.464285731f, 0.75000006f, 0.946428537f, 0.517857015f, 0.25f,
            0.300000012f, 0.300000012f, 0.299999982f, 0.550000012f, 0.782142878f, 0.639285684f, 0.550000072f,
            0.75f, 0.482142776f, 0.0535714403f, 0.25000006f, 0.535714328f, 0.821428597f, 1f,
            0.449999958f, 0.449999988f, 0.450000077f, 0.324999988f, 0.235714301f, 0.521428585f, 0.699999988f,
            0.25f, 0.428571433f, 0.714285731f, 0.374999911f, 0.0357143432f, 0.321428657f, 0.5f,
        ]);

    [Fact]
    public void Shrinking_equals_PyTorchs_antialiased_interpolate() =>
        AssertResized(Pattern(6 * 7, 11, 13), (6, 7), (3, 3),
        [
            0.715135992f, 0.523809552f, 0.221938819f, 0.732142866f, 0.382965684f, 0.414434493f, 0.583333373f, 0.280812353f, 0.653911531f,
        ]);

    [Fact]
    public void One_axis_may_shrink_while_the_other_grows() =>
        AssertResized(Pattern(6 * 7, 11, 13), (6, 7), (4, 9),
        [
            0.37500003f, 0.715277851f, 0.811342657f, 0.681712925f, 0.552083313f, 0.422453701f, 0.29282403f, 0.163194418f, 0.0520833358f,
            0.935185254f, 0.824074149f, 0.694444478f, 0.564814806f, 0.435185224f, 0.305555582f, 0.175925896f, 0.287037134f, 0.657407403f,
            0.814814746f, 0.703703642f, 0.57407403f, 0.444444388f, 0.314814806f, 0.185185194f, 0.256172895f, 0.527777851f, 0.898148119f,
            0.697916687f, 0.586805582f, 0.45717597f, 0.327546299f, 0.197916672f, 0.0682870597f, 0.540509522f, 0.892361104f, 0.78125f,
        ]);

    [Fact]
    public void Shrinking_to_one_pixel_weighs_every_pixel() => AssertResized(Pattern(6 * 7, 11, 13), (6, 7), (1, 1), [0.485610634f]);

    [Theory]
    [InlineData(8, 8, 32, 32)]
    [InlineData(37, 53, 16, 90)]
    [InlineData(1, 1, 5, 5)]
    [InlineData(224, 3, 7, 3)]
    public void A_constant_stays_constant_and_values_stay_in_range(int fromHeight, int fromWidth, int toHeight, int toWidth)
    {
        var resizer = new Resizer(fromHeight, fromWidth, toHeight, toWidth);
        var result = new float[toHeight * toWidth];
        resizer.Resize(Enumerable.Repeat(1f, fromHeight * fromWidth).ToArray(), result);
        Assert.All(result, value => Assert.Equal(1, value, 1e-6));

        var random = new SeededRandom(3);
        resizer.Resize([.. Enumerable.Range(0, fromHeight * fromWidth).Select(_ => (float)random.NextDouble())], result);
        Assert.All(result, value => Assert.InRange(value, 0, 1.000001f));
    }

    [Fact]
    public void The_same_size_copies() => AssertResized(Pattern(12, 7, 5), (3, 4), (3, 4), Pattern(12, 7, 5));

    [Fact]
    public void Wrong_lengths_and_sizes_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Resizer(1, 1, 0, 1));
        Assert.Throws<ArgumentException>(() => new Resizer(2, 2, 3, 3).Resize(new float[4], new float[8]));
        Assert.Throws<ArgumentException>(() => new Resizer(2, 2, 3, 3).Resize(new float[5], new float[9]));
    }

    private static float[] Pattern(int count, int step, int modulus) =>
        [.. Enumerable.Range(0, count).Select(i => i * step % modulus / (float)(modulus - 1))];

    private static void AssertResized(float[] from, (int Height, int Width) size, (int Height, int Width) to, float[] expected)
    {
        var result = new float[to.Height * to.Width];
        new Resizer(size.Height, size.Width, to.Height, to.Width).Resize(from, result);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], result[i], 1e-6);
        }
    }
}
