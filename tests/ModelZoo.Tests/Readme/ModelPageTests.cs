using System.Globalization;
using System.Text.RegularExpressions;
using ModelZoo.Models;
using ModelZoo.Registry;
using Xunit;

namespace ModelZoo.Tests.Readme;

/// <summary>The counts and figures that docs/ states of the catalog are the catalog's.</summary>
public partial class ModelPageTests
{
    private static readonly string Page = File.ReadAllText(Pages.PathOf("docs/models.md"));

    public static TheoryData<string> All() => [.. Catalog.Models.Models.Select(m => m.Name)];

    [Fact]
    public void The_number_of_networks_is_the_catalogs() =>
        Assert.Equal(Catalog.Models.Models.Count, int.Parse(Networks().Match(Page).Groups[1].Value, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("docs/models.md")]
    [InlineData("docs/verification.md")]
    public void The_number_of_torchvisions_networks_is_the_catalogs(string page)
    {
        string[] counts = [.. Torchvisions().Matches(File.ReadAllText(Pages.PathOf(page))).Select(m => m.Groups[1].Value)];
        Assert.NotEmpty(counts);
        int known = Catalog.Models.Models.Count(m => m.Torchvision is not null);
        Assert.All(counts, count => Assert.Equal(known, int.Parse(count, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_model_has_a_row_of_its_family(string name)
    {
        string family = Catalog.Models.Find(name).Family;
        Assert.True(Rows().Any(row => row.Models.Any(m => m.Family == family)), $"docs/models.md has no row with a model of the family {family}.");
    }

    [Fact]
    public void Every_exact_figure_is_a_models_of_that_row() => Assert.Empty(Rows().SelectMany(Wrong));

    [Fact]
    public void A_wrong_digit_is_named() =>
        Assert.Equal(["60,001"], Wrong(([Catalog.Models.Find("lenet5")], "60,001; 61,706; 3.2 M")));

    private static IEnumerable<(ModelInfo[] Models, string Parameters)> Rows()
    {
        foreach (string[] cells in Page.Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split('|')))
        {
            IEnumerable<string> names = Code().Matches(cells[2]).Select(m => m.Groups[1].Value);
            ModelInfo[] models = [.. names.Select(n => Catalog.Models.TryFind(n, out ModelInfo? info) ? info : null).OfType<ModelInfo>()];
            if (models.Length > 0)
            {
                yield return (models, cells[3]);
            }
        }
    }

    private static IEnumerable<string> Wrong((ModelInfo[] Models, string Parameters) row)
    {
        HashSet<string> families = [.. row.Models.Select(m => m.Family)];
        HashSet<string> known = [.. Catalog.Models.Models.Where(m => families.Contains(m.Family))
            .Select(m => Catalog.CardOf(m).Parameters.ToString("N0", CultureInfo.InvariantCulture))];
        return Exact().Matches(row.Parameters).Select(m => m.Value).Where(figure => !known.Contains(figure));
    }

    [GeneratedRegex(@"^(\d+) networks", RegexOptions.Multiline)]
    private static partial Regex Networks();

    [GeneratedRegex(@"(\d+)\s+(?:networks\s+)?that\s+torchvision\s+has")]
    private static partial Regex Torchvisions();

    [GeneratedRegex("`([a-z0-9_]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\d{1,3}(?:,\d{3})+")]
    private static partial Regex Exact();
}
