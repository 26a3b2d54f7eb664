using Xunit;

namespace ModelZoo.Reference.Tests;

public class UnpoolingTests
{
    private static readonly NdArray Small = new([1, 2, 3, 4], 1, 1, 2, 2);

    [Fact]
    public void Nearest_repeats_and_bed_of_nails_sets_the_corner()
    {
        Assert.Equal([1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4], Unpooling.Nearest(Small, 2).Data);
        Assert.Equal([1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0], Unpooling.BedOfNails(Small, 2).Data);
        Assert.Equal([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4], Unpooling.Nearest(Small, (1, 3)).Data);
    }

    [Fact]
    public void Max_unpooling_sets_values_where_the_maxima_were()
    {
        NdArray x = new([1, 2, 6, 3, 3, 5, 2, 1, 1, 2, 2, 1, 7, 3, 4, 8], 1, 1, 4, 4);
        Pooled pooled = MaxPooling.Forward(x, new(2));
        Assert.Equal([5, 6, 7, 8], pooled.Y.Data);
        Assert.Equal([0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 4], Unpooling.Max(Small, pooled.Indices, 4).Data);
    }

    [Fact]
    public void Gradients_agree_with_finite_differences() => Seeds.ForAll(30, random =>
    {
        Pair scale = (random.From(1, 3), random.From(1, 3));
        NdArray x = random.Array(random.From(1, 2), random.From(1, 3), random.From(1, 3), random.From(1, 3));
        NdArray gradY = random.Array(x.Shape[0], x.Shape[1], x.Shape[2] * scale.H, x.Shape[3] * scale.W);
        GradientCheck.Passes(() => Unpooling.Nearest(x, scale), gradY, (x, Unpooling.NearestBackward(gradY, scale).Value));
        GradientCheck.Passes(() => Unpooling.BedOfNails(x, scale), gradY, (x, Unpooling.BedOfNailsBackward(gradY, scale).Value));
        int[] indices = MaxPooling.Forward(random.Distinct([.. gradY.Shape]), new(scale)).Indices;
        Pair size = (gradY.Shape[2], gradY.Shape[3]);
        GradientCheck.Passes(() => Unpooling.Max(x, indices, size), gradY, (x, Unpooling.MaxBackward(x, indices, gradY)));
    });

    [Fact]
    public void Bad_arguments_throw()
    {
        Assert.Throws<ArgumentException>(() => Unpooling.Nearest(Small, 0));
        Assert.Throws<ArgumentException>(() => Unpooling.NearestBackward(Small, 3));
        Assert.Throws<ArgumentException>(() => Unpooling.Max(Small, [0, 1, 2], 4));
        Assert.Throws<ArgumentException>(() => Unpooling.Max(Small, [0, 1, 2, 16], 4));
        Assert.Throws<ArgumentException>(() => Unpooling.Max(Small, [0, 1, 2, 2], 4));
        Assert.Throws<ArgumentException>(() => Unpooling.MaxBackward(Small, [0, 1, 2, 3], NdArray.Zeros(1, 2, 4, 4)));
    }
}
