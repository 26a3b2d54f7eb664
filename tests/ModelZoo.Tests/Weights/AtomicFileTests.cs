using Xunit;

namespace ModelZoo.Tests.Weights;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_file_is_created_and_replaced()
    {
        string path = folder.File("a.bin");
        AtomicFile.Write(path, stream => stream.Write([1, 2, 3]));
        AtomicFile.Write(path, stream => stream.Write([4]));
        Assert.Equal([4], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void The_old_file_is_there_until_the_new_one_is_complete()
    {
        string path = folder.Write("a.bin", [1]);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[1 << 20]);
            Assert.Equal([1], File.ReadAllBytes(path));
        });
        Assert.Equal(1 << 20, new FileInfo(path).Length);
    }

    [Fact]
    public void A_failing_write_leaves_the_old_file_and_no_other()
    {
        string path = folder.Write("a.bin", [1]);
        var error = Assert.Throws<ZooException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write([2, 3]);
            throw new IOException("Input/output error");
        }));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("Input/output error", error.Message, StringComparison.Ordinal);
        Assert.Contains("unchanged", error.Message, StringComparison.Ordinal);
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_mistake_of_the_program_passes_unchanged_and_leaves_nothing()
    {
        Assert.Throws<FormatException>(() => AtomicFile.Write(folder.File("a.bin"), _ => throw new FormatException()));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_missing_folder_and_a_folder_in_the_files_place_are_named()
    {
        string missing = folder.File("none/a.bin");
        Assert.Equal(
            $"{missing}: its folder does not exist. Create the folder first, or choose another path.",
            Assert.Throws<ZooException>(() => AtomicFile.Write(missing, _ => { })).Message);
        Assert.Equal($"{folder.Path}: is a folder; give the name of a file to write.",
            Assert.Throws<ZooException>(() => AtomicFile.Write(folder.Path, _ => { })).Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_symbolic_link_stays_a_link_and_its_target_is_replaced()
    {
        string target = folder.Write("target.bin", [1]);
        string link = folder.File("link.bin");
        File.CreateSymbolicLink(link, target);
        AtomicFile.Write(link, stream => stream.Write([2]));
        Assert.Equal([2], File.ReadAllBytes(target));
        Assert.Equal(target, new FileInfo(link).LinkTarget);
    }

    [Fact]
    public void A_relative_path_is_taken_from_the_current_folder()
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, folder.File("a.bin"));
        AtomicFile.Write(relative, stream => stream.Write([5]));
        Assert.Equal([5], File.ReadAllBytes(folder.File("a.bin")));
    }

    // Renaming a file over /dev/null would replace the device; /dev/full is the kernel's disk that is always full.
    [Fact]
    public void A_device_is_written_and_stays_a_device()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        AtomicFile.Write("/dev/null", stream => stream.Write(new byte[1 << 20]));
        Assert.Empty(File.ReadAllBytes("/dev/null"));
        var error = Assert.Throws<ZooException>(() => AtomicFile.Write("/dev/full", stream => stream.Write(new byte[1 << 20])));
        Assert.StartsWith("/dev/full: the disk is full", error.Message, StringComparison.Ordinal);
    }
}
