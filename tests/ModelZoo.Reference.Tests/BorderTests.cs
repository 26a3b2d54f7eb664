using Xunit;

namespace ModelZoo.Reference.Tests;

public class BorderTests
{
    private static readonly NdArray Small = new([1, 2, 3, 4], 1, 1, 2, 2);

    [Fact]
    public void Zeros_come_around_and_negative_widths_cut()
    {
        Assert.Equal([0, 0, 0, 0, 1, 2, 0, 3, 4], new Border(Left: 1, Right: 0, Top: 1, Bottom: 0).Forward(Small).Data);
        Assert.Equal([4, 0, 0, 0], new Border(-1, 1, -1, 1).Forward(Small).Data);
        Assert.Equal([2, 4], new Border(-1, 0, 0, 0).Forward(Small).Data);
        Assert.Equal([1, 1, 3, 4], new Border(0, 2, 0, 1).Forward(Small).Shape);
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        Assert.Throws<ArgumentException>(() => new Border(-1, -1, 0, 0).Forward(Small));
        Assert.Throws<ArgumentException>(() => new Border(1, 1, 1, 1).Forward(NdArray.Zeros(2, 2)));
    }
}
