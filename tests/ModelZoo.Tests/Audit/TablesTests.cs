using System.Text;
using ModelZoo.Audit;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Tests.Data;
using Xunit;

namespace ModelZoo.Tests.Audit;

public sealed class TablesTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    // Names that are formulas, markup, separators or blanks.
    private static readonly string[] Hostile =
    [
        "=cmd|'calc'!A1.png", "+1.png", "-2.png", "@sum.png", "'quoted.png", "''twice.png", "a,b;c|d.png", "\"q\".png", " blank .png", "<b onclick=x>.png",
        "line\nbreak.png", "\ttab.png", "plain.png",
    ];

    [Fact]
    public void Names_come_back_from_the_table_as_they_were_and_none_begins_like_a_formula()
    {
        AuditData data = Open(Hostile);
        string fixes = folder.File("fixes.csv");
        FixesTable.Write(fixes, Report(data, [.. data.Pictures.Select(p =>
            new AuditFinding(p.Place, AuditProblem.Unreadable, AuditSuggestion.Drop, 1, "=2+5"))]));
        Assert.Equal(data.Pictures.Select(p => p.Place), FixesTable.Read(fixes, data).Select(f => f.Place));
        Assert.All(Cells(fixes).SelectMany(row => row), cell => Assert.DoesNotContain(cell.Length > 0 ? cell[0] : ' ', "=+-@\t\r"));
        // The check would see one.
        Assert.Contains(Cells(folder.Write("bad.csv", "x,=1+1\n"u8.ToArray())).SelectMany(row => row), cell => cell.StartsWith('='));
    }

    [Fact]
    public void The_listing_of_such_names_is_read_again_and_has_no_formula()
    {
        AuditData data = Open(Hostile, classes: ["=ants", "bees"]);
        string path = folder.File("cleaned.csv");
        ListingResult result = CleanedListing.Write(path, data, []);
        Assert.Equal((26, 0, 0), (result.Pictures, result.Dropped, result.Relabeled));
        Assert.Contains("the class '=ants' begins like a formula of a spreadsheet; the listing calls it ''=ants'", result.Remarks);
        Assert.All(Cells(path).SelectMany(row => row), cell => Assert.DoesNotContain(cell[0], "=+-@\t\r"));
        var again = AuditData.Open(DataSource.Parse($"csv:{path}"));
        Assert.Equal(["'=ants", "bees"], again.ClassNames);
        Assert.Equal(data.Pictures.Select(p => (data.PathOf(p.Place), p.Said.TrimStart('='))).Order(),
            again.Pictures.Select(p => (again.PathOf(p.Place), p.Said.TrimStart('\'', '='))).Order());
    }

    [Fact]
    public void Only_marked_lines_are_applied_and_the_changes_name_what_was_left_out_and_where_it_was()
    {
        AuditData data = Open(["1.png", "2.png", "3.png", "4.png"]);
        string fixes = Write("""
            apply,file,suggestion,suggested_label,problem
            x,ants/1.png,drop,,duplicate
            ,ants/2.png,drop,,duplicate
            YES,ants/3.png,relabel,bees,wrong label
            x,bees/1.png,keep,,near duplicate
            x,bees/2.png,relabel,ants,wrong label
            x,bees/2.png,drop,,blurred
            """);
        IReadOnlyList<Fix> read = FixesTable.Read(fixes, data);
        Assert.Equal([2, 4, 6, 7], read.Select(f => f.Line));
        string path = folder.File("cleaned.csv");
        ListingResult result = CleanedListing.Write(path, data, read);
        Assert.Equal((6, 2, 1), (result.Pictures, result.Dropped, result.Relabeled));
        Assert.Equal("""
            path,label
            data/ants/2.png,ants
            data/ants/3.png,bees
            data/ants/4.png,ants
            data/bees/1.png,bees
            data/bees/3.png,bees
            data/bees/4.png,bees

            """, File.ReadAllText(path));
        Assert.Equal([
            ["file", "part", "change", "label_before", "label_now", "problem", "line"],
            [data.PathOf(0), "train", "left out", "ants", "", "duplicate", "2"],
            [data.PathOf(2), "train", "other label", "ants", "bees", "wrong label", "4"],
            [data.PathOf(5), "train", "left out", "bees", "", "blurred", "7"],
        ], Cells(result.Changes));
        Assert.Equal(8, Directory.GetFiles(Path.Combine(folder.Path, "data"), "*.png", SearchOption.AllDirectories).Length);
    }

    [Theory]
    [InlineData("x,ants/9.png,drop,,", "line 2 names 'ants/9.png', which is none of the 4 pictures of data")]
    [InlineData("x,ants/1.png,relabel,bes,", "line 2 gives the label 'bes'; the classes of data are 'ants', 'bees'. Did you mean 'bees'?")]
    [InlineData("x,ants/1.png,relabel,,", "line 2 gives the label ''")]
    [InlineData("x,ants/1.png,remove,,", "line 2 suggests 'remove'; it must be keep, look, relabel or drop.")]
    [InlineData("x,ants/1.png,2,,", "line 2 suggests '2'")]
    [InlineData("perhaps,ants/1.png,drop,,", "line 2 has 'perhaps' under 'apply'; write x to apply it, or nothing.")]
    [InlineData("x,ants/1.png,relabel,bees,\nx,ants/1.png,relabel,ants,", "lines 2 and 3 give 'ants/1.png' two labels, 'bees' and 'ants'.")]
    [InlineData("x,ants/1.png,drop", "line 2 has 3 columns and the first one 5")]
    public void A_line_that_cannot_be_applied_is_named(string lines, string said)
    {
        AuditData data = Open(["1.png", "2.png"]);
        string fixes = Write($"apply,file,suggestion,suggested_label,problem\n{lines}\n");
        Assert.Contains(said, Assert.Throws<ZooException>(() => FixesTable.Read(fixes, data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_saved_by_a_spreadsheet_with_semicolons_is_read_and_another_table_refused()
    {
        AuditData data = Open(["1.png", "2.png"]);
        Assert.Single(FixesTable.Read(Write("Apply;File;Suggestion;Suggested_label;Problem\nX;bees/2.png;Drop;;\n"), data));
        Assert.Contains("has no column 'file'", Assert.Throws<ZooException>(() => FixesTable.Read(Write("apply,name\nx,1.png\n"), data)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_would_leave_nothing_or_could_not_be_read_again_is_not_written()
    {
        AuditData data = Open(["1.png"], parts: ["train", "val"]);
        string path = folder.File("cleaned.csv");
        Fix[] all = [.. data.Pictures.Select(p => new Fix(2, p.Place, AuditSuggestion.Drop, "", ""))];
        Assert.Contains("every picture would be left out", Refused(all), StringComparison.Ordinal);
        Assert.Contains("the label 'ants', which no picture to train on has", Refused([all[0]]), StringComparison.Ordinal); // of train, the only ant
        Assert.Empty(Directory.GetFiles(folder.Path, "*", SearchOption.TopDirectoryOnly));
        var memory = AuditData.Of("digits", Digits.Load(DataSplit.Test));
        Assert.Contains("in memory", Assert.Throws<UsageException>(() => CleanedListing.Write(path, memory, [])).Message, StringComparison.Ordinal);

        string Refused(Fix[] fixes) => Assert.Throws<ZooException>(() => CleanedListing.Write(path, data, fixes)).Message;
    }

    [Fact]
    public void Several_labels_numbers_and_parts_are_listed_as_they_are()
    {
        Open(["1.png", "2.png", "3.png"]);
        string table = folder.Write("several.csv", Encoding.UTF8.GetBytes(
            "path,tags,split\ndata/ants/1.png,New York|night,train\ndata/ants/2.png,New York,train\ndata/ants/3.png,night,train\ndata/bees/1.png,,val\n"));
        AuditData data = AuditData.Open(DataSource.Parse($"csv:{table}"), new() { Kind = TaskKind.MultiLabel });
        string path = folder.File("cleaned.csv");
        CleanedListing.Write(path, data, [new(2, 0, AuditSuggestion.Drop, "", "")]);
        Assert.Equal("path,New York,night,split\ndata/ants/2.png,1,0,train\ndata/ants/3.png,0,1,train\ndata/bees/1.png,0,0,val\n", File.ReadAllText(path));
        string numbers = folder.Write("numbers.csv", "path,age\ndata/ants/1.png,-1.5\ndata/ants/2.png,3\n"u8.ToArray());
        data = AuditData.Open(DataSource.Parse($"csv:{numbers}"), new() { Kind = TaskKind.Regression });
        CleanedListing.Write(path, data, []);
        Assert.Equal("path,value\ndata/ants/1.png,-1.5\ndata/ants/2.png,3\n", File.ReadAllText(path));
        Assert.Contains("gives another label", Assert.Throws<ZooException>(() => FixesTable.Read(
            Write("apply,file,suggestion,suggested_label,problem\nx,data/ants/1.png,relabel,4,\n"), data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_of_a_name_is_markup_on_the_page_and_the_page_is_well_formed()
    {
        AuditData data = Open(Hostile, classes: ["<i>ants", "bees"]);
        AuditReport report = Report(data, [.. data.Pictures.Select(p =>
            new AuditFinding(p.Place, AuditProblem.NearDuplicate, AuditSuggestion.Look, 1, "<script>") { Other = 0 })]);
        string page = AuditPage.Write(report, "zoo audit '<x>'");
        System.Xml.Linq.XDocument.Parse(page);
        Assert.DoesNotContain("<b onclick", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<i>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b onclick=x&gt;.png", page, StringComparison.Ordinal);
        Assert.Equal(52, page.Split("src=\"data:image/").Length - 1);
    }

    private static AuditReport Report(AuditData data, AuditFinding[] findings) => new()
    {
        Data = data,
        Model = "none",
        Features = "float32",
        Facts = [.. data.Pictures.Select(_ => PictureFacts.Of(Pictures.Smooth(20, 20)))],
        Findings = findings,
        Notes = ["<u>a note"],
        Elapsed = TimeSpan.Zero,
    };

    private AuditData Open(string[] names, string[]? classes = null, string[]? parts = null)
    {
        byte[] png = ImageEncoder.Png(Pictures.Smooth(20, 20));
        foreach (string part in parts ?? [""])
        {
            foreach (string name in classes ?? ["ants", "bees"])
            {
                string into = Directory.CreateDirectory(Path.Combine(folder.Path, "data", part, name)).FullName;
                Array.ForEach(names, file => File.WriteAllBytes(Path.Combine(into, file), png));
            }
        }

        return AuditData.Open(DataSource.Parse($"folder:{folder.File("data")}"));
    }

    private string Write(string text) => folder.Write("fixes.csv", Encoding.UTF8.GetBytes(text));

    private static string[][] Cells(string path) => [.. TableText.Read(path, static _ => false).Rows.Select(r => r.Cells)];
}
