using Xunit;

namespace ModelZoo.Tests.Readme;

/// <summary>The pages say what is true of the code: their C# is compiled and run, their commands exist, their links lead somewhere.</summary>
public class ReadmeTests
{
    private const long MostBytes = 8192;

    public static TheoryData<string> Marks => [.. SamplePage.All.Select(sample => sample.Mark)];

    public static TheoryData<string> AllPages => [.. Pages.All];

    [Theory]
    [MemberData(nameof(Marks))]
    public void A_sample_stands_on_its_page(string mark)
    {
        SamplePage sample = SamplePage.All.Single(s => s.Mark == mark);
        string[] blocks = [.. Pages.CSharp(sample.Page)];
        Assert.Contains(sample.Code, blocks.Select(SamplePage.WithoutStrings));
        string block = blocks.First(b => SamplePage.WithoutStrings(b) == sample.Code);
        Assert.All(SamplePage.StringsOf(block), name => Assert.Contains($"string {name}", sample.Source, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(AllPages))]
    public void All_CSharp_of_a_page_is_run_by_a_test(string page) =>
        Assert.Empty(Pages.CSharp(page).Select(SamplePage.WithoutStrings).Except(SamplePage.All.Where(s => s.Page == page).Select(s => s.Code)));

    [Theory]
    [MemberData(nameof(AllPages))]
    public void Every_command_that_a_page_names_exists(string page) => Assert.Empty(Pages.Commands(page).Except(Pages.KnownCommands));

    [Fact]
    public void The_readme_names_every_command_but_the_one_for_contributors()
    {
        Assert.Equal(["catalog"], Pages.KnownCommands.Except(Pages.Commands("README.md")));
        Assert.Contains("catalog", Pages.Commands("CONTRIBUTING.md"));
    }

    [Fact]
    public void The_readme_is_short() => Assert.InRange(new FileInfo(Pages.PathOf("README.md")).Length, 1, MostBytes - 1);

    [Theory]
    [MemberData(nameof(AllPages))]
    public void Links_of_a_page_lead_somewhere(string page) => Assert.Empty(Pages.BrokenLinks(page));
}
