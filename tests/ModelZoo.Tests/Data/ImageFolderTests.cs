using ModelZoo.Data;
using Xunit;

namespace ModelZoo.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Classes_are_in_ordinal_order_and_files_below_them_in_the_order_of_their_paths()
    {
        Touch("train/b/2.JPG", "train/b/10.jpg", "train/B/x.png", "train/a/deep/er/1.Jpeg", "train/a/z.png", "train/.hidden/1.png", "train/a/.hidden.png",
            "train/a/notes.txt", "Val/a/1.png", "Val/b/1.png", "Val/B/1.png");
        ImageFolder train = ImageFolder.Open(folder.Path, DataSplit.Train);
        Assert.Equal(["B", "a", "b"], train.Info.ClassNames);
        Assert.Equal(["B/x.png", "a/deep/er/1.Jpeg", "a/z.png", "b/10.jpg", "b/2.JPG"], Relative(train, "train"));
        Assert.Equal([0, 1, 1, 2, 2], train.Labels.ToArray());
        Assert.Equal(Path.GetFileName(folder.Path) + "/train", train.Name);
        Assert.Equal(3, ImageFolder.Open(folder.Path + "/", DataSplit.Test).Count);
    }

    [Theory]
    [InlineData("valid")]
    [InlineData("validation")]
    [InlineData("test")]
    public void The_second_part_may_have_other_names(string name)
    {
        Touch("train/a/1.png", $"{name}/a/2.png");
        Assert.Equal([$"{name}/a/2.png"], Relative(ImageFolder.Open(folder.Path, DataSplit.Test), ""));
    }

    [Fact]
    public void Pictures_of_one_size_come_into_memory_as_they_are()
    {
        Pictures.WriteClasses(folder.File("train"), ["a", "b"], each: 1);
        ImageFolder files = ImageFolder.Open(folder.Path, DataSplit.Train);
        ImageDataset images = files.InMemory();
        Assert.Equal(new ImageShape(3, 15, 10), images.Shape);
        Assert.Equal(files.Labels.ToArray(), images.Labels.ToArray());
        Assert.Equal(files.Info.ClassNames, images.Info.ClassNames);
        Assert.All(Enumerable.Range(0, files.Count), i => Assert.Equal(files.Picture(i).Rgb, images.Picture(i).Rgb));
    }

    [Fact]
    public void Pictures_of_several_sizes_or_broken_ones_do_not_and_one_is_named()
    {
        Pictures.WriteClasses(folder.File("train"), ["a"], each: 2);
        string message = Assert.Throws<ZooException>(() => ImageFolder.Open(folder.Path, DataSplit.Train).InMemory()).Message;
        Assert.Contains("01.png: is 13×16, not 10×15 as ", message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("train/a/01.png"), "no picture");
        ZooException broken = Assert.ThrowsAny<ZooException>(() => ImageFolder.Open(folder.Path, DataSplit.Train).InMemory());
        Assert.Contains("01.png", broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_lot_is_divided_class_by_class_by_a_seed()
    {
        string[] files = [.. Enumerable.Range(0, 50).Select(i => $"big/{i:00}.png"), .. Enumerable.Range(0, 10).Select(i => $"small/{i:00}.png")];
        Touch(files);
        var split = new SplitOptions { ValShare = 0.2, Seed = 7 };
        (ImageFolder train, ImageFolder test) = (ImageFolder.Open(folder.Path, DataSplit.Train, split), ImageFolder.Open(folder.Path, DataSplit.Test, split));
        Assert.Equal((48, 12), (train.Count, test.Count));
        Assert.Empty(train.Remarks);
        Assert.Equal($"{folder.Path}: has no parts; 12 of its 60 pictures are kept for the test (--val-share 0.2).", Assert.Single(test.Remarks));
        Assert.Equal(2, test.Labels.ToArray().Count(label => label == 1));
        Assert.Equal(files.Order(StringComparer.Ordinal), Relative(train, "").Concat(Relative(test, "")).Order(StringComparer.Ordinal));
        Assert.Equal(test.Files, ImageFolder.Open(folder.Path, DataSplit.Test, split).Files);
        Assert.NotEqual(test.Files, ImageFolder.Open(folder.Path, DataSplit.Test, split with { Seed = 8 }).Files);

        Touch("small/99.png");
        Assert.Equal(test.Files.Where(f => f.Contains("big", StringComparison.Ordinal)),
            ImageFolder.Open(folder.Path, DataSplit.Test, split).Files.Where(f => f.Contains("big", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_class_of_two_has_one_in_each_part_and_no_share_keeps_none()
    {
        Touch("a/1.png", "a/2.png", "b/1.png", "b/2.png");
        Assert.Equal(2, ImageFolder.Open(folder.Path, DataSplit.Test, new SplitOptions { ValShare = 0.01 }).Count);
        Assert.Equal(2, ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0.99 }).Count);
        Assert.Equal(4, ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 }).Count);
        Assert.Contains("--val-share", Assert.Throws<ZooException>(() =>
            ImageFolder.Open(folder.Path, DataSplit.Test, new SplitOptions { ValShare = 0 })).Message, StringComparison.Ordinal);
        Assert.Contains("--val-share is 1", Assert.Throws<UsageException>(() =>
            ImageFolder.Open(folder.Path, DataSplit.Test, new SplitOptions { ValShare = 1 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_are_followed_but_not_in_circles()
    {
        Touch("a/1.png", "b/1.png", "elsewhere.txt");
        using var other = new TempFolder();
        other.Write("linked.png", [1]);
        Directory.CreateSymbolicLink(folder.File("a/more"), other.Path);
        Directory.CreateSymbolicLink(folder.File("a/up"), folder.Path);
        Directory.CreateSymbolicLink(folder.File("a/self"), folder.File("a"));
        Assert.Equal(["a/1.png", "a/more/linked.png", "b/1.png"],
            Relative(ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 }), ""));
    }

    [Fact]
    public void What_is_wrong_is_named()
    {
        Assert.Contains("no such folder", Refused("nowhere"), StringComparison.Ordinal);
        Assert.Contains("holds no folders", Refused(""), StringComparison.Ordinal);
        Touch("file.png", "train/a/1.png", "train/b/1.png");
        Assert.Contains("is a file", Refused("file.png"), StringComparison.Ordinal);
        Assert.Contains("none of val, valid, validation, test", Refused(""), StringComparison.Ordinal);
        Touch("a/1.png", "b/notes.txt");
        Assert.Contains("the class folder 'b' holds no images", Assert.Throws<ZooException>(() => ImageFolder.Open(folder.Path, DataSplit.Train)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_takes_images_of_every_class()
    {
        Touch([.. Enumerable.Range(0, 40).Select(i => $"{(i < 20 ? "a" : "b")}/{i:00}.png")]);
        ImageFolder all = ImageFolder.Open(folder.Path, DataSplit.Train, new SplitOptions { ValShare = 0 });
        Assert.Equal([0, 0, 1, 1], all.Take(4).Labels.ToArray());
        Assert.Same(all, all.Take(40));
    }

    private string Refused(string under) => Assert.Throws<ZooException>(() => ImageFolder.Open(folder.File(under), DataSplit.Test)).Message;

    private IEnumerable<string> Relative(ImageFolder images, string under) =>
        images.Files.Select(file => Path.GetRelativePath(folder.File(under), file).Replace('\\', '/'));

    private void Touch(params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            folder.Write(name, [0]);
        }
    }
}
