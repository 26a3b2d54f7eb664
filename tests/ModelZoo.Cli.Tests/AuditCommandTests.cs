using System.Text.Json;
using ModelZoo.Tests.Data;
using Xunit;

namespace ModelZoo.Cli.Tests;

public sealed class AuditCommandTests : IDisposable
{
    private const string Model = "resnet20:cifar10";

    private readonly TemporaryFolder folder = new();

    public AuditCommandTests() => Pictures.WriteClasses(folder.File("pets"), ["cat", "dog"], each: 12, least: 40);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void An_audit_is_gone_through_and_applied_and_the_listing_is_data_without_what_was_found()
    {
        string twin = Path.Combine(folder.File("pets"), "dog", "twin.png"), broken = Path.Combine(folder.File("pets"), "cat", "=1+1.png");
        File.Copy(Path.Combine(folder.File("pets"), "dog", "03.png"), twin);
        File.WriteAllText(broken, "no picture");
        Zoo audit = Zoo.RunIn(folder.Path, "audit", "pets", "--model", Model, "--json");
        Assert.True(audit.ExitCode == 0, audit.Errors);
        JsonElement found = audit.Json.GetProperty("audit");
        Assert.Equal((26, "unreadable", "duplicate"), (found.GetProperty("pictures").GetInt32(), Problem("cat/=1+1.png"), Problem("dog/twin.png")));
        Assert.Contains("audit: labels of 25 pictures", audit.Errors, StringComparison.Ordinal);

        string result = folder.File("runs/pets-audit"), fixes = Path.Combine(result, "fixes.csv");
        Assert.Equal(["audit.html", "audit.json", "fixes.csv"], Directory.GetFiles(result).Select(Path.GetFileName).Order());
        string[] lines = File.ReadAllLines(fixes);
        Assert.Contains(lines, line => line.StartsWith("x,cat/=1+1.png,train,cat,unreadable,1.0000,drop,,,", StringComparison.Ordinal));

        // Somebody keeps the twin, after all, and gives a picture another label.
        File.WriteAllLines(fixes, [lines[0], .. lines.Where(l => l.Contains("unreadable", StringComparison.Ordinal)),
            ",dog/twin.png,train,dog,duplicate,1,drop,,,", "x,cat/01.png,train,cat,wrong label,1,relabel,dog,,"]);
        Zoo applied = Zoo.RunIn(folder.Path, "audit", "--apply", fixes);
        Assert.True(applied.ExitCode == 0, applied.Errors);
        string listing = Path.Combine(result, "cleaned.csv");
        Assert.Contains($"{listing}: 25 of 26 pictures, 1 left out, 1 with another label", applied.Output, StringComparison.Ordinal);
        Assert.Contains("No picture was touched", applied.Output, StringComparison.Ordinal);
        Assert.Equal(26, Directory.GetFiles(folder.File("pets"), "*", SearchOption.AllDirectories).Length);
        JsonElement again = Zoo.RunIn(folder.Path, "audit", listing, "--model", Model, "--output", "again", "--json").Json.GetProperty("audit");
        Assert.Equal(25, again.GetProperty("pictures").GetInt32());
        Assert.False(again.GetProperty("problems").TryGetProperty("unreadable", out _));
        Zoo forced = Zoo.RunIn(folder.Path, "audit", listing, "--model", Model, "--output", "again", "--force");
        Assert.Contains("cleaned: ", forced.Output, StringComparison.Ordinal);

        Zoo twice = Zoo.RunIn(folder.Path, "audit", "--apply", fixes);
        Assert.Equal((2, true), (twice.ExitCode, twice.Errors.Contains("is there already", StringComparison.Ordinal)));
        File.AppendAllText(fixes, "x,cat/99.png,train,cat,wrong label,1,drop,,,\n");
        Zoo unknown = Zoo.RunIn(folder.Path, "audit", "--apply", fixes, "--force");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("line 5 names 'cat/99.png', which is none of the 26 pictures of pets", unknown.Errors, StringComparison.Ordinal);

        string Problem(string file) => found.GetProperty("findings").EnumerateArray().Where(f => f.GetProperty("file").GetString() == file)
            .Select(f => f.GetProperty("problem").GetString()!).First(p => p is "unreadable" or "duplicate");
    }

    [Theory]
    [InlineData(2, "zoo audit needs <data>")]
    [InlineData(1, "no/such: no such folder", "folder:no/such")]
    [InlineData(2, "Unknown data 'pest'", "pest")]
    [InlineData(2, "has fresh weights", "pets", "--model", "resnet20")]
    [InlineData(1, "no such file", "--apply", "fixes.csv")]
    [InlineData(1, "no audit.json lies beside it", "--apply", "pets/cat/00.png")]
    [InlineData(2, "a listing's name ends in .csv", "pets", "--apply", "x", "--output", "cleaned.txt")]
    public void What_cannot_be_audited_is_said_in_a_line(int code, string said, params string[] arguments)
    {
        Zoo refused = Zoo.RunIn(folder.Path, ["audit", .. arguments]);
        Assert.Equal(code, refused.ExitCode);
        Assert.Contains(said, refused.Errors, StringComparison.Ordinal);
        Assert.Empty(refused.Output);
        Assert.DoesNotContain(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories), f => !f.EndsWith(".png", StringComparison.Ordinal));
    }
}
