using Xunit;

namespace ModelZoo.Reference.Tests;

public class PaddedShortcutTests
{
    [Fact]
    public void Every_second_pixel_is_kept_and_zeros_follow()
    {
        NdArray x = new([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
        NdArray y = PaddedShortcut.Forward(x, 2, 2);
        Assert.Equal([1, 2, 2, 2], y.Shape);
        Assert.Equal([1.0, 3, 7, 9, 0, 0, 0, 0], y.Data);
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        NdArray x = NdArray.Zeros(1, 3, 4, 4);
        Assert.Throws<ArgumentException>(() => PaddedShortcut.Forward(x, 2, 2));
        Assert.Throws<ArgumentException>(() => PaddedShortcut.Forward(x, 3, 0));
        Assert.Throws<ArgumentException>(() => PaddedShortcut.Forward(NdArray.Zeros(3, 4), 3, 2));
        Assert.Throws<ArgumentException>(() => PaddedShortcut.Backward(x, NdArray.Zeros(1, 6, 4, 4), 2));
    }
}
