using System.Text.Json;
using ModelZoo.Registry;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class CatalogCommandTests
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
    public void List_and_info_show_the_cards_figures_and_what_is_published()
    {
        JsonElement[] rows = [.. Zoo.Run("list", "--json").Json.EnumerateArray()];
        foreach ((ModelInfo info, JsonElement row) in ModelZoo.Models.Catalog.Models.Models.Zip(rows))
        {
            ModelCard? card = ModelZoo.Models.Catalog.TryCardOf(info);
            Assert.Equal(card is null ? JsonValueKind.Null : JsonValueKind.Number, row.GetProperty("macs").ValueKind);
            Assert.Equal(info.Published.Select(w => $"{info.Name}:{w.Name}"), row.GetProperty("published").EnumerateArray().Select(w => w.GetString()));
        }

        ModelInfo shown = ModelZoo.Models.Catalog.Models.Models.FirstOrDefault(m => m.Published.Count > 0) ?? ModelZoo.Models.Catalog.Models.Find("convnet");
        JsonElement published = Zoo.Run("info", shown.Name, "--json").Json.GetProperty("published");
        Assert.Equal(shown.Published.Select(w => w.Url), published.EnumerateArray().Select(w => w.GetProperty("url").GetString()));
        string text = Zoo.Run("info", shown.Name).Output;
        Assert.All(shown.Published, w => Assert.Contains($"top-1 {w.Top1:F2} %", text, StringComparison.Ordinal));
        Assert.Equal(shown.Published.Count > 0, text.Contains("as published", StringComparison.Ordinal));
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
    public void Summary_takes_sizes_classes_channels_and_normalization_and_names_the_features()
    {
        JsonElement summary = Zoo.Run("summary", "resnet18", "--size", "64", "--num-classes", "10", "--in-channels", "1", "--norm", "group:32", "--json").Json;
        Assert.Equal([1, 64, 64], summary.GetProperty("input").EnumerateArray().Select(n => n.GetInt32()));
        Assert.Equal(11_689_512 - (2 * 64 * 49) - (990 * 513), summary.GetProperty("parameters").GetInt64());
        Assert.Equal([4, 8, 16, 32], summary.GetProperty("features").EnumerateArray().Select(f => f.GetProperty("stride").GetInt32()));
        Assert.Contains(summary.GetProperty("layers").EnumerateArray(), l => l.GetProperty("op").GetString() == "GroupNorm");
        Assert.Contains("leaves no choice of normalization", Zoo.Run("summary", "lenet5", "--norm", "layer").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_of_a_family_passes_and_says_on_what_input()
    {
        Zoo zoo = Zoo.Run("verify", "--all", "--family", "lenet", "--json", "--seed", "5");
        Assert.True(zoo.ExitCode == 0, zoo.Errors + zoo.Output);
        Assert.Equal(["lenet5_classic", "lenet5", "lenet5:mnist"], zoo.Json.EnumerateArray().Select(m => m.GetProperty("model").GetString()));
        Assert.All(zoo.Json.EnumerateArray(), m =>
        {
            Assert.True(m.GetProperty("passed").GetBoolean());
            Assert.Equal([1, 32, 32], m.GetProperty("input").EnumerateArray().Select(n => n.GetInt32()));
            Assert.Equal(4, m.GetProperty("endToEnd").GetArrayLength());
            Assert.InRange(m.GetProperty("worst").GetProperty("ratio").GetDouble(), 0, 1);
            Assert.True(m.GetProperty("checks").GetArrayLength() > 10);
        });
    }

    [Fact]
    public void Verify_of_all_ends_with_a_table_and_says_each_model_on_the_way()
    {
        Zoo zoo = Zoo.Run("verify", "--all", "--family", "smallcnn");
        Assert.True(zoo.ExitCode == 0, zoo.Errors + zoo.Output);
        Assert.Contains("1×28×28", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("all 1 verified", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("largest error/bound", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("verifying small_cnn", zoo.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_takes_a_size_and_leaves_out_what_it_is_told_to()
    {
        Zoo zoo = Zoo.Run("verify", "resnet20", "--size", "16", "--no-end-to-end");
        Assert.True(zoo.ExitCode == 0, zoo.Errors + zoo.Output);
        Assert.Contains("input 3×16×16;", zoo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("end to end", zoo.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bfloat16")]
    [InlineData("float16")]
    public void Verify_in_half_precision_passes_on_the_CPU(string type)
    {
        Zoo zoo = Zoo.Run("verify", "small_cnn", "--dtype", type, "--device", "cpu", "--no-end-to-end");
        Assert.True(zoo.ExitCode == 0, zoo.Errors + zoo.Output);
    }

    [Fact]
    public void Verify_shows_a_row_per_layer_and_writes_a_page()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("page.html");
        Zoo zoo = Zoo.Run("verify", "lenet5", "--html", file);
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        Assert.Contains("Conv2d k5", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("lenet5: verified", zoo.Output, StringComparison.Ordinal);
        Assert.Contains($"wrote {file}", zoo.Errors, StringComparison.Ordinal);
        string page = File.ReadAllText(file);
        Assert.Contains("✓ Verified", page, StringComparison.Ordinal);
        Assert.Contains($"zoo verify lenet5 --html {file}", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_of_all_writes_an_index_and_a_page_for_each()
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.Run("verify", "--all", "--family", "lenet", "--html", folder.File("pages"));
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        string index = File.ReadAllText(Path.Combine(folder.File("pages"), "index.html"));
        Assert.Contains("href=\"lenet5-mnist.html\"", index, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder.File("pages"), "lenet5-mnist.html")));
    }

    [Fact]
    public void Verify_says_before_the_work_that_a_page_cannot_be_written()
    {
        Zoo zoo = Zoo.Run("verify", "lenet5", "--html", "/");
        Assert.NotEqual(0, zoo.ExitCode);
        Assert.Contains("--html /", zoo.Errors, StringComparison.Ordinal);
    }

    private static string Snapshot(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Snapshots", name));
}
