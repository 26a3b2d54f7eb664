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
    public void Pooling_what_max_unpooling_put_back_gives_the_maxima_again() => Properties.Hold(30, random =>
    {
        Pair scale = random.Pair(1, 3);
        NdArray x = random.Distinct(2, 2, random.From(1, 3) * scale.H, random.From(1, 3) * scale.W).Map(Math.Abs);
        Pooled pooled = MaxPooling.Forward(x, new(scale));
        NdArray back = Unpooling.Max(pooled.Y, pooled.Indices, (x.Shape[2], x.Shape[3]));
        Assert.Equal(pooled.Y.Data, MaxPooling.Forward(back, new(scale)).Y.Data);
        Assert.All(back.Data.Zip(x.Data), pair => Assert.True(pair.First == 0 || pair.First == pair.Second));
        Assert.Equal(pooled.Y.Count, back.Data.Count(value => value != 0));
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
