using System.Diagnostics;
using System.Net.Sockets;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Tests.Imaging;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Data;

/// <summary>Which files of a folder are pictures, and what is said of the others.</summary>
public sealed class PictureFilesTests : IDisposable
{
    private static readonly byte[] Png = PngFile.Gray(2, 2, new byte[4]);

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Endings_count_in_any_case_and_others_are_counted()
    {
        Write([0], "a.jpg", "b.JPG", "c.Jpeg", "d.jfif", "e.PNG", "f.WebP", "g.bmp", "h.gif", "i.tif", "j.TIFF", "k.jpe", "deep/er/l.jpg", "a.txt", "b.TXT",
            "c.heic", ".DS_Store", ".hidden/x.jpg", "empty-name");
        Write(Png, "photo", "deep/photo.");
        PictureFiles found = PictureFiles.Below(folder.Path);
        Assert.Equal(14, found.Files.Count);
        Assert.Contains(folder.File("photo"), found.Files); // no ending, but a picture's first bytes
        Assert.Equal(found.Files.Order(StringComparer.Ordinal), found.Files);
        Assert.Equal("x: 14 pictures, 6 files passed over (.txt 2, .heic 1, hidden 1, hidden folder 1, no ending 1)",
            new FolderSummary("x", found.Files.Count, found.PassedOver).ToString());
        Assert.Equal("y: 1 picture, 1 file passed over (.txt 1)", new FolderSummary("y", 1, new Dictionary<string, int> { [".txt"] = 1 }).ToString());
        Assert.Equal("z: 0 pictures", new FolderSummary("z", 0, new Dictionary<string, int>()).ToString());
    }

    [Fact]
    public void Pipes_sockets_devices_and_broken_links_are_not_opened()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // it has none of them
        }

        Write(Png, "good.png", "sub.jpg/inside.png"); // a folder called x.jpg is a folder
        using Process made = Process.Start("mkfifo", [folder.File("pipe.jpg"), folder.File("pipe")])!;
        made.WaitForExit();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.File("socket.png")));
        File.CreateSymbolicLink(folder.File("zero.jpg"), "/dev/zero");
        File.CreateSymbolicLink(folder.File("nowhere.jpg"), folder.File("gone"));
        File.CreateSymbolicLink(folder.File("link.jpg"), folder.File("good.png"));
        PictureFiles found = PictureFiles.Below(folder.Path);
        Assert.Equal(["good.png", "link.jpg", "sub.jpg/inside.png"], found.Files.Select(file => Path.GetRelativePath(folder.Path, file)));
        Assert.Equal("broken link 1, not a regular file 4", string.Join(", ", found.PassedOver.Select(kind => $"{kind.Key} {kind.Value}")));

        Assert.Contains("is a named pipe", Assert.Throws<ZooException>(() => ImageDecoder.Decode(folder.File("pipe.jpg"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a socket", Assert.Throws<ZooException>(() => ImageDecoder.ReadInfo(folder.File("socket.png"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a device", Assert.Throws<ZooException>(() => ImageDecoder.Decode(folder.File("zero.jpg"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<ZooException>(() => ImageDecoder.Decode(folder.File("sub.jpg"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a named pipe", Assert.Throws<ZooException>(() => WeightsFile.Open(folder.File("pipe"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a named pipe", Assert.Throws<ZooException>(() => Npy.Read(folder.File("pipe"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_in_circles_end_and_a_folder_is_looked_at_once()
    {
        Write(Png, "a/1.png", "b/2.png", "c/deep/3.png");
        foreach ((string link, string target) in new[] { ("a/up", ""), ("b/up", ""), ("a/b", "b"), ("b/a", "a"), ("c/deep/c", "c"), ("again", "c") })
        {
            Directory.CreateSymbolicLink(folder.File(link), folder.File(target));
        }

        PictureFiles found = PictureFiles.Below(folder.Path);
        Assert.Equal(["a/1.png", "b/2.png", "c/deep/3.png"], found.Files.Select(file => Path.GetRelativePath(folder.Path, file)).Order());
        Assert.All(found.PassedOver.Keys, kind => Assert.Equal("link to a folder that was seen already", kind));
    }

    [Fact]
    public void A_folder_of_classes_says_what_each_gave_and_what_lies_beside_them()
    {
        Write(Png, "train/ants/1.png", "train/ants/2.jfif", "train/bees/1.PNG", "val/ants/1.png", "val/bees/2.png", "train/stray.png");
        Write([1], "train/bees/notes.txt", "train/bees/x.webm", "val/readme.md");
        Assert.Equal(
            ["train: 0 pictures, 1 file passed over (.png in no class folder 1)", "train/ants: 2 pictures",
                "train/bees: 1 picture, 2 files passed over (.txt 1, .webm 1)"],
            ImageFolder.Open(folder.Path, DataSplit.Train).Folders.Select(summary => summary.ToString()));
        Assert.Equal(["val: 0 pictures, 1 file passed over (.md 1)", "val/ants: 1 picture", "val/bees: 1 picture"],
            ImageFolder.Open(folder.Path, DataSplit.Test).Folders.Select(summary => summary.ToString()));
        Assert.Equal(["ants: 2 pictures", "bees: 1 picture, 2 files passed over (.txt 1, .webm 1)"],
            ImageFolder.Open(folder.File("train"), DataSplit.Train).Take(1).Folders.Skip(1).Select(summary => summary.ToString()));
        Assert.Empty(Digits.Load(DataSplit.Test).Folders);
    }

    private void Write(byte[] content, params string[] names)
    {
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
            folder.Write(name, content);
        }
    }
}
