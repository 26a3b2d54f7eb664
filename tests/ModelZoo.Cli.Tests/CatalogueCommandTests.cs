using System.Text.Json;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class CatalogueCommandTests
{
    [Fact]
    public void List_as_json_names_every_model_with_its_figures()
    {
        Zoo zoo = Zoo.Run("list", "--json");
        Assert.Equal(0, zoo.ExitCode);
        Assert.Equal(ModelZoo.Models.Catalog.Models.Models.Select(m => m.Name), zoo.Json.EnumerateArray().Select(m => m.GetProperty("name").GetString()));
        JsonElement lenet = zoo.Json.EnumerateArray().Single(m => m.GetProperty("name").GetString() == "lenet5");
        Assert.Equal("lenet", lenet.GetProperty("family").GetString());
        Assert.Equal(61_706, lenet.GetProperty("parameters").GetInt64());
        Assert.Equal(416_520, lenet.GetProperty("macs").GetInt64());
        Assert.Equal([1, 32, 32], lenet.GetProperty("input").EnumerateArray().Select(i => i.GetInt32()));
    }

    [Fact]
    public void Summary_of_LeNet_5_prints_the_papers_table()
    {
        Zoo zoo = Zoo.Run("summary", "lenet5_classic");
        Assert.Equal(0, zoo.ExitCode);
        Assert.Equal(Snapshot("summary-lenet5_classic.txt"), zoo.Output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Info_shows_the_measured_accuracy_of_shipped_weights()
    {
        JsonElement card = Zoo.Run("info", "lenet5", "--json").Json.GetProperty("card");
        Assert.Equal(61_706, card.GetProperty("parameters").GetInt64());
        JsonElement weights = card.GetProperty("weights").GetProperty("mnist");
        Assert.Equal("mnist/test", weights.GetProperty("data").GetString());
        Assert.Equal(10_000, weights.GetProperty("images").GetInt32());
        Assert.InRange(weights.GetProperty("accuracy").GetDouble(), 0.990, 1);
    }

    [Fact]
    public void Verify_of_the_whole_catalogue_passes_and_says_so()
    {
        Zoo zoo = Zoo.Run("verify", "--all", "--json", "--seed", "5");
        Assert.True(zoo.ExitCode == 0, zoo.Errors + zoo.Output);
        Assert.All(zoo.Json.EnumerateArray(), m => Assert.True(m.GetProperty("passed").GetBoolean()));
        Assert.Contains("lenet5:mnist", zoo.Json.EnumerateArray().Select(m => m.GetProperty("model").GetString()));
        Assert.All(zoo.Json.EnumerateArray(), m => Assert.True(m.GetProperty("checks").GetArrayLength() > 10));
    }

    private static string Snapshot(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Snapshots", name));
}
