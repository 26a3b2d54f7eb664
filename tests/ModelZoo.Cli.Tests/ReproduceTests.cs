using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class ReproduceTests
{
    [Fact]
    public void The_list_names_every_experiment_with_claim_and_source()
    {
        Zoo zoo = Zoo.Run("reproduce", "--list", "--json");
        Assert.Equal(0, zoo.ExitCode);
        string[] names = [.. zoo.Json.EnumerateArray().Select(e => e.GetProperty("name").GetString()!)];
        Assert.Contains("bn-bias", names);
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Contains("bn-bias", Zoo.Run("reproduce", "--list", "--group", "identities").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Claims_are_tried_once_and_stand_on_one_page()
    {
        using var folder = new TemporaryFolder();
        Zoo first = Zoo.RunIn(folder.Path, "reproduce", "bn-bias", "conv-parameters", "--json");
        Assert.Equal(0, first.ExitCode); // a claim that does not hold is a result
        Assert.Contains("1/2 bn-bias", first.Errors, StringComparison.Ordinal);
        JsonElement[] results = [.. first.Json.GetProperty("experiments").EnumerateArray()];
        Assert.Equal(["reproduced", "notReproduced"], results.Select(r => r.GetProperty("verdict").GetString()));
        Assert.All(results, r => Assert.False(r.GetProperty("finishedBefore").GetBoolean()));

        string page = Path.Combine(folder.Path, "runs", "reproduce", "index.html");
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(page)!, "bn-bias.json")));
        Zoo second = Zoo.RunIn(folder.Path, "reproduce", "bn-bias", "same-padding");
        Assert.Equal(0, second.ExitCode);
        Assert.Contains("finished before", second.Errors, StringComparison.Ordinal);
        string[] links = [.. XDocument.Parse(File.ReadAllText(page)).Descendants().Attributes("href").Select(a => a.Value)];
        Assert.Contains("#bn-bias", links);
        Assert.Contains("#conv-parameters", links); // of the run before
        Assert.Contains("#same-padding", links);
    }

    [Fact]
    public void Strict_makes_a_claim_that_fails_an_error()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(1, Zoo.RunIn(folder.Path, "reproduce", "conv-parameters", "--strict", "--out", "r").ExitCode);
        Assert.Equal(0, Zoo.RunIn(folder.Path, "reproduce", "bn-bias", "--strict", "--out", "r", "--seed", "5").ExitCode);
    }

    [Fact]
    public void Data_that_are_not_there_stop_one_experiment_and_not_the_others()
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.RunIn(folder.Path, "reproduce", "lenet-stages", "bn-bias", "--data", "mnist:nowhere", "--json");
        Assert.Equal(1, zoo.ExitCode);
        JsonElement[] results = [.. zoo.Json.GetProperty("experiments").EnumerateArray()];
        Assert.Contains("nowhere", results[0].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("reproduced", results[1].GetProperty("verdict").GetString());
    }

    [Fact]
    public void A_folder_that_is_a_file_is_refused_before_the_work()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("taken"), "");
        Zoo zoo = Zoo.RunIn(folder.Path, "reproduce", "bn-bias", "--out", "taken");
        Assert.Equal(1, zoo.ExitCode);
        Assert.Contains("--out", zoo.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("1/1", zoo.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void What_needs_photographs_is_left_out_where_there_are_none_and_that_is_said()
    {
        using var folder = new TemporaryFolder();
        Zoo.Running running = Zoo.Start(folder.Path, "reproduce", "--all", "--out", "r");
        running.WaitFor("left out: transfer-photographs needs photographs");
        running.Signal(15);
        Assert.Equal(143, running.Finish().ExitCode);

        Zoo named = Zoo.RunIn(folder.Path, "reproduce", "transfer-photographs", "--out", "r");
        Assert.Equal(1, named.ExitCode);
        Assert.Contains("--data folder:<path>", named.Output, StringComparison.Ordinal);
    }
}
