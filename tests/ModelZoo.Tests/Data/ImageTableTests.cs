using System.Text;
using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

/// <summary>Labels from a CSV file, as people write them.</summary>
public sealed class ImageTableTests : IDisposable
{
    private static readonly SplitOptions Whole = new() { ValShare = 0 };

    private readonly TempFolder folder = new();

    public ImageTableTests()
    {
        Directory.CreateDirectory(folder.File("sub"));
        foreach (string name in new[] { "a.png", "b.png", "c.jpg", "sub/d.png", "it's, a dog.png" })
        {
            folder.Write(name, [0]);
        }
    }

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("path,label\na.png,cat\nb.png,dog\n", "a.png:cat b.png:dog")]
    [InlineData("a.png,cat\nb.png,dog", "a.png:cat b.png:dog")]
    [InlineData("a.png;cat\r\nb.png;dog\r\n", "a.png:cat b.png:dog")]
    [InlineData("image\tclass\na.png\tcat\nsub/d.png\tdog\n", "a.png:cat sub/d.png:dog")]
    [InlineData("a.png|cat\nb.png|dog\n", "a.png:cat b.png:dog")]
    [InlineData("\uFEFFfilename,category\na.png,cat\n\n b.png , dog \n", "a.png:cat b.png:dog")]
    [InlineData("label,picture\ncat,a.png\ndog,b.png\n", "a.png:cat b.png:dog")]
    [InlineData("file,label\nsub\\d.png,cat\n./b.png,dog\n", "sub/d.png:cat b.png:dog")]
    [InlineData("id,breed\na,cat\nc,dog\n", "a.png:cat c.jpg:dog")]
    [InlineData("\"it's, a dog.png\",dog\na.png,\"cat, small\"\n", "it's, a dog.png:dog a.png:cat, small")]
    [InlineData("Photo,What is it?\na.png,cat\nb.png,dog\n", "a.png:cat b.png:dog")]
    [InlineData("a.png,1\nb.png,10\nc.jpg,2\n", "a.png:1 b.png:10 c.jpg:2")]
    public void A_picture_and_its_class_a_line(string text, string expected)
    {
        LabeledFiles images = Open(text);
        Assert.Equal(expected, string.Join(' ', images.Files.Select((file, i) =>
            $"{Path.GetRelativePath(folder.Path, file)}:{images.Info.ClassNames[images.Labels[i]]}")));
        Assert.Null(images.Targets);
    }

    [Theory]
    [InlineData("path,label,split\na.png,cat,train\nb.png,dog,train\nc.jpg,cat,val\nsub/d.png,dog,test\n")]
    [InlineData("path,label,SPLIT\na.png,cat,Training\nb.png,dog,TRAIN\nc.jpg,cat,validation\nsub/d.png,dog,Testing\n")]
    [InlineData("a.png,cat,train\nb.png,dog,train\nc.jpg,cat,valid\nsub/d.png,dog,test\n")]
    [InlineData("set;label;path\ntrain;cat;a.png\ntrain;dog;b.png\nval;cat;c.jpg\ntest;dog;sub/d.png\n")]
    [InlineData("part\tpath\tnote\tlabel\ntrain\ta.png\tx\tcat\ntrain\tb.png\ty\tdog\nval\tc.jpg\tz\tcat\ntest\tsub/d.png\tz\tdog\n")]
    public void A_column_says_the_part(string text)
    {
        Assert.All(new[] { (DataSplit.Train, "a.png b.png", "train"), (DataSplit.Val, "c.jpg", "val"), (DataSplit.Test, "d.png", "test") }, expected =>
        {
            LabeledFiles images = Open(text, expected.Item1);
            Assert.Equal((expected.Item2, $"table/{expected.Item3}", expected.Item1),
                (string.Join(' ', images.Files.Select(Path.GetFileName)), images.Name, images.Info.Split));
            Assert.Equal(["cat", "dog"], images.Info.ClassNames);
        });
    }

    [Fact]
    public void Without_such_a_column_a_share_of_each_class_is_kept()
    {
        string[] names = [.. Enumerable.Range(0, 20).Select(i => $"{i:00}.png")];
        Array.ForEach(names, name => folder.Write(name, [0]));
        string text = string.Concat(names.Select((name, i) => $"{name},{(i < 10 ? "cat" : "dog")}\n"));
        LabeledFiles train = Open(text, split: new() { ValShare = 0.2 }), test = Open(text, DataSplit.Test, split: new() { ValShare = 0.2 });
        Assert.Equal([(0, 8), (1, 8)], train.Labels.ToArray().CountBy(l => l).Select(l => (l.Key, l.Value)));
        Assert.Equal([(0, 2), (1, 2)], test.Labels.ToArray().CountBy(l => l).Select(l => (l.Key, l.Value)));
        Assert.Equal(names, train.Files.Concat(test.Files).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal($"{folder.File("table.csv")}: has no parts; 4 of its 20 pictures are kept for the test (--val-share 0.2).", test.Remarks[1]);
        Assert.Single(train.Remarks);
    }

    [Theory]
    [InlineData("path,labels\na.png,cat|dog\nb.png,dog\nc.jpg,\n", "cat,dog", "11 01 00")]
    [InlineData("path,labels\na.png,cat;dog\nb.png,dog\nc.jpg,\n", "cat,dog", "11 01 00")]
    [InlineData("path,labels\na.png,\"cat, big dog\"\nb.png,big dog\nc.jpg,\n", "big dog,cat", "11 10 00")]
    [InlineData("image_name,tags\na,haze primary\nb,primary\nc,clear primary water\n", "clear,haze,primary,water", "0110 0010 1011")]
    [InlineData("path,cat,dog\na.png,1,1\nb.png,0,1\nc.jpg,0,0\n", "cat,dog", "11 01 00")]
    [InlineData("a.png,dog\na.png,cat\nb.png,dog\n", "cat,dog", "11 01")]
    [InlineData("a.png;golden retriever|cat\nb.png;cat\n", "cat,golden retriever", "11 10")]
    public void Several_labels_for_a_picture(string text, string labels, string expected)
    {
        LabeledFiles images = Open(text, labels: new() { Kind = TaskKind.MultiLabel });
        Assert.Equal(labels.Split(','), images.Info.ClassNames);
        Assert.Equal(TaskKind.MultiLabel, images.Task.Kind);
        Assert.Equal(expected, string.Join(' ', images.Labels.ToArray().Select(row => string.Concat(images.Targets!.Row(row).ToArray()))));
    }

    [Theory]
    [InlineData("path,age\na.png,10\nb.png,20.5\nc.jpg,-3e1\n", "age", "10 20.5 -30")]
    [InlineData("a.png;1,5\nb.png;2,25\nc.jpg;3\n", "value", "1.5 2.25 3")]
    [InlineData("path\tlabel\na.png\t0\nb.png\t1\n", "label", "0 1")]
    [InlineData("path,sex,age\na.png,f,4\nb.png,m,5\n", "age", "4 5")]
    [InlineData("age,file\n7,a.png\n7,b.png\n", "age", "7 7")]
    public void A_number_for_a_picture(string text, string name, string expected)
    {
        LabeledFiles images = Open(text, labels: new() { Kind = TaskKind.Regression, Column = text.Contains("sex", StringComparison.Ordinal) ? "age" : null });
        float[] values = [.. images.Labels.ToArray().Select(row => images.Targets!.Row(row)[0])];
        Assert.Equal([name], images.Info.ClassNames);
        Assert.Equal(expected, string.Join(' ', values.Select(v => v.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        double mean = values.Average(v => (double)v), deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        Assert.Equal((mean, deviation == 0 ? 1 : deviation), (images.Task.Offset, images.Task.Scale));
    }

    [Fact]
    public void The_scale_of_a_number_is_that_of_the_training_part()
    {
        const string Text = "path,y,split\na.png,1,train\nb.png,3,train\nc.jpg,100,test\n";
        var number = new LabelOptions { Kind = TaskKind.Regression };
        Assert.All(new[] { DataSplit.Train, DataSplit.Test }, part => Assert.Equal((2.0, 1.0), (Open(Text, part, number).Task.Offset,
            Open(Text, part, number).Task.Scale)));
        Assert.Equal(100, Open(Text, DataSplit.Test, number).Targets!.Row(Open(Text, DataSplit.Test, number).Labels[0])[0]);
    }

    [Fact]
    public void Labels_are_matched_by_name_and_what_the_model_lacks_is_refused()
    {
        LabeledFiles images = Open("a.png,cat|dog\nb.png,dog\n", labels: new() { Kind = TaskKind.MultiLabel });
        LabeledImages matched = images.WithClasses(["dog", "cow", "cat"]);
        Assert.Equal(["101", "100"], matched.Labels.ToArray().Select(row => string.Concat(matched.Targets!.Row(row).ToArray())));
        Assert.Contains("does not know 'dog'", Assert.Throws<ZooException>(() => images.WithClasses(["cow", "cat"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", TaskKind.Classes, "is empty")]
    [InlineData("a.png\nb.png\n", TaskKind.Classes, "has one column; a path and a label are needed")]
    [InlineData("path,label\n", TaskKind.Classes, "has a header and nothing below it")]
    [InlineData("a.png,cat\nb.png,dog,brown\n", TaskKind.Classes, "line 2 has 3 columns and the first one 2")]
    [InlineData("x.png,cat\ny.png,dog\n", TaskKind.Classes, "none of its pictures is there. Line 1 names x.png")]
    [InlineData("a.png,\nb.png,dog\n", TaskKind.Classes, "line 1 has no label")]
    [InlineData("a.png,cat|dog\nb.png,dog\n", TaskKind.Classes, "several labels, 'cat|dog'. --task multi-label")]
    [InlineData("a.png,cat\na.png,dog\nb.png,dog\n", TaskKind.Classes, "lines 1 and 2 say different things of a.png: 'cat' and 'dog'")]
    [InlineData("path,label,split\na.png,cat,train\nb.png,dog,holdout\n", TaskKind.Classes, "line 3 names the part 'holdout'")]
    [InlineData("path,label,split\na.png,cat,train\na.png,cat,test\n", TaskKind.Classes, "into two parts, 'train' and 'test'")]
    [InlineData("path,label,split\na.png,cat,train\nb.png,dog,train\nc.jpg,dgo,val\n", TaskKind.Classes, "'dgo', which no picture to train on has")]
    [InlineData("path,colour,size\na.png,red,1\nb.png,blue,2\n", TaskKind.Classes, "which of its columns 'colour', 'size' holds the labels")]
    [InlineData("a.png,1.5\nb.png,2.25\n", TaskKind.Classes, "--task regression")]
    [InlineData("a.png,1\nb.png,n/a\n", TaskKind.Regression, "line 2 has 'n/a', which is no number")]
    [InlineData("a.png,1\nb.png,NaN\n", TaskKind.Regression, "line 2 has 'NaN', which is no number")]
    [InlineData("path,y,split\na.png,1,train\nb.png,2,train\n", TaskKind.Regression, "names no test part; it has train", DataSplit.Test)]
    public void What_is_wrong_is_named_with_its_line(string text, TaskKind kind, string expected, DataSplit part = DataSplit.Train)
    {
        string message = Assert.Throws<ZooException>(() => Open(text, part, new() { Kind = kind })).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.StartsWith(folder.File("table.csv"), message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_understood_is_said()
    {
        Assert.Equal([$"{folder.File("table.csv")}: 2 pictures; no header; the path in column '1', the labels in column '2' (separated by '|')."],
            Open("a.png,cat|dog\nb.png,dog\n", labels: new() { Kind = TaskKind.MultiLabel }).Remarks);
        IReadOnlyList<string> remarks = Open("path,label\na.png,cat\nb.png,dog\nb.png,dog\nz.png,dog\n").Remarks;
        Assert.Contains("1 of 4 pictures is not there (the first: line 5, z.png)", remarks[1], StringComparison.Ordinal);
        Assert.Contains("1 line repeats another", remarks[2], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_table_is_said_to_be_what_it_is()
    {
        folder.Write("table.csv", [.. "PK"u8, 3, 4, 255, 254]);
        Assert.Contains("but a spreadsheet or an archive", Refused("table.csv"), StringComparison.Ordinal);
        folder.Write("table.csv", [.. "a.png,gro"u8, 0xdf]); // Latin-1
        Assert.Contains("no text in UTF-8", Refused("table.csv"), StringComparison.Ordinal);
        Assert.Contains("is a folder. Write folder:", Refused("sub"), StringComparison.Ordinal);
        Assert.Contains("no such file", Refused("nowhere.csv"), StringComparison.Ordinal);
        Assert.Contains("come from csv:<path>", Assert.Throws<UsageException>(() =>
            DataSource.Parse("digits").Open(DataSplit.Train, labels: new() { Kind = TaskKind.MultiLabel })).Message, StringComparison.Ordinal);
        Assert.Contains("--label-column colour: ", Assert.Throws<UsageException>(() =>
            Open("path,color,size\na.png,red,1\n", labels: new() { Column = "colour" })).Message, StringComparison.Ordinal);
    }

    private string Refused(string name) => Assert.Throws<ZooException>(() => ImageTable.Open(folder.File(name), DataSplit.Train)).Message;

    private ImageTable Open(string text, DataSplit part = DataSplit.Train, LabelOptions? labels = null, SplitOptions? split = null)
    {
        folder.Write("table.csv", Encoding.UTF8.GetBytes(text));
        return ImageTable.Open(folder.File("table.csv"), part, split ?? Whole, labels);
    }
}
