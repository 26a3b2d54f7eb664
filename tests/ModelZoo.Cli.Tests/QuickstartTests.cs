using System.Text.Json;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class QuickstartTests
{
    [Fact]
    public void Quickstart_verifies_transfers_compares_saves_and_predicts()
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.RunIn(folder.Path, "quickstart", "--json");
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        JsonElement result = zoo.Json;
        Assert.True(result.GetProperty("verified").GetBoolean());
        double tuned = result.GetProperty("transfer").GetProperty("finalAccuracy").GetDouble();
        double scratch = result.GetProperty("scratch").GetProperty("finalAccuracy").GetDouble();
        Assert.InRange(tuned, 0.9, 1);
        Assert.InRange(scratch, 0.5, 1);
        Assert.True(
            result.GetProperty("transfer").GetProperty("secondsToTarget").GetDouble() < result.GetProperty("scratch").GetProperty("secondsToTarget")
                .GetDouble(),
            "a frozen backbone with cached features should reach the common accuracy sooner");
        Assert.Equal(6, result.GetProperty("predictions").GetArrayLength());
        Assert.True(File.Exists(Path.Combine(folder.Path, result.GetProperty("checkpoint").GetString()!)));
    }

    [Fact]
    public void Quickstart_in_a_pipe_draws_digits_and_names_the_next_commands()
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.RunIn(folder.Path, "quickstart");
        Assert.True(zoo.ExitCode == 0, zoo.Errors);
        Assert.Contains("@@", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("from scratch", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("next:", zoo.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[", zoo.Output, StringComparison.Ordinal);
    }
}
