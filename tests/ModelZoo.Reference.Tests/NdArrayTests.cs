using Xunit;

namespace ModelZoo.Reference.Tests;

public class NdArrayTests
{
    [Fact]
    public void Data_are_row_major()
    {
        NdArray x = new([.. Enumerable.Range(0, 24).Select(i => (double)i)], 1, 2, 3, 4);
        Assert.Equal(23, x[0, 1, 2, 3]);
        Assert.Equal(4, x[0, 0, 1, 0]);
        Assert.Equal(12, x[0, 1, 0, 0]);
        Assert.Equal(5, x.Reshape(4, 6)[0, 5]);
    }

    [Fact]
    public void An_index_outside_its_own_dimension_throws()
    {
        NdArray x = NdArray.Zeros(2, 3);
        Assert.Throws<ArgumentException>(() => x[0, 3]);
        Assert.Throws<ArgumentException>(() => x[-1, 0]);
        Assert.Throws<ArgumentException>(() => x[0]);
        Assert.Throws<ArgumentException>(() => x[0, 0, 0] = 1);
    }

    [Fact]
    public void A_shape_that_does_not_fit_its_values_throws()
    {
        Assert.Throws<ArgumentException>(() => new NdArray([1, 2, 3], 2, 2));
        Assert.Throws<ArgumentException>(() => NdArray.Zeros(2, 0));
        Assert.Throws<ArgumentException>(() => NdArray.Zeros(-1));
    }

    [Fact]
    public void Reshape_copies_and_the_constructor_wraps()
    {
        double[] data = [1, 2];
        NdArray x = new(data, 2);
        NdArray copy = x.Reshape(1, 2);
        data[0] = 7;
        Assert.Equal(7, x[0]);
        Assert.Equal(1, copy[0, 0]);
    }
}
