using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

/// <summary>Which folders are parts of a data set, which are classes, and which part is read.</summary>
public sealed class FolderPartsTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("train", "val", "test")]
    [InlineData("Train", "Valid", "Test")]
    [InlineData("TRAIN", "VALIDATION", "TESTING")]
    [InlineData("training", "validation", "testing")]
    [InlineData("train", "valid", "Testing")]
    public void Each_of_three_parts_is_read(string train, string val, string test)
    {
        Touch($"{train}/ants/1.png", $"{train}/bees/1.png", $"{val}/ants/2.png", $"{val}/bees/2.png", $"{test}/ants/3.png", $"{test}/bees/3.png");
        Assert.All(new[] { (DataSplit.Train, train, "train"), (DataSplit.Val, val, "val"), (DataSplit.Test, test, "test") }, expected =>
        {
            ImageFolder images = ImageFolder.Open(folder.Path, expected.Item1);
            Assert.All(images.Files, file => Assert.StartsWith(folder.File(expected.Item2), file, StringComparison.Ordinal));
            Assert.Equal((2, $"{Path.GetFileName(folder.Path)}/{expected.Item3}", expected.Item1), (images.Count, images.Name, images.Info.Split));
        });
    }

    [Theory]
    [InlineData("val", DataSplit.Test, "val")]
    [InlineData("test", DataSplit.Val, "test")]
    [InlineData("valid", DataSplit.Test, "val")]
    public void Val_and_test_stand_in_for_each_other_under_their_own_name(string there, DataSplit asked, string name)
    {
        Touch("train/a/1.png", "train/b/1.png", $"{there}/a/2.png", $"{there}/b/2.png");
        Assert.Equal($"{Path.GetFileName(folder.Path)}/{name}", ImageFolder.Open(folder.Path, asked).Name);
        Assert.Contains($"Ask for {name}", Assert.Throws<UsageException>(() => DataSource.Parse($"folder:{folder.Path}").OpenExactly(asked)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bus car train", "bus/1.png car/1.png train/1.png")]
    [InlineData("bus train val", "bus/1.png train/1.png val/1.png")]
    [InlineData("bus test train", "bus/1.png test/1.png train/old/1.png")]
    [InlineData("Test bus", "Test/1.png bus/1.png")]
    [InlineData("bus car train", "bus/red/1.png car/1.png train/steam/1.png")]
    public void A_class_may_be_called_like_a_part(string classes, string files)
    {
        Touch(files.Split(' '));
        ImageFolder images = ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 });
        Assert.Equal(classes.Split(' '), images.Info.ClassNames);
        Assert.Contains("is taken for a class", Assert.Single(images.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_beside_the_parts_are_passed_over_and_named()
    {
        Touch("train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png", "unlabeled/1.png");
        ImageFolder images = ImageFolder.Open(folder.Path, DataSplit.Train);
        Assert.Equal(["a", "b"], images.Info.ClassNames);
        Assert.Contains("'unlabeled' is no part of the data beside train, val", Assert.Single(images.Remarks), StringComparison.Ordinal);
    }

    [Fact]
    public void Train_decides_the_classes_and_another_part_may_lack_some()
    {
        Touch("train/a/1.png", "train/b/1.png", "train/c/1.png", "val/b/2.png", "val/c/2.png", "test/c/3.png", "test/a/notes.txt");
        ImageFolder val = ImageFolder.Open(folder.Path, DataSplit.Val), test = ImageFolder.Open(folder.Path, DataSplit.Test);
        Assert.Equal(["a", "b", "c"], val.Info.ClassNames);
        Assert.Equal([1, 2], val.Labels.ToArray());
        Assert.Equal([2], test.Labels.ToArray());
        Assert.Contains("holds no images of 'a'", Assert.Single(val.Remarks), StringComparison.Ordinal);
        Assert.Contains("holds no images of 'a', 'b'", Assert.Single(test.Remarks), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train/a/1.png train/b/1.png val/a/1.png val/c/1.png", DataSplit.Train, "has the class 'c', which train lacks: it has 'a', 'b'")]
    [InlineData("train/a/1.png train/b/1.png val/a/1.png val/c/1.png", DataSplit.Val, "has the class 'c', which train lacks")]
    [InlineData("train/ants/1.png train/bees/1.png val/Ants/1.png", DataSplit.Val, "Did you mean 'ants'?")]
    [InlineData("train/a/1.png train/b/1.png val/a/x.txt val/b/x.txt", DataSplit.Val, "holds no images of 'a', 'b'")]
    [InlineData("train/a/1.png train/b/1.png val/a/1.png valid/a/1.png", DataSplit.Val, "are the same part")]
    [InlineData("train/a/1.png train/b/1.png", DataSplit.Test, "none of val, valid, validation, test, testing")]
    [InlineData("val/a/1.png val/b/1.png", DataSplit.Train, "holds val, but none of train, training")]
    [InlineData("train/1.png val/1.png", DataSplit.Train, "holds no folders. Images go into one folder a class")]
    public void What_cannot_be_read_is_named(string files, DataSplit part, string expected)
    {
        Touch(files.Split(' '));
        Assert.Contains(expected, Assert.Throws<ZooException>(() => ImageFolder.Open(folder.Path, part)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("photos/ants/1.png photos/bees/1.png", "'photos'", "In it are the folders 'ants', 'bees'")]
    [InlineData("ants/1.png ants/2.png", "'ants'", "the one whose folders are the classes")]
    [InlineData("train/all/1.png val/all/1.png", "'all'", "one class")]
    [InlineData("train/photos/a/1.png train/photos/b/1.png val/photos/a/1.png", "'photos'", "In it are the folders 'a', 'b'")]
    [InlineData("ants/1.png .cache/1.png", "'ants'", "one class")]
    public void One_class_teaches_nothing_but_can_be_measured(string files, params string[] expected)
    {
        Touch(files.Split(' '));
        ImageFolder images = ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 });
        Assert.Single(images.Info.ClassNames);
        string message = Assert.Throws<ZooException>(images.MustTeach).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private void Touch(params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            folder.Write(name, [0]);
        }
    }
}
