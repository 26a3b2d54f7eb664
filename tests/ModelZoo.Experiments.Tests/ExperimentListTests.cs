using Xunit;

namespace ModelZoo.Experiments.Tests;

public class ExperimentListTests
{
    [Fact]
    public void Two_experiments_of_one_name_are_refused() =>
        Assert.Contains("counting", Assert.Throws<ArgumentException>(() => new ExperimentList([new Counting(), new Counting()])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("Upper")]
    [InlineData("two--hyphens")]
    [InlineData("-first")]
    [InlineData("under_score")]
    [InlineData("")]
    public void A_name_that_is_not_kebab_case_is_refused(string name) => Assert.Throws<ArgumentException>(() => new ExperimentList([new Counting(name)]));

    [Fact]
    public void An_unknown_name_gets_the_nearest() =>
        Assert.Contains("'bn-bias'", Assert.Throws<UsageException>(() => ExperimentCatalog.Experiments.Find("bn-bais")).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_experiment_says_what_it_claims_who_claims_it_and_what_it_runs() => Assert.All(ExperimentCatalog.Experiments.All, e =>
    {
        Assert.EndsWith(".", e.Info.Claim, StringComparison.Ordinal);
        Assert.NotEmpty(e.Info.Source);
        Assert.NotEmpty(e.Info.Runs);
        Assert.False(e.Info.Runs.EndsWith('.'), e.Name);
    });
}
