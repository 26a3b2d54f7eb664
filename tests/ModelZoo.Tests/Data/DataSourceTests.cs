using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

public class DataSourceTests
{
    [Theory]
    [InlineData("digits", "digits", "")]
    [InlineData("mnist:/data/mnist", "mnist", "/data/mnist")]
    [InlineData("fashion-mnist:C:\\data", "fashion-mnist", "C:\\data")]
    [InlineData("cifar10", "cifar10", "")]
    [InlineData("folder:/data/cats", "folder", "/data/cats")]
    public void A_source_is_a_name_and_perhaps_a_folder(string text, string name, string folder)
    {
        DataSource source = DataSource.Parse(text);
        Assert.Equal((name, folder), (source.Name, source.Folder));
        Assert.Equal(text, source.ToString());
        Assert.Equal(source, DataSource.Parse(text));
    }

    [Theory]
    [InlineData("mnit:/data", "Did you mean 'mnist'?")]
    [InlineData("fashion:/data", "Did you mean 'fashion-mnist'?")]
    [InlineData("digit", "Did you mean 'digits'?")]
    [InlineData("imagenet", "Use digits, mnist[:<folder>], fashion-mnist[:<folder>], cifar10[:<folder>], cifar100[:<folder>], folder:<path>, csv:<path>.")]
    [InlineData("", "Unknown data")]
    [InlineData("folder", "lacks its folder. Write folder:<path>, with the folder that holds the images.")]
    [InlineData("mnist:",
        "lacks its folder. Write mnist[:<folder>], with the folder that holds the official files, or mnist alone for what `zoo data get mnist` fetched.")]
    [InlineData("mnist: ", "lacks its folder")]
    [InlineData("digits:/data", "takes no folder. Write digits.")]
    [InlineData("digits:", "takes no folder")]
    public void A_mistake_is_answered_with_what_to_write(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => DataSource.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Loading_reads_the_part_asked_for() => Assert.Equal(640, DataSource.Parse("Digits").Load(DataSplit.Test).Count);

    [Fact]
    public void Loading_from_a_folder_that_is_not_there_names_it() => Assert.Contains(
        "/no/such/place", Assert.Throws<ZooException>(() => DataSource.Parse("mnist:/no/such/place").Load(DataSplit.Train)).Message, StringComparison.Ordinal);
}
