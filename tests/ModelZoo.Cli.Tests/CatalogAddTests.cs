using ModelZoo.Models;
using ModelZoo.Registry;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary><c>zoo catalog add</c> in a checkout that has nothing of the model yet.</summary>
public class CatalogAddTests
{
    [Fact]
    public void The_files_of_a_model_come_out_as_they_were_committed_and_what_is_left_is_told()
    {
        using var folder = new TemporaryFolder();
        ModelInfo info = Models.Catalog.Models.Find("lenet5");
        CatalogFiles committed = CatalogFiles.Find(AppContext.BaseDirectory), written = Checkout(folder.Path);
        Copy(committed, written, info.Weights[0].Resource);

        Zoo zoo = Zoo.RunIn(folder.Path, "catalog", "add", "lenet5");
        Assert.Equal(0, zoo.ExitCode);
        Assert.Equal(File.ReadAllText(committed.BlueprintOf(info)), File.ReadAllText(written.BlueprintOf(info)));
        Assert.Equal(File.ReadAllText(committed.ManifestOf(info)), File.ReadAllText(written.ManifestOf(info)));
        ModelCard old = ModelCard.Parse(File.ReadAllBytes(committed.CardOf(info)), "old");
        ModelCard card = ModelCard.Parse(File.ReadAllBytes(written.CardOf(info)), "new");
        Assert.Empty(old.DifferencesTo(card));
        Assert.Null(card.Weights["mnist"].Accuracy); // no card was there to take it from, and no data
        Assert.Contains("it is the model's own word so far", Plain(zoo.Output), StringComparison.Ordinal);
        Assert.Contains("a recipe in", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("a row of the family lenet in", Plain(zoo.Output), StringComparison.Ordinal);

        // Again: what another source may have written stays, and the accuracy that a card has too.
        File.WriteAllText(written.ManifestOf(info), "# made elsewhere\n");
        File.WriteAllBytes(written.CardOf(info), old.ToJson());
        Assert.Equal(0, Zoo.RunIn(folder.Path, "catalog", "add", "lenet5", "--json").ExitCode);
        Assert.Equal("# made elsewhere\n", File.ReadAllText(written.ManifestOf(info)));
        Assert.Equal(old.ToJson(), File.ReadAllBytes(written.CardOf(info)));
    }

    [Fact]
    public void Torchvisions_models_ask_for_torchvision_where_it_is_not()
    {
        using var folder = new TemporaryFolder();
        Checkout(folder.Path);
        Zoo zoo = Zoo.RunIn(folder.Path, "catalog", "add", "alexnet", "--json");
        Assert.Equal(0, zoo.ExitCode);
        Assert.Equal(2, zoo.Json.GetProperty("written").GetArrayLength());
        Assert.Contains("again where torchvision is", zoo.Json.GetProperty("remaining")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Outside_a_checkout_and_without_a_model_it_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        Zoo outside = Zoo.RunIn(folder.Path, "catalog", "add", "lenet5");
        Assert.Equal(1, outside.ExitCode);
        Assert.Contains("is not inside a checkout", outside.Errors, StringComparison.Ordinal);
        Assert.Equal(2, Zoo.RunIn(folder.Path, "catalog", "add").ExitCode);
        Assert.Contains("Did you mean 'lenet5'?", Zoo.RunIn(folder.Path, "catalog", "add", "lenet6").Errors, StringComparison.Ordinal);
    }

    private static CatalogFiles Checkout(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "ModelZoo.sln"), "");
        return CatalogFiles.Find(folder);
    }

    private static void Copy(CatalogFiles from, CatalogFiles to, string name)
    {
        string target = Path.Combine(to.Models, name);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(Path.Combine(from.Models, name), target);
    }

    private static string Plain(string text) => text.ReplaceLineEndings(" ");
}
