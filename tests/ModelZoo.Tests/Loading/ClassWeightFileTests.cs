using System.Text;
using ModelZoo.Loading;
using ModelZoo.Training;
using Xunit;

namespace ModelZoo.Tests.Loading;

public class ClassWeightFileTests
{
    [Theory]
    [InlineData("w.csv", "class,weight\ncat,1\n\"dog, wet\",2.5\n")]
    [InlineData("w.csv", "cat;1\ndog, wet;2.5\n")]
    [InlineData("w.json", "{\"dog, wet\": 2.5, \"cat\": 1}")]
    public void Tables_and_objects_say_the_same(string name, string text)
    {
        using var folder = new TempFolder();
        ClassWeights read = ClassWeightFile.Read(folder.Write(name, Encoding.UTF8.GetBytes(text)));
        Assert.Equal([("cat", 1.0), ("dog, wet", 2.5)], read.Named.Select(w => (w.Key, w.Value)));
        Assert.Equal(read, new Recipe().With("class_weights", read.ToString()).ClassWeights); // as a flag gives it to the recipe
        Assert.Equal(read, Recipe.Parse(new Recipe { ClassWeights = read }.ToJson(), "recipe.json").ClassWeights);
    }

    [Theory]
    [InlineData("w.csv", "cat,1\ndog,x\n", "line 2 is 'dog,x'")]
    [InlineData("w.csv", "cat,1\ncat,2\n", "line 2 gives 'cat' a second weight")]
    [InlineData("w.csv", "cat,1\ndog,-2\n", "gives 'dog' the weight -2")]
    [InlineData("w.csv", "cat,1\ndog,nan\n", "gives 'dog' the weight NaN")]
    [InlineData("w.csv", "cat\ndog\n", "class,weight are needed")]
    [InlineData("w.json", "{\"cat\": 1, \"cat\": 2}", "JSON is not as it should be")]
    [InlineData("w.json", "[1]", "Write {\"class\": weight, …}.")]
    public void What_is_wrong_is_named_with_the_file(string name, string text, string expected)
    {
        using var folder = new TempFolder();
        string path = folder.Write(name, Encoding.UTF8.GetBytes(text)), message = Assert.Throws<ZooException>(() => ClassWeightFile.Read(path)).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.StartsWith(path, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains("/no/w.csv", Assert.Throws<ZooException>(() => ClassWeightFile.Read("/no/w.csv")).Message, StringComparison.Ordinal);
}
