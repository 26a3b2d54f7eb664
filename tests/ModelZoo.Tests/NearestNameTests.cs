using Xunit;

namespace ModelZoo.Tests;

public class NearestNameTests
{
    private static readonly string[] Known = ["lenet5", "lenet5_classic", "convnet", "resnet18", "resnet34", "vgg16", "mobilenet_v1"];

    [Theory]
    [InlineData("lenet", "lenet5")]
    [InlineData("LeNet-5", "lenet5")]
    [InlineData("ersnet18", "resnet18")]
    [InlineData("resnet43", "resnet34")]
    [InlineData("mobilenet", "mobilenet_v1")]
    [InlineData("lenet5_classical", "lenet5_classic")]
    [InlineData("mob", "mobilenet_v1")]
    [InlineData("bert", null)]
    [InlineData("xy", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_suggested_where_one_is_near(string given, string? expected) => Assert.Equal(expected, NearestName.Suggest(given, Known));

    [Fact]
    public void The_hint_is_a_sentence_or_nothing()
    {
        Assert.Equal(" Did you mean 'vgg16'?", NearestName.Hint("vgg61", Known));
        Assert.Equal("", NearestName.Hint("transformer", Known));
        Assert.Equal("", NearestName.Hint(new string('x', 1_000_000), Known));
    }
}
