using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace ModelZoo.Cli.Tests;

public class CompareTests
{
    [Theory]
    [InlineData("", "zoo compare needs <models>")]
    [InlineData("lenet5 resnt50 --no-timing", "Did you mean 'resnet50'?")]
    [InlineData("lenet5 --rounds 0", "--rounds takes a number from 1")]
    [InlineData("lenet5 --batch -3", "--batch takes a number from 1")]
    [InlineData("lenet5 --budget 2m", "--budget is about training: say on what with --data.")]
    [InlineData("lenet5 --recipe lenet5", "--recipe is about training")]
    [InlineData("lenet5 --data digits --budget soon", "--budget takes a time such as 90s, 2m or 1h, or epochs such as 3e, not 'soon'")]
    [InlineData("lenet5 --data digits --seeds 0", "--seeds takes a number from 1")]
    [InlineData("lenet5 --data digits --recipe lenet4", "--recipe lenet4: no such file, and no model of the catalog. Did you mean 'lenet5'?")]
    [InlineData("lenet5 --data digit", "Did you mean 'digits'?")]
    [InlineData("lenet5 encdec_nearest --data digits --no-timing", "encdec_nearest makes an image, not classes")]
    [InlineData("lenet5 --html .", "--html . is a folder")]
    [InlineData("--suite cifar", "There is no suite 'cifar'. Did you mean 'cifar10'?")]
    [InlineData("lenet5 --suite cifar10", "--suite says which networks are trained and how; leave lenet5 out.")]
    [InlineData("--suite cifar10 --rounds 3", "leave --rounds out")]
    [InlineData("--suite cifar10 --budget 3e --data digits", "--budget 3e: a suite's is a time of the processor")]
    [InlineData("--suite cifar10 --results none", "none: holds no results of the suite cifar10.")]
    public void What_cannot_be_compared_is_told_and_no_page_is_written(string arguments, string expected)
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.RunIn(folder.Path, ["compare", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.InRange(zoo.ExitCode, 1, 2);
        Assert.Contains(expected, zoo.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", zoo.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Tables_fit_a_hundred_columns_and_the_page_lies_beside_them()
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.RunIn(folder.Path, "compare", "lenet5", "alexnet_ungrouped", "resnet20", "--rounds", "1", "--batch", "2", "--threads", "1");
        Assert.Equal(0, zoo.ExitCode);
        Assert.All(zoo.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
        Assert.Contains("62,378,344", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("page: compare.html", zoo.Output, StringComparison.Ordinal);
        Assert.Contains("time, round 1 of 1: resnet20", zoo.Errors, StringComparison.Ordinal);
        string page = XDocument.Load(folder.File("compare.html")).ToString();
        Assert.Contains("zoo compare lenet5 alexnet_ungrouped resnet20 --rounds 1 --batch 2 --threads 1", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_the_whole_comparison()
    {
        using var folder = new TemporaryFolder();
        Zoo zoo = Zoo.RunIn(folder.Path, "compare", "lenet5", "small_cnn", "--no-timing", "--data", "digits", "--limit", "100", "--budget", "1e",
            "--seeds", "2", "--recipe", "lenet5", "--html", "out/mine.html", "--json");
        Assert.Equal(0, zoo.ExitCode);
        JsonElement first = zoo.Json.GetProperty("models")[0];
        Assert.Equal((61706, 416520, 5), (first.GetProperty("profile").GetProperty("parameters").GetInt64(),
            first.GetProperty("profile").GetProperty("macs").GetInt64(), first.GetProperty("profile").GetProperty("depth").GetInt32()));
        Assert.Equal("mnist/test", first.GetProperty("measured")[0].GetProperty("data").GetString());
        Assert.Equal(2, first.GetProperty("trained").GetProperty("runs").GetArrayLength());
        Assert.Equal(100, zoo.Json.GetProperty("training").GetProperty("trainImages").GetInt32());
        Assert.Equal(JsonValueKind.Null, zoo.Json.GetProperty("timing").ValueKind);
        Assert.True(File.Exists(folder.File("out/mine.html")));
    }
}
